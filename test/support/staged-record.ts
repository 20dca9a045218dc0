/**
 * A record for carriers' tests: the real call machine and answers over a Map, and an array for an outbox. Nothing is
 * performed by itself: a test takes effects from the array and lets timers fall when it likes.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { CallId, createIds, LegId } from '../../src/ports/ids.ts';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import {
  type Call,
  type CallEffect,
  type CallEvent,
  type CallFacts,
  type CallTimer,
  legOf,
} from '../../src/telephony/call.ts';
import { advance, startCall } from '../../src/telephony/call-machine.ts';
import type { Dialable } from '../../src/telephony/instructions.ts';
import { eventsOf, type LegReport } from '../../src/telephony/leg-report.ts';
import { planDefaults } from '../../src/telephony/plan/plan-parts.ts';
import type { CallRun } from '../../src/telephony/run-call.ts';
import type { Heard, IncomingCall, Taken } from '../../src/telephony/take-call.ts';
import type { VoiceCarrier } from '../../src/telephony/voice-carrier.ts';

const now = 1_700_000_000_000;

export interface StagedRecordPlan {
  /** The number that is ours. */
  readonly ours: E164;
  readonly agents?: readonly E164[];
  readonly failover?: E164;
  /** Phones that ring at once; left out: one after another. */
  readonly race?: number;
}

type Owed = { readonly callId: CallId; readonly effect: CallEffect };

/** The record of one staged gateway. */
export function createStagedRecord(stage: StagedRecordPlan, ids: ReturnType<typeof createIds>) {
  const calls = new Map<CallId, Call>();
  const heard: LegReport[] = [];
  const effects: Owed[] = [];
  const timers: Owed[] = [];
  const outage = { isOn: false };

  const choose = (call: Call, { only }: Extract<CallEffect, { kind: 'choose-agent' }>): CallEvent => {
    const able = (stage.agents ?? []).filter((agent) => only === null || only === `agent_${agent}`);
    const free = able.find((agent) => call.legs.every((leg) => leg.to !== agent));
    if (free === undefined) return { type: 'nobody-free', someoneBusy: false };
    return { type: 'agent-chosen', legId: ids.make('leg'), agentId: `agent_${free}` as never, phone: free };
  };
  const settleIn = (call: Call, wanted: readonly CallEffect[]): void => {
    calls.set(call.id, call);
    for (const effect of wanted) {
      if (effect.kind === 'set-timer') timers.push({ callId: call.id, effect });
      if (effect.kind === 'choose-agent') apply(call.id, choose(calls.get(call.id) ?? call, effect));
      else effects.push({ callId: call.id, effect });
    }
  };
  const apply = (callId: CallId, event: CallEvent): CallRun => {
    const call = calls.get(callId);
    if (call === undefined) return { kind: 'unknown' };
    const step = advance(call, event, now);
    if (step.kind === 'ignored') return { kind: 'ignored', call, reason: step.reason };
    settleIn(step.call, step.effects);
    return { kind: 'advanced', call: calls.get(callId) ?? step.call };
  };
  const take = async (incoming: IncomingCall): Promise<Taken> => {
    if (incoming.dnis !== stage.ours) return { kind: 'unknown-number' };
    const started = startCall(factsOf(stage, ids.make('call'), incoming), now);
    settleIn(started.call, started.effects);
    return { kind: 'taken', call: calls.get(started.call.id) ?? started.call };
  };
  const hear = async (report: LegReport): Promise<Heard> => {
    if (outage.isOn) throw new Error('the record is away');
    const call = calls.get(report.callId);
    if (call === undefined) return { kind: 'unknown' };
    const isNew = heard.every(({ dedupKey }) => dedupKey !== report.dedupKey);
    heard.push(report);
    if (isNew) for (const event of eventsOf(report, call)) apply(report.callId, event);
    const now = calls.get(report.callId) ?? call;
    return { kind: 'heard', call: now, instructions: instructionsFor(now, report.legId) };
  };
  const perform = async ({ callId, effect }: Owed, voice: VoiceCarrier): Promise<void> => {
    const call = calls.get(callId);
    const leg =
      call !== undefined && 'legId' in effect && effect.legId !== null ? legOf(call, effect.legId) : undefined;
    if (call === undefined) return;
    if (effect.kind === 'instruct-caller') await voice.instruct(call.carrierCallId ?? '', instructionsFor(call, null));
    if (effect.kind === 'hang-up-caller') await voice.hangUp(call.carrierCallId ?? '');
    if (effect.kind === 'hang-up-leg' && leg?.carrierCallId) await voice.hangUp(leg.carrierCallId);
    if (effect.kind === 'instruct-leg' && leg?.carrierCallId)
      await voice.instruct(leg.carrierCallId, instructionsFor(call, leg.id));
    if (effect.kind !== 'dial-leg' || leg === undefined) return;
    const answer = await voice.dial(orderOf(call, leg.id, leg.to));
    if (answer.kind !== 'dialled') return;
    apply(callId, { type: 'leg-dialled', legId: leg.id, carrierCallId: answer.carrierCallId });
  };
  /** Lets the timers of these names fall due, each once. */
  const fall = (names: readonly CallTimer[]): void => {
    for (const { callId, effect } of timers.splice(0)) {
      if (effect.kind !== 'set-timer') continue;
      if (!names.includes(effect.timer)) timers.push({ callId, effect });
      else apply(callId, { type: 'timer-due', timer: effect.timer, legId: effect.legId });
    }
  };
  return { calls, heard, effects, outage, fall, take, hear, apply, perform };
}

export function orderOf<To extends Dialable>(call: Pick<Call, 'id' | 'dnis'>, legId: LegId, to: To) {
  const { ringTimeoutMs } = limits;
  return { callId: call.id, legId, from: call.dnis, to, ringTimeoutMs, orderedAt: now, repeated: false };
}

function factsOf(stage: StagedRecordPlan, id: CallId, incoming: IncomingCall): CallFacts {
  const { carrier, carrierCallId, dnis, ani, attestation } = incoming;
  return {
    id,
    enterpriseId: 'ent_1' as never,
    numberId: 'num_1' as never,
    carrier,
    carrierCallId,
    dnis,
    ani,
    attestation,
    visitId: null,
    plan: {
      ...planDefaults,
      ...(stage.race === undefined ? {} : { dispatch: 'race', raceSize: stage.race }),
      greeting: 'Please hold.',
      ringTimeoutMs: limits.ringTimeoutMs,
      acceptTimeoutMs: limits.acceptTimeoutMs,
      waitUntil: now + limits.callWaitMs,
      offersMax: limits.offersPerCallMax,
      failover: stage.failover ?? null,
    },
  };
}
