/**
 * Twilio's REST API on loopback, the part a voice and text gateway calls: create, update, fetch and list calls; create,
 * fetch and list messages. It can be told to fail, or to do the work and drop the connection, which is the ambiguous
 * timeout every gateway must survive without calling or texting twice.
 */
import formbody from '@fastify/formbody';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Messages } from './far-end-messages.ts';
import { errorRecord } from './far-end-records.ts';
import { answerCalls } from './far-end-rest-calls.ts';
import { answerMessages } from './far-end-rest-messages.ts';
import type { Switchboard } from './far-end-switchboard.ts';
import type { World } from './far-end-world.ts';
import type { RestAct, RestAnswer, RestAsk, RestRefusal, RestRequest } from './rest-request.ts';

/** Which requests a fault strikes. */
export interface RestTarget {
  readonly path: 'Calls' | 'Messages';
  /** Default `create`. */
  readonly what?: RestAct;
  /** How many of them. Default 1. */
  readonly times?: number;
}

export interface RestServer {
  /** `http://127.0.0.1:port`, known after `listen`. */
  url(): string;
  listen(port: number): Promise<void>;
  failNext(fault: RestTarget & { readonly status: number; readonly code: number }): void;
  dropNext(target: RestTarget): void;
  requests(): readonly RestRequest[];
  close(): Promise<void>;
}

interface Armed {
  readonly target: RestTarget;
  readonly effect: 'drop' | RestRefusal;
  left: number;
}

export function createRestServer(world: World, parts: { switchboard: Switchboard; messages: Messages }): RestServer {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64_000 });
  const armed: Armed[] = [];
  const requests: RestRequest[] = [];
  let boundUrl = '';
  app.register(formbody);

  function arm(target: RestTarget, effect: Armed['effect']): void {
    armed.push({ target, effect, left: target.times ?? 1 });
  }

  function take(ask: RestAsk): Armed['effect'] | null {
    const struck = armed.find(
      ({ target, left }) => left > 0 && target.path === ask.path && (target.what ?? 'create') === ask.what,
    );
    if (struck === undefined) return null;
    struck.left -= 1;
    return struck.effect;
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const refusal = refuseStranger(world, request);
    if (refusal !== null) return send(reply, refusal);
    const ask = readAsk(request);
    if (ask === null) return send(reply, notFound);
    const effect = take(ask);
    const result = effect !== null && effect !== 'drop' ? effect : act(ask);
    requests.push(Object.freeze({ ...ask, status: effect === 'drop' ? 0 : result.status }));
    world.waits.changed();
    if (effect !== 'drop') return send(reply, result);
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }

  const act = (ask: RestAsk): RestAnswer =>
    ask.path === 'Calls' ? answerCalls(world, parts.switchboard, ask) : answerMessages(world, parts.messages, ask);

  app.all('/2010-04-01/Accounts/:account/:resource', answer);
  app.all('/2010-04-01/Accounts/:account/:resource/:sid', answer);
  app.setNotFoundHandler((_request, reply) => send(reply, notFound));

  return Object.freeze({
    url: () => boundUrl,
    listen: async (port: number) => {
      boundUrl = await app.listen({ host: '127.0.0.1', port });
    },
    failNext: ({ status, code, ...target }: RestTarget & { status: number; code: number }) =>
      arm(target, { status, code, message: 'a fault was asked for' }),
    dropNext: (target: RestTarget) => arm(target, 'drop'),
    requests: () => [...requests],
    close: () => app.close(),
  });
}

const notFound: RestRefusal = { status: 404, code: 20_404, message: 'The requested resource was not found' };

function refuseStranger(world: World, request: FastifyRequest): RestRefusal | null {
  const expected = `Basic ${Buffer.from(`${world.accountSid}:${world.authToken}`).toString('base64')}`;
  const { account } = request.params as { account: string };
  if (request.headers.authorization === expected && account === world.accountSid) return null;
  return { status: 401, code: 20_003, message: 'Authenticate' };
}

function readAsk(request: FastifyRequest): RestAsk | null {
  const { resource, sid } = request.params as { resource: string; sid?: string };
  const path = (sid === undefined ? resource.replace(/\.json$/, '') : resource) as 'Calls' | 'Messages';
  if (!['Calls', 'Messages'].includes(path) || !['GET', 'POST'].includes(request.method)) return null;
  const reads = request.method === 'GET';
  const raw = (reads ? request.query : request.body) as Record<string, string | string[]> | undefined;
  return {
    path,
    what: reads ? 'read' : sid === undefined ? 'create' : 'update',
    sid: sid?.replace(/\.json$/, '') ?? null,
    fields: Object.fromEntries(
      Object.entries(raw ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value)]),
    ),
  };
}

function send(reply: FastifyReply, answer: RestAnswer): FastifyReply {
  return reply.code(answer.status).send('body' in answer ? answer.body : errorRecord(answer));
}
