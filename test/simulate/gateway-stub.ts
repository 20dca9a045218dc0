/**
 * The smallest thing a far end can talk to: a server that answers TwiML by path, checks every signature with Twilio's
 * own SDK, and remembers what it was asked.
 */
import formbody from '@fastify/formbody';
import fastify from 'fastify';
import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { FarEndOptions } from '../../src/simulate/far-end/far-end-world.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';

export interface Asked {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly signed: boolean;
}

/** TwiML without its envelope, or an HTTP status. */
type Script = string | number | ((fields: Readonly<Record<string, string>>) => string | number);

export const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'secret-token-of-the-test' };

/** What carriers are told; nothing listens there. */
export const publicUrl = 'https://gateway.example';

export interface GatewayStub {
  readonly url: string;
  readonly asked: readonly Asked[];
  at(path: string, script: Script): void;
  askedAt(path: string): Asked[];
  close(): Promise<void>;
}

export async function startGatewayStub(port = 0): Promise<GatewayStub> {
  const app = fastify({ forceCloseConnections: true });
  const scripts = new Map<string, Script>();
  const asked: Asked[] = [];
  app.register(formbody);
  app.all('/*', async (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const isGet = request.method === 'GET';
    const fields = ((isGet ? request.query : request.body) ?? {}) as Record<string, string>;
    const signature = String(request.headers['x-twilio-signature']);
    const signed = twilio.validateRequest(
      account.authToken,
      signature,
      `${publicUrl}${request.url}`,
      isGet ? {} : fields,
    );
    asked.push({ path, fields, signed });
    const script = scripts.get(path) ?? 204;
    const answer = typeof script === 'function' ? script(fields) : script;
    if (typeof answer === 'number') return reply.code(answer).send();
    return reply.type('text/xml').send(`<?xml version="1.0" encoding="UTF-8"?><Response>${answer}</Response>`);
  });
  const url = await app.listen({ host: '127.0.0.1', port });
  return Object.freeze({
    url,
    asked,
    at: (path: string, script: Script) => void scripts.set(path, script),
    askedAt: (path: string) => asked.filter((one) => one.path === path),
    close: () => app.close(),
  });
}

/** A stub, a far end pointed at it, and the SDK as a gateway would use it. */
export async function setup(options: Partial<FarEndOptions> = {}) {
  const gateway = await startGatewayStub();
  const farEnd = await createTwilioFarEnd({
    ...account,
    gatewayUrl: gateway.url,
    publicUrl,
    waitLimitMs: 4000,
    ...options,
  });
  return { gateway, farEnd, sdk: createSdk(farEnd), [Symbol.asyncDispose]: () => closeBoth(farEnd, gateway) };
}

async function closeBoth(farEnd: TwilioFarEnd, gateway: GatewayStub): Promise<void> {
  await farEnd.close();
  await gateway.close();
}

/** The official SDK, sent to the far end in place of api.twilio.com. */
export function createSdk(farEnd: TwilioFarEnd, authToken = account.authToken) {
  class Detour extends twilio.RequestClient {
    override request<Data>(options: RequestClient.RequestOptions<Data>) {
      return super.request<Data>({ ...options, uri: options.uri.replace('https://api.twilio.com', farEnd.restUrl) });
    }
  }
  return twilio(account.accountSid, authToken, { httpClient: new Detour({ timeout: 3000 }) });
}

export const paths = {
  voice: '/carriers/twilio/voice',
  status: '/carriers/twilio/status',
  messages: '/carriers/twilio/messages',
} as const;
