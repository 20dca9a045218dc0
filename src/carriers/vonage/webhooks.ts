/**
 * The addresses Vonage calls. Each is five moves: bound (the body limit), verify (the token and what it covers), dedupe and
 * translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit. Vonage does not sign
 * the address, so a leg's own events count only when the signed uuid is that leg's: a token sent to another leg's address,
 * or a second call made for the same leg, changes nothing and is hung up.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { AppError, unreachable } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId, LegId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import { afterFailover, failoverInstructions, instructionsFor } from '../../telephony/answer-call.ts';
import { type Call, legOf } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import { holdMusic } from './hold-music.ts';
import {
  type Fields,
  readDialEnded,
  readEvent,
  readIncomingCall,
  readKeys,
  readRecording,
  readUuid,
} from './read-webhook.ts';
import { createSeenTokens } from './seen-tokens.ts';
import { toNcco } from './to-ncco.ts';
import { type SigningAccount, verifyWebhook } from './verify-webhook.ts';

interface World {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: () => string;
  readonly answerInTime: AnswerInTime;
  readonly callDesk: Pick<CallDesk, 'hear' | 'endedEarly'>;
  /** The call whose caller's leg has this id. */
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
  readonly readCall: (id: CallId) => Promise<Call | null>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the leg does next; null: nothing is changed by this answer. */
type Handler = (fields: Fields, query: unknown) => Promise<readonly Instruction[] | null>;

const callId = z.string().regex(/^call_[0-9a-z]{26}$/, 'is not a call’s id') as unknown as z.ZodType<CallId>;
const legId = z.string().regex(/^leg_[0-9a-z]{26}$/, 'is not a leg’s id') as unknown as z.ZodType<LegId>;
const legQuery = z.object({ call: callId, leg: legId });
const callQuery = z.object({ call: callId });
const stepOf = { call: callId, leg: legId.optional() };
const nextQuery = z.discriminatedUnion('step', [
  z.object({ step: z.literal('left-room'), ...stepOf, room: z.string().max(64) }),
  z.object({ step: z.literal('keys'), ...stepOf, turn: z.coerce.number().int().min(0).max(1_000).optional() }),
  z.object({ step: z.literal('again'), ...stepOf, asked: z.coerce.number().int().min(0).max(99) }),
  z.object({ step: z.literal('recorded'), call: callId }),
  z.object({ step: z.literal('dial-ended'), call: callId.optional() }),
]);
type LegQuery = z.infer<typeof legQuery>;
type NextQuery = z.infer<typeof nextQuery>;

const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];
const notInService: readonly Instruction[] = [
  { verb: 'say', text: 'The number you have called is not in service. Please check the number and try again.' },
  { verb: 'hang-up' },
];

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
    scope.get('/carriers/vonage/hold-music.wav', { schema: { hide: true } }, (_request, reply) =>
      reply.type('audio/wav').header('cache-control', 'public, max-age=86400').send(holdMusic()),
    );
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
    const place = { publicUrl: world.publicUrl(), holdMusicUrl: world.holdMusicUrl() };
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
    const answer = await world.answerInTime(incoming);
    switch (answer.kind) {
      case 'taken':
        return instructionsFor(answer.call, null);
      case 'unknown-number':
        return notInService;
      case 'failover':
        return failoverInstructions(answer.to, incoming.dnis);
      default:
        return unreachable(answer);
    }
  } finally {
    takes.underWay -= 1;
  }
}

/** The application's own events: the caller's leg, and what Vonage could not do. */
async function onCallerEvent(world: World, fields: Fields): Promise<null> {
  const { carrierCallId, fact, dedupKey, dnis, isOutbound, fault } = readEvent(fields);
  if (fault !== null) world.log.warn({ carrierCallId, fault }, 'vonage-fault');
  if (carrierCallId === null || isOutbound) return null;
  const id = await world.findCall(carrierCallId);
  if (id !== null) await hear(world, { callId: id, legId: null, carrierCallId, dedupKey, fact, raw: fields });
  else if (fact.what === 'ended' && dnis !== null) {
    await world.callDesk.endedEarly({ carrier: 'vonage', carrierCallId, dnis, raw: fields });
  }
  return null;
}

