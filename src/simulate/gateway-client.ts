/**
 * The gateway's own API, as far as a simulated business uses it. Written against the wire and not against the
 * gateway's types: answers are checked loosely, so a field more is welcome and a field less is told by name.
 */
import { z } from 'zod';

const number = z.looseObject({ id: z.string(), number: z.string(), carrier: z.string(), poolId: z.string().nullish() });
const agent = z.looseObject({ id: z.string(), phone: z.string().nullish() });
const opened = z.looseObject({
  visit: z.looseObject({ id: z.string() }),
  number: z.looseObject({ e164: z.string(), national: z.string().optional(), shared: z.boolean() }).nullable(),
  lease: z.looseObject({ id: z.string(), expiresAt: z.string() }).nullable(),
  beatEveryMs: z.number(),
});
const call = z.looseObject({
  id: z.string(),
  carrierCallId: z.string().nullish(),
  attribution: z
    .looseObject({ decision: z.string(), visitId: z.string().nullable(), probability: z.number().nullish() })
    .nullish(),
  verdict: z.looseObject({ outcome: z.string(), slug: z.string() }).nullish(),
});
const endpoint = z.looseObject({ id: z.string(), secret: z.string().startsWith('whsec_') });
const list = <Item extends z.ZodType>(item: Item) => z.looseObject({ items: z.array(item) });
const nothing = z.unknown();

export type OpenedVisit = z.infer<typeof opened>;
export type GatewayCall = z.infer<typeof call>;

/** The gateway said no, or something that is not the contract. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface GatewayKeys {
  readonly gatewayUrl: string;
  /** `sk_…`: everything a business does. */
  readonly secretKey: string;
  /** `pk_…`: what a web page may do. */
  readonly publishableKey: string;
  /** The web page's origin. */
  readonly origin: string;
}

/** What a page knows when a visitor arrives. */
export interface Arrival {
  readonly url: string;
  readonly referrer?: string;
  readonly utmSource?: string;
  readonly utmMedium?: string;
  readonly utmCampaign?: string;
  readonly gclid?: string;
  readonly visitorId: string;
  readonly locale: string;
}

export interface Beat {
  readonly engagedSeconds: number;
  readonly pages: number;
  readonly tap: 'tel' | 'sms' | null;
}

export type GatewayClient = ReturnType<typeof createGatewayClient>;

/** Longest wait for one answer. */
const timeoutMs = 15_000;

export function createGatewayClient(keys: GatewayKeys) {
  interface Request {
    readonly method: 'GET' | 'POST' | 'PATCH';
    readonly path: string;
    readonly body?: object;
    readonly idempotencyKey?: string;
    readonly asPage?: boolean;
  }

  async function ask<Schema extends z.ZodType>(schema: Schema, request: Request): Promise<z.infer<Schema>> {
    const what = `${request.method} ${request.path}`;
    const response = await fetch(`${keys.gatewayUrl}${request.path}`, {
      method: request.method,
      headers: {
        authorization: `Bearer ${request.asPage ? keys.publishableKey : keys.secretKey}`,
        ...(request.asPage ? { origin: keys.origin } : {}),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok)
      throw new GatewayRefusal(response.status, `${what}: HTTP ${response.status} ${text.slice(0, 300)}`);
    const read = schema.safeParse(text === '' ? null : JSON.parse(text));
    if (read.success) return read.data;
    throw new GatewayRefusal(
      response.status,
      `${what} answered what is not the contract: ${z.prettifyError(read.error)}`,
    );
  }

  return Object.freeze({
    numbers: async () => (await ask(list(number), { method: 'GET', path: '/v1/numbers' })).items,
    addNumber: (body: { number: string; poolId?: string; carrier: string; failover?: string }) =>
      ask(number, { method: 'POST', path: '/v1/numbers', body }),
    agents: async () => (await ask(list(agent), { method: 'GET', path: '/v1/agents' })).items,
    addAgent: (body: { name: string; phone: string; presence: 'ready' }) =>
      ask(agent, { method: 'POST', path: '/v1/agents', body }),
    openVisit: (body: Arrival) =>
      ask(opened, { method: 'POST', path: '/v1/visits', body: { ...body, human: true }, asPage: true }),
    beat: (visitId: string, body: Beat) =>
      ask(nothing, { method: 'POST', path: `/v1/visits/${visitId}/beat`, body, asPage: true }),
    /** The call Twilio knows under that SID; null when the gateway never heard of it. */
    async findCall(carrierCallId: string): Promise<GatewayCall | null> {
      const query = new URLSearchParams({ carrierCallId });
      const found = (await ask(list(call), { method: 'GET', path: `/v1/calls?${query}` })).items[0];
      return found === undefined ? null : ask(call, { method: 'GET', path: `/v1/calls/${found.id}` });
    },
    addOutcome: (
      callId: string,
      body: { disposition: string; value: string; currency: string },
      idempotencyKey: string,
    ) => ask(nothing, { method: 'POST', path: `/v1/calls/${callId}/outcome`, body, idempotencyKey }),
    reply: (conversationId: string, body: string, idempotencyKey: string) =>
      ask(nothing, {
        method: 'POST',
        path: `/v1/conversations/${conversationId}/messages`,
        body: { body },
        idempotencyKey,
      }),
    addEndpoint: (url: string) =>
      ask(endpoint, { method: 'POST', path: '/v1/endpoints', body: { url, enabled: true } }),
    disableEndpoint: (id: string) =>
      ask(nothing, { method: 'PATCH', path: `/v1/endpoints/${id}`, body: { enabled: false } }),
  });
}
