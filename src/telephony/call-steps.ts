/**
 * The steps of the call machine while the call goes on, one function a move. Each is pure and answers with the next call
 * and its effects, or null when the event is true but old news (a second ringing, the end of a leg that has ended).
 */
import { limits } from '../../config/limits.ts';
import type { LegId } from '../ports/ids.ts';
import { type Call, type CallEffect, isLive, type Leg, type LegEnding, legOf } from './call.ts';
import { type EventOf, end, letGo, type Moved, toVoicemail } from './call-endings.ts';

/** The first move of a call: looked at for an agent, handed over whole, or treated as one outside hours. */
export function begin(call: Call, now: number): Moved {
  const { closed, handOver, failover } = call.plan;
  if (closed?.action === 'hang-up') return end(call, 'closed', now, { hangUpCaller: false });
  if (closed !== null && (closed.action === 'voicemail' || failover === null))
    return toVoicemail(call, now, { instruct: false });
  if (closed !== null || handOver !== null) return { call: { ...call, state: 'failover' }, effects: [] };
  const wait: CallEffect = { kind: 'set-timer', timer: 'wait', legId: null, dueAt: call.plan.waitUntil };
  return { call, effects: [wait, chooseAgent(call)] };
}

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
  const { overflow, failover } = call.plan;
  if (overflow === 'voicemail' || failover === null) return toVoicemail(call, now, { instruct: true });
  return { call: { ...call, state: 'failover' }, effects: [{ kind: 'instruct-caller' }] };
}

function offerSettled(leg: Leg, reason: LegEnding): CallEffect[] {
  const declined = reason === 'declined' || reason === 'busy' || leg.state === 'answered';
  return [{ kind: 'settle-offer', legId: leg.id, as: declined ? 'declined' : 'missed' }];
}

function endLeg(call: Call, ended: Leg, reason: LegEnding): Call {
  const over: Leg = { ...ended, state: 'ended', ending: reason };
  return { ...call, legs: call.legs.map((leg) => (leg.id === ended.id ? over : leg)) };
}

function withdrawn(leg: Leg): Leg {
  return isLive(leg) ? { ...leg, state: 'ended', ending: 'withdrawn' } : leg;
}

function changeLeg(call: Call, legId: LegId, change: (leg: Leg) => Leg | null): Moved | null {
  const leg = legOf(call, legId);
  const changed = leg === undefined ? null : change(leg);
  if (changed === null) return null;
  return { call: { ...call, legs: call.legs.map((other) => (other.id === legId ? changed : other)) }, effects: [] };
}
