/**
 * The steps of the call machine, one function a move. Each is pure and answers with the next call and its effects, or
 * null when the event is true but old news (a second ringing, the end of a leg that has ended).
 */
import { limits } from '../../config/limits.ts';
import type { LegId } from '../ports/ids.ts';
import { type Call, type CallEffect, type CallEvent, isLive, type Leg, type LegEnding, legOf, talkMs } from './call.ts';
import { type VerdictSlug, verdictOf } from './verdict.ts';

export interface Moved {
  readonly call: Call;
  readonly effects: readonly CallEffect[];
}

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** Rings the chosen agent's phone and arms a timer of ours: the carrier's own may never be heard of. */
export function dialAgent(call: Call, event: EventOf<'agent-chosen'>, now: number): Moved {
  const leg: Leg = {
    id: event.legId,
    agentId: event.agentId,
    to: event.phone,
    state: 'dialling',
    carrierCallId: null,
    ending: null,
  };
  const dueAt = now + call.plan.ringTimeoutMs + call.plan.acceptTimeoutMs + limits.legTimerSlackMs;
  return {
    call: { ...call, legs: [...call.legs, leg] },
    effects: [
      { kind: 'dial-leg', legId: leg.id },
      { kind: 'set-timer', timer: 'ring', legId: leg.id, dueAt },
      { kind: 'tell', type: 'call.offered', data: { agentId: leg.agentId, legId: leg.id } },
    ],
  };
}

/** Looks again soon while somebody may become free; otherwise voicemail or the failover number. */
export function waitOrGiveUp(call: Call, event: EventOf<'nobody-free'>, now: number): Moved {
  const again = now + limits.agentRetryMs;
  if (event.someoneBusy && again < call.plan.waitUntil) {
    return { call, effects: [{ kind: 'set-timer', timer: 'retry', legId: null, dueAt: again }] };
  }
  return giveUp(call, now);
}

/** The carrier's id of a leg, from its answer or its first callback. A leg nobody wants any more is hung up. */
export function noteDialled(call: Call, event: EventOf<'leg-dialled'>): Moved | null {
  const noted = changeLeg(call, event.legId, (leg) =>
    leg.carrierCallId === null ? { ...leg, carrierCallId: event.carrierCallId } : null,
  );
  const leg = legOf(call, event.legId);
  if (noted === null || leg === undefined || isLive(leg)) return noted;
  return { call: noted.call, effects: [{ kind: 'hang-up-leg', legId: leg.id }] };
}

export function noteRinging(call: Call, event: EventOf<'leg-ringing'>): Moved | null {
  return changeLeg(call, event.legId, (leg) => (leg.state === 'dialling' ? { ...leg, state: 'ringing' } : null));
}

export function noteAnswered(call: Call, event: EventOf<'leg-answered'>): Moved | null {
  return changeLeg(call, event.legId, (leg) =>
    leg.state === 'dialling' || leg.state === 'ringing' ? { ...leg, state: 'answered' } : null,
  );
}

/** The agent pressed 1: the first to do so has the caller, everybody else is let go. */
export function bridge(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  const winner = legOf(call, event.legId);
  if (winner === undefined || !isLive(winner)) return null;
  const others = call.legs.filter((leg) => isLive(leg) && leg.id !== winner.id);
  return {
    call: {
      ...call,
      state: 'bridged',
      bridgedLegId: winner.id,
      bridgedAt: now,
      legs: call.legs.map((leg) => (leg.id === winner.id ? { ...leg, state: 'bridged' } : withdrawn(leg))),
    },
    effects: [
      { kind: 'settle-offer', legId: winner.id, as: 'accepted' },
      ...letGo(others),
      { kind: 'tell', type: 'call.answered', data: { agentId: winner.agentId, waitedMs: now - call.startedAt } },
    ],
  };
}

/** An agent who did not take the call: settle the offer, free the agent, ring the next. */
export function tryNextAgent(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  return nextAgent(endLeg(call, leg, event.reason), offerSettled(leg, event.reason), now);
}

/** The caller hung up before anybody took the call. */
export function abandon(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'caller-gave-up', now, { hangUpCaller: false });
}