async function onAgentAnswered(world: World, fields: Fields, { call, leg }: LegQuery): Promise<readonly Instruction[]> {
  const carrierCallId = readUuid(fields);
  if (!(await isThatLeg(world, call, leg, carrierCallId))) return hangUp;
  const dedupKey = `${carrierCallId}:picked-up`;
  return hear(world, { callId: call, legId: leg, carrierCallId, dedupKey, fact: { what: 'answered' }, raw: fields });
}

async function onLegEvent(world: World, fields: Fields, { call, leg }: LegQuery): Promise<null> {
  const { carrierCallId, fact, dedupKey, fault } = readEvent(fields);
  if (fault !== null) world.log.warn({ carrierCallId, callId: call, legId: leg, fault }, 'vonage-fault');
  if (carrierCallId === null || !(await isThatLeg(world, call, leg, carrierCallId))) return null;
  await hear(world, { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields });
  return null;
}

async function onNextStep(world: World, fields: Fields, next: NextQuery): Promise<readonly Instruction[] | null> {
  const heard = factOf(fields, next);
  if (heard === null) return null;
  const { fact, carrierCallId } = heard;
  if (next.call === undefined) return afterFailover(fact.what === 'dial-ended' && fact.answered);
  const leg = 'leg' in next ? (next.leg ?? null) : null;
  if (carrierCallId !== null && !(await isThatLeg(world, next.call, leg, carrierCallId))) return hangUp;
  const { dedupKey } = heard;
  return hear(world, { callId: next.call, legId: leg, carrierCallId, dedupKey, fact, raw: fields });
}

interface HeardFact {
  readonly fact: LegFact;
  /** Null where the webhook does not name the leg. */
  readonly carrierCallId: string | null;
  readonly dedupKey: string;
}

function factOf(fields: Fields, next: NextQuery): HeardFact | null {
  switch (next.step) {
    case 'left-room': {
      readInput(z.object({ payload: z.object({ call: z.literal(next.call) }) }), fields);
      const dedupKey = `${next.leg ?? next.call}:left-room:${next.room}`;
      return { fact: { what: 'left-room', room: next.room }, carrierCallId: null, dedupKey };
    }
    case 'recorded': {
      const { dedupKey, ...recorded } = readRecording(fields);
      return { fact: { what: 'recorded', ...recorded }, carrierCallId: null, dedupKey };
    }
    case 'dial-ended': {
      const ended = readDialEnded(fields);
      const { dedupKey } = readEvent(fields);
      return ended && { fact: { what: 'dial-ended', ...ended }, carrierCallId: null, dedupKey: `${dedupKey}:dial` };
    }
    case 'keys': {
      const { carrierCallId, digits, at } = readKeys(fields);
      return {
        fact: { what: 'keys', digits, turn: next.turn },
        carrierCallId,
        dedupKey: `${carrierCallId}:keys:${digits}:${at}`,
      };
    }
    case 'again': {
      const { carrierCallId, at } = readKeys(fields);
      return { fact: { what: 'noted' }, carrierCallId, dedupKey: `${carrierCallId}:again:${at}` };
    }
    default:
      return unreachable(next);
  }
}

async function onRecorded(world: World, fields: Fields, { call }: z.infer<typeof callQuery>): Promise<null> {
  const { dedupKey, ...recorded } = readRecording(fields);
  const fact: LegFact = { what: 'conversation-recorded', ...recorded };
  await hear(world, { callId: call, legId: null, carrierCallId: null, dedupKey, fact, raw: fields });
  return null;
}

/** Whether the signed uuid is the leg's that the address names; a leg whose id is not known yet takes the first. */
async function isThatLeg(world: World, id: CallId, leg: LegId | null, carrierCallId: string): Promise<boolean> {
  const call = await world.readCall(id);
  if (call === null) throw new AppError('not-found', { detail: 'no such call' });
  if (leg === null || leg === call.outbound?.legId) return (call.carrierCallId ?? carrierCallId) === carrierCallId;
  const known = legOf(call, leg);
  return known !== undefined && (known.carrierCallId ?? carrierCallId) === carrierCallId;
}

async function hear(world: World, report: Omit<LegReport, 'carrier'>): Promise<readonly Instruction[]> {
  const heard = await world.callDesk.hear({ carrier: 'vonage', ...report });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}
