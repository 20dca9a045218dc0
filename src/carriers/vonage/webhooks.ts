/**
 * The addresses Vonage calls. Each is five moves: bound (the body limit), verify (the token and what it covers), dedupe and
 * translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit; one whose leg waits to
 * be told what it does is answered in time, with the record or without it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { AppError, unreachable } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import { afterFailover, failoverInstructions, instructionsFor } from '../../telephony/answer-call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import type { HeardInTime, HearInTime } from '../hear-in-time.timer.ts';
import { serveHoldMusic } from '../hold-music.ts';
import {
  type CallQuery,
  callQuery,
  type LegQuery,
  legQuery,
  type NextQuery,
  nextQuery,
  notInService,
} from '../next-step.ts';
import {
  type EventReport,
  type Fields,
  readDialEnded,
  readDnis,
  readEvent,
  readIncomingCall,
  readKeys,
  readRecording,
  readUuid,
  readWaited,
} from './read-webhook.ts';
import { createSeenTokens } from './seen-tokens.ts';
import { toNcco } from './to-ncco.ts';
import { type SigningAccount, verifyWebhook } from './verify-webhook.ts';

interface World {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
  readonly answerInTime: AnswerInTime;
  readonly hearInTime: HearInTime;
  /** Its desk hears a leg's own reports only (`own-legs.ts`). */
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly callDesk: Pick<CallDesk, 'endedEarly'>;
  /** The call whose caller's leg has this id. */
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
  readonly clock: Clock;
  readonly log: Log;
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

function onAgentAnswered(world: World, fields: Fields, { call, leg }: LegQuery): Promise<readonly Instruction[]> {
  const carrierCallId = readUuid(fields);
  const fact = { what: 'answered' } as const;
  const dedupKey = `${carrierCallId}:picked-up`;
  return askNext(world, { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields }, 0);
}

async function onLegEvent(world: World, fields: Fields, { call, leg }: LegQuery): Promise<null> {
  const { carrierCallId, fact, dedupKey, fault } = readEvent(fields);
  if (fault !== null) world.log.warn({ carrierCallId, callId: call, legId: leg, fault }, 'vonage-fault');
  if (carrierCallId === null) return null;
  const report = { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields };
  return note(world, report);
}

async function onNextStep(world: World, fields: Fields, next: NextQuery): Promise<readonly Instruction[] | null> {
  if (next.step === 'waited') return onWaited(world, fields, next);
  const heard = factOf(fields, next);
  if (heard === null) return null;
  const { fact } = heard;
  if (next.call === undefined) return afterFailover(fact.what === 'dial-ended' && fact.answered);
  const legId = 'leg' in next ? (next.leg ?? null) : null;
  const asked = next.step === 'again' ? next.asked : 0;
  return askNext(world, { callId: next.call, legId, ...heard, raw: fields }, asked);
}

async function onWaited(
  world: World,
  fields: Fields,
  { call, asked }: Extract<NextQuery, { step: 'waited' }>,
): Promise<readonly Instruction[]> {
  const { dnis, carrierCallId } = readWaited(fields, call);
  const caller = { carrier: 'vonage', callId: call, carrierCallId, raw: fields };
  return instructionsOf(await world.hearInTime.ask(caller, { dnis, asked }));
}

interface HeardFact {
  readonly fact: LegFact;
  /** Null where the webhook does not name the leg. */
  readonly carrierCallId: string | null;
  readonly dedupKey: string;
}

function factOf(fields: Fields, next: Exclude<NextQuery, { step: 'waited' }>): HeardFact | null {
  switch (next.step) {
    case 'left-room': {
      const signed = z.object({ call: z.literal(next.call), leg: z.literal(next.leg ?? null) });
      readInput(z.object({ payload: signed }), fields);
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

async function onRecorded(world: World, fields: Fields, { call }: CallQuery): Promise<null> {
  const { dedupKey, ...recorded } = readRecording(fields);
  const fact: LegFact = { what: 'conversation-recorded', ...recorded };
  const report = { callId: call, legId: null, carrierCallId: null, dedupKey, fact, raw: fields };
  return note(world, report);
}

/** What the leg does next; without the record it stays on the line and asks again. */
async function askNext(
  world: World,
  report: Omit<LegReport, 'carrier'>,
  asked: number,
): Promise<readonly Instruction[]> {
  const dnis = report.legId === null ? readDnis(report.raw) : null;
  return instructionsOf(await world.hearInTime.hear({ carrier: 'vonage', ...report }, { dnis, asked }));
}

function instructionsOf(heard: HeardInTime): readonly Instruction[] {
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}

/** Nobody waits for the answer; while the record is away it is told later. */
function note(world: World, report: Omit<LegReport, 'carrier'>): Promise<null> {
  const { callId, dedupKey } = report;
  return world.hearInTime.tell({ key: `vonage ${dedupKey}`, callId, tell: () => hear(world, report) });
}

async function hear(world: World, report: Omit<LegReport, 'carrier'>): Promise<null> {
  instructionsOf(await world.desk.hear({ carrier: 'vonage', ...report }));
  return null;
}