/** The answer was given from memory because the record was slow: the caller is with the failover, out of our hands. */
export function endFailedOver(call: Call, _event: EventOf<'failed-over'>, now: number): Moved {
  return end(call, 'failover-unrecorded', now, { hangUpCaller: false });
}

/** The same, heard of after the caller had hung up: they neither gave up nor were missed, we sent them on. */
export function noteFailedOverLate(call: Call): Moved | null {
  const isMisjudged = call.verdict?.outcome === 'abandoned' || call.verdict?.outcome === 'missed';
  return isMisjudged ? revised(call, 'failover-unrecorded') : null;
}

/** How the failover dial went, heard of after the caller's own end: the verdict is put right. */
export function noteLateFailover(call: Call, event: EventOf<'failover-ended'>): Moved | null {
  if (!event.answered || call.verdict?.slug !== 'failover-unanswered') return null;
  return revised(call, 'failover-answered');
}

export function timerWhileWaiting(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const live = call.legs.filter(isLive);
  switch (event.timer) {
    case 'ring': {
      const leg = live.find((candidate) => candidate.id === event.legId);
      if (leg === undefined) return null;
      const effects: CallEffect[] = [{ kind: 'hang-up-leg', legId: leg.id }, ...offerSettled(leg, 'no-answer')];
      return nextAgent(endLeg(call, leg, 'no-answer'), effects, now);
    }
    case 'retry':
      return live.length > 0 ? null : { call, effects: [chooseAgent(call)] };
    case 'wait':
      return live.length > 0 ? null : giveUp(call, now);
    case 'life':
      return end(call, 'carrier-silent', now, { hangUpCaller: true });
    case 'voicemail':
      return null;
  }
}

export function timerOfLife(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  return event.timer === 'life' ? end(call, 'carrier-silent', now, { hangUpCaller: true }) : null;
}

export function timerOfVoicemail(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const over = event.timer === 'life' || event.timer === 'voicemail';
  return over ? end(call, 'voicemail-empty', now, { hangUpCaller: true }) : null;
}

/** The agent who talks with the caller hung up; the others were let go before and their ends are no news. */
export function endWhenBridgedLegEnds(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  if (event.legId !== call.bridgedLegId) return null;
  return end(call, 'answered', now, { hangUpCaller: true });
}

/** The caller hung up, or the room closed under both. */
export function endAnswered(call: Call, event: CallEvent, now: number): Moved {
  return end(call, 'answered', now, { hangUpCaller: event.type !== 'caller-ended' });
}

export function endWithVoicemail(call: Call, event: EventOf<'voicemail-left'>, now: number): Moved {
  const voicemail = { seconds: event.seconds, recordingId: event.recordingId };
  const ended = end(call, event.seconds > 0 ? 'voicemail-left' : 'voicemail-empty', now, { hangUpCaller: false });
  return { call: { ...ended.call, voicemail }, effects: [tellVoicemail(voicemail), ...ended.effects] };
}

/** The caller hung up while recording; what was recorded is reported separately and may still come. */
export function endWithoutVoicemail(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'voicemail-empty', now, { hangUpCaller: false });
}

export function noteLateVoicemail(call: Call, event: EventOf<'voicemail-left'>): Moved | null {
  if (call.voicemail !== null || event.seconds === 0) return null;
  const voicemail = { seconds: event.seconds, recordingId: event.recordingId };
  const kept: Call = { ...call, voicemail };
  const told = tellVoicemail(voicemail);
  if (call.verdict?.outcome !== 'missed') return { call: kept, effects: [told] };
  const { call: refined, effects } = revised(kept, 'voicemail-left');
  return { call: refined, effects: [told, ...effects] };
}

export function endFailover(call: Call, event: EventOf<'failover-ended'>, now: number): Moved {
  if (event.answered) return end(call, 'failover-answered', now, { hangUpCaller: false });
  return toVoicemail(call, now, { instruct: false });
}

export function endFailoverByCaller(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'failover-unanswered', now, { hangUpCaller: false });
}

/** The carrier no longer knows this call. */
export function endLost(call: Call, _event: EventOf<'carrier-lost'>, now: number): Moved {
  return end(call, 'carrier-lost', now, { hangUpCaller: false });
}

