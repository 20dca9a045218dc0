/**
 * The record of a staged gateway: calls in a Map, the real call machine, effects performed as they come. A test may take it
 * away, have it hang, or make it deaf.
 */
import { randomBytes } from 'node:crypto';
import type { E164 } from '../../../src/ports/e164.ts';
import { type CallId, createIds, type LegId } from '../../../src/ports/ids.ts';
import { instructionsFor } from '../../../src/telephony/answer-call.ts';
import { type Call, type CallEffect, type CallEvent, legOf } from '../../../src/telephony/call.ts';
import { advance, startCall, startOutbound } from '../../../src/telephony/call-machine.ts';
import type { Dialable } from '../../../src/telephony/instructions.ts';
import { eventsOf, type LegReport } from '../../../src/telephony/leg-report.ts';
import type { IncomingCall } from '../../../src/telephony/open-call.ts';
import type { Outbound } from '../../../src/telephony/outbound.ts';
import type { CallPlan } from '../../../src/telephony/plan/call-plan.ts';
import type { Heard, Taken } from '../../../src/telephony/take-call.ts';
import type { VoiceCarrier } from '../../../src/telephony/voice-carrier.ts';
import { caller, ours, stagedFacts } from './staged-facts.ts';

export interface RecordStage {
  readonly agents?: readonly E164[];
  readonly failover?: E164 | null;
  readonly takeDelayMs?: number;
  /** Rings all agents at once. */
  readonly race?: boolean;
  readonly plan?: Partial<CallPlan>;
}

