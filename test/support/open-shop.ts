/**
 * A shop in business: a gateway with the demo in it, a scripted Twilio behind it, a webhook receiver that is registered,
 * and the few things every journey does on the way.
 */
import { type Answer, attemptWebhook, type Webhook } from '../../src/simulate/far-end/send-webhook.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { Place } from './deployments.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type RunningGateway, runGateway } from './run-gateway.ts';

/** A number for Twilio; the demo's own are +15035550101 to 0108. */
const twilioNumber = '+15035550121';
export const caller = '+12125550142';
/** What carriers are told; behind it the gateway listens on loopback, as behind a load balancer. */
export const publicUrl = 'https://lines.example';
export const account = Object.freeze({ accountSid: `AC${'4'.repeat(32)}`, authToken: '3'.repeat(32) });

export interface Shop {
  readonly gateway: RunningGateway;
  readonly api: ApiClient;
  readonly farEnd: TwilioFarEnd;
  readonly receiver: Receiver;
}

/** Starts all of it on `place`. */
export async function openShop(place: Place): Promise<Shop> {
  const farEnd = await createTwilioFarEnd(account);
  const receiver = await startReceiver();
  place.keep(farEnd.close);
  place.keep(receiver.close);
  const gateway = await runGateway(place, twilioEnvironment(farEnd));
  farEnd.pointAt(gateway.url, publicUrl);
  const api = createApiClient(gateway);
  const endpoint = await api.must('POST', '/v1/endpoints', { body: { url: receiver.url } });
  receiver.setSecret(endpoint.secret);
  return { gateway, api, farEnd, receiver };
}

/** The settings by which a gateway takes the far end for Twilio. */
export function twilioEnvironment(farEnd: Pick<TwilioFarEnd, 'restUrl'>): Record<string, string> {
  return {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_API_URL: farEnd.restUrl,
    TWILIO_CALLS_PER_SECOND: '1000',
    PUBLIC_URL: publicUrl,
  };
}

/** Sends a webhook once more, byte for byte, with its own signature. */
export function resend({ gateway }: Pick<Shop, 'gateway'>, webhook: Webhook): Promise<Answer> {
  const address = { publicUrl, gatewayUrl: gateway.url };
  const { authToken } = account;
  return attemptWebhook({ webhook, address, authToken, timeoutMs: 5_000, closing: new AbortController().signal });
}

/** Puts the Twilio number into the pool; with `failover`, its callers can be sent there. */
export async function addTwilioNumber({ api }: Pick<Shop, 'api'>, failover?: string): Promise<string> {
  await api.must('POST', '/v1/numbers', { body: { number: twilioNumber, carrier: 'twilio', failover } });
  return twilioNumber;
}

/** Visitors come until one is leased `number`; answers with that visit's id. */
export async function visitWith({ api }: Pick<Shop, 'api'>, number: string): Promise<string> {
  for (let visits = 0; visits < 12; visits += 1) {
    const opened = await openVisit({ api });
    if (opened.number.e164 === number && !opened.number.shared) return opened.visit.id;
  }
  throw new Error(`${number} was leased to nobody`);
}

export function openVisit({ api }: Pick<Shop, 'api'>, visitorId?: string) {
  return api.must('POST', '/v1/visits', {
    as: 'page',
    body: { url: 'https://shop.example/pricing', visitorId, human: true },
  });
}

export async function sendAgentsHome({ api }: Pick<Shop, 'api'>): Promise<void> {
  const { items } = await api.must('GET', '/v1/agents');
  for (const { id } of items) await api.must('PATCH', `/v1/agents/${id}`, { body: { presence: 'offline' } });
}

/** The one call there is, with its attribution and outcomes. */
export async function theCall({ api }: Pick<Shop, 'api'>) {
  const { items } = await api.must('GET', '/v1/calls');
  if (items.length !== 1) throw new Error(`one call is expected, not ${items.length}`);
  return api.must('GET', `/v1/calls/${items[0].id}`);
}

/** What the receiver was told of a subject: types in order of arrival. Fails on a bad signature, a gap or a double. */
export function toldOf({ receiver }: Pick<Shop, 'receiver'>, subject: string): readonly string[] {
  const events = receiver.received().filter((event) => event.subject === subject);
  const sequences = events.map((event) => event.sequence);
  if (receiver.refused().length > 0) throw new Error(`refused: ${receiver.refused().join('; ')}`);
  if (sequences.some((sequence, index) => sequence !== index + 1)) throw new Error(`sequences ${sequences.join(' ')}`);
  if (new Set(events.map((event) => event.id)).size !== events.length) throw new Error('an event came twice');
  return events.map((event) => event.type);
}