function nextAgent(call: Call, effects: readonly CallEffect[], now: number): Moved {
  const mayTry = call.legs.length < call.plan.offersMax && now < call.plan.waitUntil;
  if (mayTry) return { call, effects: [...effects, chooseAgent(call)] };
  const over = giveUp(call, now);
  return { call: over.call, effects: [...effects, ...over.effects] };
}

function chooseAgent(call: Call): CallEffect {
  return { kind: 'choose-agent', tried: [...new Set(call.legs.map((leg) => leg.agentId))] };
}

function giveUp(call: Call, now: number): Moved {
  if (call.plan.failover === null) return toVoicemail(call, now, { instruct: true });
  return { call: { ...call, state: 'failover' }, effects: [{ kind: 'instruct-caller' }] };
}

function toVoicemail(call: Call, now: number, how: { instruct: boolean }): Moved {
  const dueAt = now + limits.voicemailSecondsMax * 1_000 + limits.legTimerSlackMs;
  const instruct: CallEffect[] = how.instruct ? [{ kind: 'instruct-caller' }] : [];
  return {
    call: { ...call, state: 'voicemail' },
    effects: [...instruct, { kind: 'set-timer', timer: 'voicemail', legId: null, dueAt }],
  };
}

function end(call: Call, slug: VerdictSlug, now: number, how: { hangUpCaller: boolean }): Moved {
  const bridged = call.legs.find((leg) => leg.id === call.bridgedLegId);
  const others = call.legs.filter((leg) => isLive(leg) && leg.id !== call.bridgedLegId);
  const ended: Call = { ...call, state: 'ended', endedAt: now, verdict: verdictOf(slug), legs: call.legs.map(closed) };
  const hangUpCaller: CallEffect[] = how.hangUpCaller ? [{ kind: 'hang-up-caller' }] : [];
  const freed: CallEffect[] =
    bridged === undefined
      ? []
      : [
          { kind: 'hang-up-leg', legId: bridged.id },
          { kind: 'free-agent', agentId: bridged.agentId },
        ];
  const data = { verdict: ended.verdict, durationMs: now - call.startedAt, talkMs: talkMs(ended) };
  return {
    call: ended,
    effects: [...hangUpCaller, ...freed, ...letGo(others), { kind: 'tell', type: 'call.ended', data }],
  };
}

function revised(call: Call, slug: VerdictSlug): Moved {
  const verdict = verdictOf(slug);
  return { call: { ...call, verdict }, effects: [{ kind: 'tell', type: 'call.revised', data: { verdict } }] };
}

function letGo(legs: readonly Leg[]): CallEffect[] {
  return legs.flatMap((leg): CallEffect[] => [
    { kind: 'settle-offer', legId: leg.id, as: 'withdrawn' },
    { kind: 'hang-up-leg', legId: leg.id },
  ]);
}

function offerSettled(leg: Leg, reason: LegEnding): CallEffect[] {
  const declined = reason === 'declined' || reason === 'busy' || leg.state === 'answered';
  return [{ kind: 'settle-offer', legId: leg.id, as: declined ? 'declined' : 'missed' }];
}

function tellVoicemail(voicemail: { seconds: number; recordingId: string | null }): CallEffect {
  return { kind: 'tell', type: 'call.voicemail', data: { ...voicemail } };
}

function endLeg(call: Call, ended: Leg, reason: LegEnding): Call {
  const over: Leg = { ...ended, state: 'ended', ending: reason };
  return { ...call, legs: call.legs.map((leg) => (leg.id === ended.id ? over : leg)) };
}

function withdrawn(leg: Leg): Leg {
  return isLive(leg) ? { ...leg, state: 'ended', ending: 'withdrawn' } : leg;
}

function closed(leg: Leg): Leg {
  return isLive(leg) ? { ...leg, state: 'ended', ending: leg.state === 'bridged' ? 'completed' : 'withdrawn' } : leg;
}

function changeLeg(call: Call, legId: LegId, change: (leg: Leg) => Leg | null): Moved | null {
  const leg = legOf(call, legId);
  const changed = leg === undefined ? null : change(leg);
  if (changed === null) return null;
  return { call: { ...call, legs: call.legs.map((other) => (other.id === legId ? changed : other)) }, effects: [] };
}
