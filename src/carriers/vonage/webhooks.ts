/**
 * The addresses Vonage calls. Each is five moves: bound (the body limit), verify (the token and what it covers), dedupe and
 * translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit; one whose leg waits to
 * be told what it does is answered in time, with the record or without it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId } from '../../ports/ids.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import { answerIncoming } from '../answer-incoming.ts';
import { serveHoldMusic } from '../hold-music.ts';
import { callQuery, legQuery, nextQuery } from '../next-step.ts';
import { hear, type LegWorld, onAgentAnswered, onLegEvent, onNextStep, onRecorded } from './leg-webhooks.ts';
import { type EventReport, type Fields, readEvent, readIncomingCall } from './read-webhook.ts';
import { createSeenTokens } from './seen-tokens.ts';
import { toNcco } from './to-ncco.ts';
import { type SigningAccount, verifyWebhook } from './verify-webhook.ts';

interface World extends LegWorld {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
  readonly answerInTime: AnswerInTime;
  readonly callDesk: Pick<CallDesk, 'endedEarly'>;
  /** The call whose caller's leg has this id. */
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
  readonly clock: Clock;
}

/** What the leg does next; null: nothing is changed by this answer. */
type Handler = (fields: Fields, query: unknown) => Promise<readonly Instruction[] | null>;

/** Registers Vonage's routes below `/carriers/vonage`. */
export function registerVonage(app: FastifyInstance, world: World): void {
  const take = createTake(world);
  const takes = { underWay: 0 };
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The signature covers the bytes: they are read as JSON only once it holds.
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limits.webhookBodyBytesMax }, (_r, body, done) =>
      done(null, body),
    );
    const on = (method: 'GET' | 'POST', path: string, handler: Handler) =>
      scope.route({
        method,
        url: `/carriers/vonage/voice/${path}`,
        schema: { hide: true },
        handler: (request, reply) => take(handler, request, reply),
      });
    const onIncoming: Handler = (fields) => onIncomingCall(world, takes, fields);
    on('GET', 'answer', onIncoming);
    on('POST', 'answer', onIncoming);
    on('POST', 'events', (fields) => onCallerEvent(world, fields));
    on('POST', 'agent', (fields, query) => onAgentAnswered(world, fields, readInput(legQuery, query)));
    on('POST', 'leg-events', (fields, query) => onLegEvent(world, fields, readInput(legQuery, query)));
    on('POST', 'next', (fields, query) => onNextStep(world, fields, readInput(nextQuery, query)));
    on('POST', 'recorded', (fields, query) => onRecorded(world, fields, readInput(callQuery, query)));
    serveHoldMusic(scope, 'vonage');
  });
}

function createTake(world: World) {
  const tokens = createSeenTokens(world);
  return async (handler: Handler, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const address = request.raw.url ?? '';
    const query = address.includes('?') ? address.slice(address.indexOf('?') + 1) : '';
    const body = request.method === 'GET' ? null : Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { authorization } = request.headers;
    const token = await verifyWebhook(world.account, { authorization, body, query }, world.clock.now());
    tokens.note(token.id, address);
    const fields = body === null ? (request.query as Fields) : readJson(body);
    const instructions = await handler(fields, request.query);
    if (instructions === null) return reply.code(204).send();
    const place = { publicUrl: world.publicUrl(), holdMusicUrl: world.holdMusicUrl };
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(toNcco(instructions, place)));
  };
}

function readJson(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (fault) {
    throw new AppError('malformed-body', { detail: 'the body is not JSON', cause: fault });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new AppError('malformed-body', { detail: 'the body is not a JSON object' });
}

/** At most so many at once: one more is told to come again (contracts section 2), which the caller does not hear. */
async function onIncomingCall(
  world: World,
  takes: { underWay: number },
  fields: Fields,
): Promise<readonly Instruction[]> {
  const incoming = readIncomingCall(fields);
  if (takes.underWay >= carrierLimits.vonageTakesMax) {
    throw new AppError('unavailable', { detail: `${takes.underWay} calls are being taken already` });
  }
  takes.underWay += 1;
  try {
    return answerIncoming(await world.answerInTime(incoming), incoming.dnis);
  } finally {
    takes.underWay -= 1;
  }
}

/** The application's own events: the caller's leg, and what Vonage could not do. */
async function onCallerEvent(world: World, fields: Fields): Promise<null> {
  const event = readEvent(fields);
  const { carrierCallId, isOutbound, fault, dedupKey } = event;
  if (fault !== null) world.log.warn({ carrierCallId, fault }, 'vonage-fault');
  if (carrierCallId === null || isOutbound) return null;
  const tell = () => hearCallerEvent(world, fields, { ...event, carrierCallId });
  return world.hearInTime.tell({ key: `vonage ${dedupKey}`, callId: null, tell });
}

async function hearCallerEvent(
  world: World,
  fields: Fields,
  { carrierCallId, fact, dedupKey, dnis }: EventReport & { carrierCallId: string },
): Promise<null> {
  const id = await world.findCall(carrierCallId);
  if (id !== null) return hear(world, { callId: id, legId: null, carrierCallId, dedupKey, fact, raw: fields });
  if (fact.what === 'ended' && dnis !== null) {
    await world.callDesk.endedEarly({ carrier: 'vonage', carrierCallId, dnis, raw: fields });
  }
  return null;
}
