/**
 * The part of Vonage's REST API that calls need, played: place, list, look, transfer, hang up, record. Every request must
 * carry a token signed with the application's private key. A test may let requests fail, or a dial's answer be lost.
 */
import { type KeyObject, verify } from 'node:crypto';
import type { LoopbackReply, LoopbackRequest } from '../../../../src/simulate/loopback-server.ts';
import { type Action, hasEnded, type Leg } from './leg.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly status: number;
}

interface World {
  readonly publicKey: KeyObject;
  /** Newest first. */
  readonly legs: () => readonly Leg[];
  readonly dial: (order: {
    from: string;
    to: string;
    eventUrl: string;
    answerUrl: string;
    detectsMachine: boolean;
  }) => Leg;
  readonly transfer: (leg: Leg, ncco: readonly Action[]) => void;
  readonly hangUp: (leg: Leg) => void;
  readonly changed: () => void;
}

type Endpoint = { readonly number?: string; readonly uri?: string };

export function createRestApi(world: World) {
  const requests: RestRequest[] = [];
  const trouble = { failures: 0, drops: 0 };

  const place = (body: Record<string, unknown>): LoopbackReply => {
    const [to] = body.to as [Endpoint];
    const leg = world.dial({
      from: (body.from as Endpoint).number ?? '',
      to: to.number ?? to.uri ?? '',
      answerUrl: (body.answer_url as string[])[0] ?? '',
      eventUrl: (body.event_url as string[])[0] ?? '',
      detectsMachine: body.machine_detection === 'continue',
    });
    if (trouble.drops > 0) {
      trouble.drops -= 1;
      return 'drop';
    }
    return { status: 201, body: { uuid: leg.uuid, status: 'started', conversation_uuid: leg.conversation } };
  };
  const change = (leg: Leg, body: Record<string, unknown>): LoopbackReply => {
    if (hasEnded(leg)) return { status: 400, body: { type: 'BAD_REQUEST', error_title: 'the call has ended' } };
    if (body.action === 'hangup') world.hangUp(leg);
    else world.transfer(leg, (body.destination as { ncco: Action[] }).ncco);
    return { status: 204, body: null };
  };
  const route = ({ method, path }: LoopbackRequest, body: Record<string, unknown>): LoopbackReply => {
    if (path === '/v1/calls') {
      if (method === 'POST') return place(body);
      return { status: 200, body: { count: world.legs().length, _embedded: { calls: world.legs().map(shown) } } };
    }
    if (/^\/v1\/conversations\/CON-[^/]+\/record$/.test(path)) return { status: 204, body: null };
    const leg = world.legs().find(({ uuid }) => path === `/v1/calls/${uuid}`);
    if (leg === undefined) return { status: 404, body: { type: 'NOT_FOUND' } };
    return method === 'PUT' ? change(leg, body) : { status: 200, body: shown(leg) };
  };

  return Object.freeze({
    answer(request: LoopbackRequest): LoopbackReply {
      const body = request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'));
      const reply = replyTo(request, body);
      requests.push({ method: request.method, path: request.path, body, status: reply === 'drop' ? 0 : reply.status });
      world.changed();
      return reply;
    },
    requests: (): readonly RestRequest[] => requests,
    /** The next requests are answered 503. */
    failNext: (count: number): void => {
      trouble.failures = count;
    },
    /** The next dial rings, and its answer never arrives. */
    dropNextDial: (): void => {
      trouble.drops += 1;
    },
  });

  function replyTo(request: LoopbackRequest, body: Record<string, unknown>): LoopbackReply {
    if (!isSigned(world.publicKey, request.headers.authorization))
      return { status: 401, body: { type: 'UNAUTHORIZED' } };
    if (trouble.failures > 0) {
      trouble.failures -= 1;
      return { status: 503, body: { type: 'UNAVAILABLE' } };
    }
    return route(request, body);
  }
}

function shown({ uuid, status, direction, from, to, conversation }: Leg): object {
  const party = (text: string) =>
    text.startsWith('sip:') ? { type: 'sip', uri: text } : { type: 'phone', number: text };
  return { uuid, status, direction, from: party(from), to: party(to), conversation_uuid: conversation };
}

function isSigned(key: KeyObject, authorization = ''): boolean {
  const [head = '', claims = '', signature = ''] = authorization.replace('Bearer ', '').split('.');
  return verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'));
}