export function createRecord(stage: RecordStage) {
  const ids = createIds({ clock: { now: () => Date.now() }, randomBytes });
  const calls = new Map<CallId, Call>();
  const heard = new Map<string, LegReport>();
  const engaged = new Set<E164>();
  const record = {
    calls,
    heard,
    noted: [] as IncomingCall[],
    incoming: [] as IncomingCall[],
    isAway: false,
    /** Takes no call in and never says so. */
    isHanging: false,
    /** How often it was asked while it was away. */
    refused: 0,
    /** An agent who picks up is told to wait: their taking the call is a moment away. */
    acceptsLate: false,
    /** Takes reports and makes nothing of them. */
    isDeaf: false,
    voice: null as VoiceCarrier | null,
    /** The newest call. */
    last: (): Call => {
      const call = [...calls.values()].at(-1);
      if (call === undefined) throw new Error('no call was taken');
      return call;
    },
    facts: () => [...heard.values()].map(({ legId, fact }) => `${legId === null ? 'caller' : 'leg'} ${fact.what}`),
    take: async (incoming: IncomingCall): Promise<Taken> => {
      await away(stage.takeDelayMs ?? 0);
      if (record.isHanging) await new Promise(() => undefined);
      if (record.isAway) throw new Error('the record is away');
      record.incoming.push(incoming);
      if (incoming.dnis !== ours) return { kind: 'unknown-number' };
      const known = [...calls.values()].find(({ carrierCallId }) => carrierCallId === incoming.carrierCallId);
      if (known !== undefined) return { kind: 'taken', call: known };
      const started = startCall(stagedFacts(stage, ids.make('call'), incoming), Date.now());
      calls.set(started.call.id, started.call);
      isTaking = true;
      settle(started.call.id, started.effects);
      isTaking = false;
      return { kind: 'taken', call: calls.get(started.call.id) ?? started.call };
    },
    hear: async (report: LegReport): Promise<Heard> => {
      if (record.isAway) {
        record.refused += 1;
        throw new Error('the record is away');
      }
      const call = calls.get(report.callId);
      if (call === undefined) return { kind: 'unknown' };
      if (!heard.has(report.dedupKey)) {
        heard.set(report.dedupKey, report);
        if (!record.isDeaf) for (const event of eventsOf(report, call)) apply(report.callId, event);
      }
      const now = calls.get(report.callId) ?? call;
      // A leg that the test itself has dialled waits for the test's orders.
      const isTests =
        report.legId !== null &&
        (record.acceptsLate || (legOf(now, report.legId) === undefined && report.legId !== now.outbound?.legId));
      const instructions = isTests ? [{ verb: 'wait', seconds: 60 } as const] : instructionsFor(now, report.legId);
      return { kind: 'heard', call: now, instructions };
    },
  };

  let isTaking = false;
  const choose = (call: Call): CallEvent => {
    const free = (stage.agents ?? []).find(
      (agent) => !engaged.has(agent) && call.legs.every((leg) => leg.to !== agent),
    );
    if (free === undefined)
      return { type: 'nobody-free', someoneBusy: call.legs.some(({ state }) => state !== 'ended') };
    return { type: 'agent-chosen', legId: ids.make('leg'), agentId: `agent_${free}` as never, phone: free };
  };

  function settle(callId: CallId, effects: readonly CallEffect[]): void {
    for (const effect of effects) {
      const call = calls.get(callId);
      if (call === undefined) return;
      if (effect.kind === 'choose-agent') {
        const rounds = stage.race && call.legs.length === 0 ? (stage.agents ?? []).length : 1;
        for (let round = 0; round < rounds; round += 1) apply(callId, choose(calls.get(callId) ?? call));
      } else if (!isTaking || effect.kind !== 'instruct-caller') void perform(callId, effect);
    }
  }

  function apply(callId: CallId, event: CallEvent): void {
    const call = calls.get(callId);
    if (call === undefined) return;
    const step = advance(call, event, Date.now());
    if (step.kind === 'ignored') return;
    calls.set(callId, step.call);
    settle(callId, step.effects);
  }

  async function perform(callId: CallId, effect: CallEffect): Promise<void> {
    if (effect.kind === 'set-timer') {
      const { timer, legId, dueAt } = effect;
      setTimeout(() => apply(callId, { type: 'timer-due', timer, legId }), dueAt - Date.now()).unref();
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
    const call = calls.get(callId);
    const { voice } = record;
    if (call === undefined || voice === null) return;
    if (effect.kind === 'instruct-caller') await voice.instruct(call.carrierCallId ?? '', instructionsFor(call, null));
    if (effect.kind === 'dial-customer' && call.outbound !== null && call.ani !== null) {
      const answer = await voice.dial(orderOf(call, call.outbound.legId, call.ani));
      if (answer.kind === 'dialled') apply(callId, { type: 'customer-dialled', carrierCallId: answer.carrierCallId });
      else apply(callId, { type: 'caller-ended', reason: 'failed' });
    }
    if (effect.kind === 'hang-up-caller') await voice.hangUp(call.carrierCallId ?? '');
    const leg = 'legId' in effect && effect.legId !== null ? legOf(call, effect.legId) : undefined;
    if (leg === undefined) return;
    if (effect.kind === 'instruct-leg' && leg.carrierCallId !== null)
      await voice.instruct(leg.carrierCallId, instructionsFor(call, leg.id));
    if (effect.kind === 'hang-up-leg' && leg.carrierCallId !== null) await voice.hangUp(leg.carrierCallId);
    if (effect.kind !== 'dial-leg') return;
    const answer = await voice.dial(orderOf(call, leg.id, leg.to));
    if (answer.kind === 'dialled')
      apply(callId, { type: 'leg-dialled', legId: leg.id, carrierCallId: answer.carrierCallId });
    else apply(callId, { type: 'leg-ended', legId: leg.id, reason: 'failed' });
  }

  /** A call that we make from our number to the one callers call from. */
  const place = (outbound: Outbound): void => {
    const incoming = { carrier: 'sip', carrierCallId: '', dnis: ours, ani: caller, attestation: null, raw: {} };
    const facts = stagedFacts(stage, ids.make('call'), incoming);
    const { call, effects } = startOutbound({ ...facts, carrierCallId: null }, outbound, Date.now());
    calls.set(call.id, call);
    settle(call.id, effects);
  };
  return Object.assign(record, { apply, place });
}

function orderOf({ id: callId, dnis: from, plan }: Pick<Call, 'id' | 'dnis' | 'plan'>, legId: LegId, to: Dialable) {
  return { callId, legId, from, to, ringTimeoutMs: plan.ringTimeoutMs, orderedAt: Date.now(), repeated: false };
}

const away = (delayMs: number): Promise<void> =>
  delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs));
