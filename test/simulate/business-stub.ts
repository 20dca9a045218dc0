/**
 * A gateway in miniature for the simulator to play against: it leases numbers in turn, remembers who saw which, puts
 * callers through to an agent, and sends signed events. `credit` decides whom a call is attributed to.
 */
import formbody from '@fastify/formbody';
import fastify from 'fastify';
import { Webhook } from 'standardwebhooks';
import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';

export interface BusinessStub {
  readonly url: string;
  readonly outcomes: readonly string[];
  close(): Promise<void>;
}

/** Starts it; the carrier's REST API is expected on `farEndPort`. */
export async function startBusinessStub(options: {
  readonly account: { readonly accountSid: string; readonly authToken: string };
  readonly farEndPort: number;
  /** Given the visit that saw the number last, whom to credit. */
  readonly credit?: (visitId: string | null) => string | null;
  /** Signs the first event with a wrong secret and repeats it rightly. */
  readonly stumble?: boolean;
}): Promise<BusinessStub> {
  const app = fastify({ forceCloseConnections: true });
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const numbers: string[] = [];
  const holder = new Map<string, string>();
  const calls = new Map<string, { visitId: string | null }>();
  const texts = new Map<string, { from: string; to: string }>();
  const outcomes: string[] = [];
  const sent: Promise<unknown>[] = [];
  let listener = '';
  let visits = 0;
  let stumbles = options.stumble ? 1 : 0;

  class Detour extends twilio.RequestClient {
    override request<Data>(request: RequestClient.RequestOptions<Data>) {
      const uri = request.uri.replace('https://api.twilio.com', `http://127.0.0.1:${options.farEndPort}`);
      return super.request<Data>({ ...request, uri });
    }
  }
  const sdk = twilio(options.account.accountSid, options.account.authToken, { httpClient: new Detour() });

  async function tell(type: string, subject: string, sequence: number, data: object): Promise<void> {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data: { ...data, subject, sequence } });
    const id = `evt-${subject}-${sequence}`;
    const tries = stumbles > 0 ? [`whsec_${Buffer.alloc(24, 8).toString('base64')}`, secret] : [secret];
    stumbles = 0;
    for (const key of tries) {
      const at = new Date();
      await fetch(listener, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': new Webhook(key).sign(id, at, body),
        },
      });
    }
  }

  const credit = options.credit ?? ((visitId: string | null) => visitId);
  app.register(formbody);
  app.get('/v1/numbers', () => ({
    items: numbers.map((e164) => ({ id: e164, number: e164, carrier: 'twilio', poolId: 'pool_1' })),
  }));
  app.post<{ Body: { number: string } }>('/v1/numbers', (request, reply) => {
    numbers.push(request.body.number);
    return reply
      .code(201)
      .send({ id: request.body.number, number: request.body.number, carrier: 'twilio', poolId: 'pool_1' });
  });
  app.get('/v1/agents', () => ({ items: [] }));
  app.post('/v1/agents', () => ({ id: 'agent_1' }));
  app.post<{ Body: { url: string } }>('/v1/endpoints', (request) => {
    listener = request.body.url;
    return { id: 'ep_1', secret };
  });
  app.patch('/v1/endpoints/:id', () => ({ id: 'ep_1', enabled: false }));
  app.post('/v1/visits', (_request, reply) => {
    visits += 1;
    const e164 = numbers[visits % numbers.length] ?? '';
    holder.set(e164, `visit_${visits}`);
    return reply.code(201).send({
      visit: { id: `visit_${visits}` },
      number: { e164, national: e164, shared: false },
      lease: { id: `lease_${visits}`, expiresAt: new Date().toISOString() },
      beatEveryMs: 15_000,
    });
  });
  app.post('/v1/visits/:id/beat', (_request, reply) => reply.code(204).send());
  app.get<{ Querystring: { carrierCallId: string } }>('/v1/calls', ({ query }) => ({
    items: calls.has(query.carrierCallId) ? [{ id: query.carrierCallId }] : [],
  }));
  app.get<{ Params: { id: string } }>('/v1/calls/:id', ({ params }) => {
    const visitId = calls.get(params.id)?.visitId ?? null;
    return { id: params.id, attribution: { decision: 'made', visitId, probability: 0.9 }, verdict: null };
  });
  app.post<{ Params: { id: string } }>('/v1/calls/:id/outcome', ({ params }, reply) => {
    outcomes.push(params.id);
    return reply.code(201).send({});
  });
  app.post<{ Params: { id: string }; Body: { body: string } }>(
    '/v1/conversations/:id/messages',
    async ({ params, body }) => {
      const text = texts.get(params.id);
      if (text !== undefined) await sdk.messages.create({ from: text.to, to: text.from, body: body.body });
      return {};
    },
  );
  app.post<{ Body: Record<string, string> }>('/carriers/twilio/voice', ({ body }, reply) => {
    const { CallSid = '', To = '', From = '' } = body;
    calls.set(CallSid, { visitId: credit(holder.get(To) ?? null) });
    sent.push(tell('call.received', CallSid, 1, { from: From }));
    return reply.type('text/xml').send('<Response><Dial>+19715550190</Dial><Record action="/bye"/></Response>');
  });
  app.post('/bye', (_request, reply) => reply.type('text/xml').send('<Response/>'));
  app.post('/carriers/twilio/status', (_request, reply) => reply.code(204).send());
  app.post<{ Body: Record<string, string> }>('/carriers/twilio/messages', ({ body }, reply) => {
    const { MessageSid = '', From = '', To = '' } = body;
    texts.set(MessageSid, { from: From, to: To });
    sent.push(tell('message.received', MessageSid, 1, { from: From }));
    return reply.code(204).send();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return Object.freeze({
    url,
    outcomes,
    close: async () => {
      await Promise.allSettled(sent);
      await app.close();
    },
  });
}
