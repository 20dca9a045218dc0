/** What Vonage tells of the legs of a call: a step that has run its course, an agent's phone, a recording. */
import { z } from 'zod';
import { AppError, unreachable } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { Log } from '../../ports/log.ts';
import { afterFailover } from '../../telephony/answer-call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { HeardInTime, HearInTime } from '../hear-in-time.timer.ts';
import type { CallQuery, LegQuery, NextQuery } from '../next-step.ts';
import {
  type Fields,
  readDialEnded,
  readDnis,
  readEvent,
  readKeys,
  readRecording,
  readUuid,
  readWaited,
} from './read-webhook.ts';

export interface LegWorld {
  readonly hearInTime: HearInTime;
  /** Its desk hears a leg's own reports only (`own-legs.ts`). */
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly log: Log;
}

export function onAgentAnswered(
  world: LegWorld,
  fields: Fields,
  { call, leg }: LegQuery,
): Promise<readonly Instruction[]> {
  const carrierCallId = readUuid(fields);
  const fact = { what: 'answered' } as const;
  const dedupKey = `${carrierCallId}:picked-up`;
  return askNext(world, { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields }, 0);
}

export async function onLegEvent(world: LegWorld, fields: Fields, { call, leg }: LegQuery): Promise<null> {
  const { carrierCallId, fact, dedupKey, fault } = readEvent(fields);
  if (fault !== null) world.log.warn({ carrierCallId, callId: call, legId: leg, fault }, 'vonage-fault');
  if (carrierCallId === null) return null;
  const report = { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields };
  return note(world, report);
}

export async function onNextStep(
  world: LegWorld,
  fields: Fields,
  next: NextQuery,
): Promise<readonly Instruction[] | null> {
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
  world: LegWorld,
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

export async function onRecorded(world: LegWorld, fields: Fields, { call }: CallQuery): Promise<null> {
  const { dedupKey, ...recorded } = readRecording(fields);
  const fact: LegFact = { what: 'conversation-recorded', ...recorded };
  const report = { callId: call, legId: null, carrierCallId: null, dedupKey, fact, raw: fields };
  return note(world, report);
}

/** What the leg does next; without the record it stays on the line and asks again. */
async function askNext(
  world: LegWorld,
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
function note(world: LegWorld, report: Omit<LegReport, 'carrier'>): Promise<null> {
  const { callId, dedupKey } = report;
  return world.hearInTime.tell({ key: `vonage ${dedupKey}`, callId, tell: () => hear(world, report) });
}

export async function hear(world: LegWorld, report: Omit<LegReport, 'carrier'>): Promise<null> {
  instructionsOf(await world.desk.hear({ carrier: 'vonage', ...report }));
  return null;
}
