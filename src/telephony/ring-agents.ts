/**
 * Agents are rung while the caller waits: one after another, or as many at once as the plan races. A phone that does not
 * take the call makes room for the next, until nobody is left, the offers are used up or the caller has waited enough.
 */
import { limits } from '../../config/limits.ts';
import { type Call, type CallEffect, isLive, type Leg, legOf } from './call.ts';
import { end, toVoicemail } from './call-endings.ts';
import { askedAgents, type EventOf, endLeg, type Moved, offerSettled } from './moved.ts';

/** Rings the chosen agent's phone and arms a timer of ours: the carrier's own may never be heard of. */
export function dialAgent(call: Call, event: EventOf<'agent-chosen'>, now: number): Moved {
  const leg: Leg = {
    id: event.legId,
    role: 'agent',
    agentId: event.agentId,
    to: event.phone,
    state: 'dialling',
    carrierCallId: null,
    acceptedAt: null,
    ending: null,
  };
  const dueAt = now + call.plan.ringTimeoutMs + call.plan.acceptTimeoutMs + limits.legTimerSlackMs;
  const ringing: Call = { ...call, legs: [...call.legs, leg] };
  return {
    call: ringing,
    effects: [
      { kind: 'dial-leg', legId: leg.id },
      { kind: 'set-timer', timer: 'ring', legId: leg.id, dueAt },
      { kind: 'tell', type: 'call.offered', data: { agentId: leg.agentId, legId: leg.id } },
      ...(mayRing(ringing, now) ? [chooseAgent(ringing)] : []),
    ],
  };
}

/** Looks again soon while somebody may become free; otherwise, when no phone rings either, voicemail or failover. */
export function waitOrGiveUp(call: Call, event: EventOf<'nobody-free'>, now: number): Moved | null {
  const again = now + limits.agentRetryMs;
  if (event.someoneBusy && again < call.plan.waitUntil) {
    if (call.retryAt !== null && call.retryAt > now) return null;
    const retry: CallEffect = { kind: 'set-timer', timer: 'retry', legId: null, dueAt: again };
    return { call: { ...call, retryAt: again }, effects: [retry] };
  }
  return askedAgents(call).length > 0 ? null : giveUp(call, now);
}

/** An agent who did not take the call: settle the offer, free the agent, ring the next. */
export function tryNextAgent(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  return ringMore(endLeg(call, leg, event.reason), offerSettled(leg, event.reason), now);
}

export function timerWhileWaiting(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  switch (event.timer) {
    case 'ring':
      return giveUpLeg(call, event, now);
    case 'retry':
      if (call.retryAt !== null && call.retryAt > now) return null;
      return mayRing(call, now) ? { call: { ...call, retryAt: null }, effects: [chooseAgent(call)] } : null;
    case 'wait':
      return askedAgents(call).length > 0 ? null : giveUp(call, now);
    case 'life':
      return end(call, 'carrier-silent', now, { hangUpCaller: true });
    default:
      return null;
  }
}

/** The carrier has said nothing of a phone for as long as it may ring: it is given up. */
function giveUpLeg(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const leg = askedAgents(call).find(({ id }) => id === event.legId);
  if (leg === undefined) return null;
  const effects: CallEffect[] = [{ kind: 'hang-up-leg', legId: leg.id }, ...offerSettled(leg, 'no-answer')];
  return ringMore(endLeg(call, leg, 'no-answer'), effects, now);
}

/** Rings the next agent where there is room for one; without one, and with no phone ringing, the caller is sent on. */
export function ringMore(call: Call, effects: readonly CallEffect[], now: number): Moved {
  if (mayRing(call, now)) return { call, effects: [...effects, chooseAgent(call)] };
  if (askedAgents(call).length > 0) return { call, effects };
  const over = giveUp(call, now);
  return { call: over.call, effects: [...effects, ...over.effects] };
}

/** Whether one more phone may ring now. */
function mayRing(call: Call, now: number): boolean {
  const { dispatch, raceSize, offersMax, waitUntil } = call.plan;
  const atOnce = dispatch === 'race' ? raceSize : 1;
  return askedAgents(call).length < atOnce && call.legs.length < offersMax && now < waitUntil;
}

/** The wish for one more agent; who has been tried for this call is not tried again. */
export function chooseAgent(call: Call): CallEffect {
  const tried = call.legs.flatMap(({ agentId }) => (agentId === null ? [] : [agentId]));
  return { kind: 'choose-agent', tried: [...new Set(tried)] };
}

function giveUp(call: Call, now: number): Moved {
  const { overflow, failover } = call.plan;
  if (overflow === 'voicemail' || failover === null) return toVoicemail(call, now, { instruct: true });
  return { call: { ...call, state: 'failover' }, effects: [{ kind: 'instruct-caller' }] };
}
