/**
 * Twilio's REST API on loopback, the part a voice and text gateway calls: create, update, fetch and list calls; create,
 * fetch and list messages. It can be told to fail, or to do the work and drop the connection, which is the ambiguous
 * timeout every gateway must survive without calling or texting twice.
 */

import { type LoopbackReply, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { Messages } from './far-end-messages.ts';
import type { Recordings } from './far-end-recordings.ts';
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
  /** `http://127.0.0.1:port`. */
  readonly url: string;
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

/** Longest form taken, in bytes; Twilio's own texts and documents are far below. */
const bodyBytesMax = 64_000;

/** Starts the REST API on a loopback port; 0 takes a free one. */
export async function startRestServer(
  world: World,
  parts: {
    readonly switchboard: Switchboard;
    readonly messages: Messages;
    readonly recordings: Recordings;
    readonly port: number;
  },
): Promise<RestServer> {
  const armed: Armed[] = [];
  const requests: RestRequest[] = [];

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

  function answer(request: LoopbackRequest): LoopbackReply {
    const recording = answerRecording(world, parts, request);
    if (recording !== null) return recording;
    const ask = readAsk(world, request);
    if ('code' in ask) return reply(ask);
    const effect = take(ask);
    const result = effect !== null && effect !== 'drop' ? effect : act(ask);
    requests.push(Object.freeze({ ...ask, status: effect === 'drop' ? 0 : result.status }));
    world.waits.changed();
    return effect === 'drop' ? 'drop' : reply(result);
  }

  const act = (ask: RestAsk): RestAnswer =>
    ask.path === 'Calls' ? answerCalls(world, parts.switchboard, ask) : answerMessages(world, parts.messages, ask);

  const server = await startLoopbackServer({ port: parts.port, bodyBytesMax, answer });
  return Object.freeze({
    url: server.url,
    failNext: ({ status, code, ...target }: RestTarget & { status: number; code: number }) =>
      arm(target, { status, code, message: 'a fault was asked for' }),
    dropNext: (target: RestTarget) => arm(target, 'drop'),
    requests: () => [...requests],
    close: server.close,
  });
}

const notFound: RestRefusal = { status: 404, code: 20_404, message: 'The requested resource was not found' };

/** Path and account, then who asks, then what. */
function readAsk(world: World, request: LoopbackRequest): RestAsk | RestRefusal {
  const parts = /^\/2010-04-01\/Accounts\/(AC\w+)\/(Calls|Messages)(?:\/(\w+))?\.json$/.exec(request.path);
  if (parts === null) return notFound;
  if (request.headers.authorization !== credentialsOf(world) || parts[1] !== world.accountSid) {
    return { status: 401, code: 20_003, message: 'Authenticate' };
  }
  const sid = parts[3] ?? null;
  const reads = request.method === 'GET';
  if (!reads && request.method !== 'POST') return notFound;
  return {
    path: parts[2] as RestAsk['path'],
    what: reads ? 'read' : sid === null ? 'create' : 'update',
    sid,
    fields: joinRepeated(reads ? request.query : new URLSearchParams(request.body.toString('utf8'))),
  };
}

/** What is below a call, and the media; null: another resource. */
function answerRecording(
  world: World,
  { switchboard, recordings }: { readonly switchboard: Switchboard; readonly recordings: Recordings },
  request: LoopbackRequest,
): LoopbackReply | null {
  const below = /^\/2010-04-01\/Accounts\/(AC\w+)\/Calls\/(CA\w+)\/Recordings(?:\/([\w.]+))?\.json$/.exec(request.path);
  const media = /^\/2010-04-01\/Accounts\/AC\w+\/Recordings\/(RE\w+)\.mp3$/.exec(request.path);
  if (below === null && media === null) return null;
  if (request.headers.authorization !== credentialsOf(world))
    return reply({ status: 401, code: 20_003, message: 'Authenticate' });
  const sound = media?.[1] === undefined ? null : recordings.media(media[1]);
  if (below === null) return sound === null ? reply(notFound) : { status: 200, body: sound };
  const [, , callSid = '', which] = below;
  const live = switchboard.find(callSid);
  if (live === undefined) return reply(notFound);
  if (request.method === 'GET') return reply(recordings.list(callSid));
  const fields = joinRepeated(new URLSearchParams(request.body.toString('utf8')));
  return reply(which === undefined ? recordings.create(live, fields) : recordings.update(callSid, which, fields));
}

function credentialsOf({ accountSid, authToken }: World): string {
  return `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
}

function joinRepeated(parameters: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(' ')]));
}

function reply(answer: RestAnswer): LoopbackReply {
  return { status: answer.status, body: 'body' in answer ? answer.body : errorRecord(answer) };
}
