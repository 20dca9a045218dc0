/** What Twilio tells of the legs of a call: a step that has run its course, an agent's phone, a recording. */
import { AppError, unreachable } from '../../ports/errors.ts';
import { afterFailover } from '../../telephony/answer-call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { HearInTime } from '../hear-in-time.timer.ts';
import type { CallQuery, LegQuery, NextQuery } from '../next-step.ts';
import {
  type CallStatusReport,
  type Fields,
  readCallSid,
  readCallStatus,
  readDialEnded,
  readDnis,
  readKeys,
  readMachine,
  readRecording,
} from './read-webhook.ts';

export interface LegWorld {
  readonly hearInTime: HearInTime;
  readonly callDesk: Pick<CallDesk, 'hear'>;
}

export async function onNextStep(world: LegWorld, fields: Fields, next: NextQuery): Promise<readonly Instruction[]> {
  if (next.step === 'waited') return onWaited(world, fields, next);
  const fact = factOf(fields, next);
  if (next.call === undefined) return afterFailover(fact.what === 'dial-ended' && fact.answered);
  const carrierCallId = readCallSid(fields);
  const legId = 'leg' in next ? (next.leg ?? null) : null;
  const asked = next.step === 'again' ? next.asked : 0;
  const keys = fact.what === 'keys' ? [...(fact.turn === undefined ? [] : [fact.turn]), fact.digits].join(':') : asked;
  const detail = 'room' in next ? next.room : keys;
  const dedupKey = `${carrierCallId}:${next.step}:${detail}`;
  const raw = withoutAddress(fields);
  return askNext(world, { callId: next.call, legId, carrierCallId, dedupKey, fact, raw }, asked);
}

async function onWaited(
  world: LegWorld,
  fields: Fields,
  { call: id, asked }: Extract<NextQuery, { step: 'waited' }>,
): Promise<readonly Instruction[]> {
  const caller = { carrier: 'twilio', callId: id, carrierCallId: readCallSid(fields), raw: fields };
  const heard = await world.hearInTime.ask(caller, { dnis: readDnis(fields), asked });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}

function factOf(fields: Fields, next: Exclude<NextQuery, { step: 'waited' }>): LegFact {
  switch (next.step) {
    case 'left-room':
      // The room closed under the leg, or the leg left it by hanging up.
      if (fields.CallStatus === 'completed') return { what: 'ended', reason: 'completed' };
      return { what: 'left-room', room: next.room };
    case 'recorded': {
      const { seconds, recordingId } = readRecording(fields);
      return { what: 'recorded', seconds, recordingId };
    }
    case 'dial-ended':
      return { what: 'dial-ended', answered: readDialEnded(fields).answered };
    case 'keys':
      return { what: 'keys', digits: readKeys(fields), turn: next.turn };
    case 'again':
      return { what: 'noted' };
    default:
      return unreachable(next);
  }
}

export function onAgentAnswered(
  world: LegWorld,
  fields: Fields,
  { call, leg }: LegQuery,
): Promise<readonly Instruction[]> {
  const carrierCallId = readCallSid(fields);
  const dedupKey = `${carrierCallId}:answered`;
  return askNext(
    world,
    { callId: call, legId: leg, carrierCallId, dedupKey, fact: { what: 'answered' }, raw: fields },
    0,
  );
}

export function onLegStatus(world: LegWorld, fields: Fields, { call, leg }: LegQuery): Promise<'empty'> {
  const status = readCallStatus(fields);
  const report = { callId: call, legId: leg, ...reported(status), fact: legFact(status), raw: fields };
  return note(world, report);
}

/** Who has picked up an agent's phone, as far as listening tells. */
export function onMachineHeard(world: LegWorld, fields: Fields, { call, leg }: LegQuery): Promise<'empty'> {
  const { carrierCallId, isMachine, dedupKey } = readMachine(fields);
  const fact: LegFact = isMachine ? { what: 'machine' } : { what: 'noted' };
  const report = { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields };
  return note(world, report);
}

/** A conversation has been filed. */
export async function onRecording(world: LegWorld, fields: Fields, { call }: CallQuery): Promise<'empty'> {
  const { carrierCallId, seconds, recordingId } = readRecording(fields);
  if (recordingId === null) return 'empty';
  const fact = { what: 'conversation-recorded', seconds, recordingId } as const;
  const dedupKey = `${recordingId}:filed`;
  return note(world, { callId: call, legId: null, carrierCallId, dedupKey, fact, raw: withoutAddress(fields) });
}

/** What is kept of a recording does not say where the sound lies: whoever has the address may hear it. */
function withoutAddress({ RecordingUrl: _address, ...fields }: Fields): Fields {
  return fields;
}

export function reported({ carrierCallId, dedupKey }: CallStatusReport) {
  return { carrierCallId, dedupKey };
}

function legFact({ status, ending }: CallStatusReport): LegFact {
  if (ending !== null) return { what: 'ended', reason: ending };
  if (status === 'ringing') return { what: 'ringing' };
  return status === 'in-progress' ? { what: 'answered' } : { what: 'noted' };
}

/** What the leg does next; without the record it stays on the line and asks again. */
async function askNext(
  world: LegWorld,
  report: Omit<LegReport, 'carrier'>,
  asked: number,
): Promise<readonly Instruction[]> {
  const dnis = report.legId === null ? readDnis(report.raw as Fields) : null;
  const heard = await world.hearInTime.hear({ carrier: 'twilio', ...report }, { dnis, asked });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}

/** Nobody waits for the answer; while the record is away it is told later. */
function note(world: LegWorld, report: Omit<LegReport, 'carrier'>): Promise<'empty'> {
  const { callId, dedupKey } = report;
  return world.hearInTime.tell({ key: `twilio ${dedupKey}`, callId, tell: () => hear(world, report) });
}

export async function hear(world: LegWorld, report: Omit<LegReport, 'carrier'>): Promise<'empty'> {
  const heard = await world.callDesk.hear({ carrier: 'twilio', ...report });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return 'empty';
}
