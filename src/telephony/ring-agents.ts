/**
 * Agents are rung while the caller waits: one after another, or as many at once as the plan races. A phone that does not
 * take the call makes room for the next, until nobody is left, the offers are used up or the caller has waited enough.
 */
import { limits } from '../../config/limits.ts';
import type { AgentId } from '../ports/ids.ts';
import { type Call, type CallEffect, isLive, legOf } from './call.ts';
import { end, endWithoutAgent, toVoicemail } from './call-endings.ts';
import { giveUpPhone } from './leg-steps.ts';
import { asked, dialled, type EventOf, endLeg, type Moved, newLeg, offerSettled } from './moved.ts';

/** Rings the chosen agent's phone, and the next one's where several ring at once. */
export function dialAgent(call: Call, event: EventOf<'agent-chosen'>, now: number): Moved {
  const leg = newLeg({ id: event.legId, role: 'agent', agentId: event.agentId, to: event.phone });
  const ringing: Call = { ...call, legs: [...call.legs, leg] };
  return {
    call: ringing,
    effects: [
      ...dialled(ringing, leg.id, now),
      { kind: 'tell', type: 'call.offered', data: { agentId: leg.agentId, legId: leg.id } },
      ...(mayRing(ringing, now) ? [chooseAgent(ringing)] : []),
    ],
  };
}

/** Looks again soon while somebody may become free; otherwise, when no phone rings either, voicemail or failover. */
export function waitOrGiveUp(call: Call, event: EventOf<'nobody-free'>, now: number): Moved | null {
  if (call.wantedAgentId !== null) return ringMore({ ...call, wantedAgentId: null }, [], now);
  const again = now + limits.agentRetryMs;
  if (event.someoneBusy && again < call.plan.waitUntil) {
    if (call.retryAt !== null && call.retryAt > now) return null;
    const retry: CallEffect = { kind: 'set-timer', timer: 'retry', legId: null, dueAt: again };
    return { call: { ...call, retryAt: again }, effects: [retry] };
  }
  return asked(call).length > 0 ? null : giveUp(call, now);
}

/** An agent who did not take the call: settle the offer, free the agent, ring the next. */
export function tryNextAgent(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  if (leg.role === 'supervisor') return { call: endLeg(call, leg, event.reason), effects: [] };
  const others: Call = { ...call, wantedAgentId: null };
  return ringMore(endLeg(others, leg, event.reason), offerSettled(leg, event.reason), now);
}

export function timerWhileWaiting(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  switch (event.timer) {
    case 'ring':
      return giveUpLeg(call, event, now);
    case 'retry':
      if (call.retryAt !== null && call.retryAt > now) return null;
      return mayRing(call, now) ? { call: { ...call, retryAt: null }, effects: [chooseAgent(call)] } : null;
    case 'wait':
      return asked(call).length > 0 || now < call.plan.waitUntil ? null : giveUp(call, now);
    case 'life':
      return end(call, 'carrier-silent', now, { hangUpCaller: true });
    default:
      return null;
  }
}

/** The carrier has said nothing of a phone for as long as it may ring: it is given up. */
function giveUpLeg(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const over = giveUpPhone(call, event.legId);
  return over === null ? null : ringMore({ ...over.call, wantedAgentId: null }, over.effects, now);
}

/** Rings the next agent where there is room for one; without one, and with no phone ringing, the caller is sent on. */
export function ringMore(call: Call, effects: readonly CallEffect[], now: number): Moved {
  if (mayRing(call, now)) return { call, effects: [...effects, chooseAgent(call)] };
  if (asked(call).length > 0) return { call, effects };
  const over = giveUp(call, now);
  return { call: over.call, effects: [...effects, ...over.effects] };
}

/** Whether one more phone may ring now. */
function mayRing(call: Call, now: number): boolean {
  const { dispatch, raceSize, offersMax, waitUntil } = call.plan;
  const atOnce = dispatch === 'race' ? raceSize : 1;
  const offered = call.legs.slice(call.queuedFrom).filter(({ role }) => role === 'agent');
  if (asked(call).some(({ role }) => role === 'target')) return false;
  return asked(call).length < atOnce && offered.length < offersMax && now < waitUntil;
}

/** The wish for one more agent; who has been tried in this wait is not tried again, nor who moved the call on. */
export function chooseAgent(call: Call): CallEffect {
  const tried = [call.avoidedAgentId, ...call.legs.slice(call.queuedFrom).map(({ agentId }) => agentId)];
  const ids = new Set(tried.flatMap((agentId) => agentId ?? []));
  return { kind: 'choose-agent', tried: [...ids], only: call.wantedAgentId, as: 'call' };
}

/** The caller waits once more, with music: for the agent the call is meant for, otherwise for any. */
export function queueAgain(call: Call, now: number, avoidedAgentId: AgentId | null): Call {
  return {
    ...call,
    state: 'waiting',
    bridgedLegId: null,
    provenAt: null,
    lostAt: null,
    retryAt: null,
    heldUntil: null,
    transfer: null,
    queuedFrom: call.legs.length,
    avoidedAgentId,
    plan: { ...call.plan, waitUntil: Math.max(call.plan.waitUntil, now + limits.callWaitMs) },
  };
}

/** The limit of the wait that has just begun. */
export function waitTimer(call: Call): CallEffect {
  return { kind: 'set-timer', timer: 'wait', legId: null, dueAt: call.plan.waitUntil };
}

/** The limits of a wait that may end in a callback: it is offered once, after so long. */
export function waitTimers(call: Call, now: number): CallEffect[] {
  const { callbackAfterMs } = call.plan;
  if (callbackAfterMs === null || call.isCallbackOffered || call.bridgedAt !== null) return [waitTimer(call)];
  return [waitTimer(call), { kind: 'set-timer', timer: 'callback', legId: null, dueAt: now + callbackAfterMs }];
}

function giveUp(call: Call, now: number): Moved {
  if (call.outbound !== null && call.bridgedAt === null) return endWithoutAgent(call, now);
  const { overflow, failover } = call.plan;
  if (overflow === 'voicemail' || failover === null) return toVoicemail(call, now, { instruct: true });
  return { call: { ...call, state: 'failover' }, effects: [{ kind: 'instruct-caller' }] };
}
