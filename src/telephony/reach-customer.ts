/**
 * A call that we make, until the customer is there. Agent first: an agent's phone is rung, they take the call by a key, wait
 * in the room with music, and the customer's coming starts the talk. Customer first: whoever picks up is offered to agents
 * as any caller is. From there on it is a call like any other.
 */
import { limits } from '../../config/limits.ts';
import { type Call, type CallEffect, isLive, type LegEnding, legOf } from './call.ts';
import { end } from './call-endings.ts';
import { giveUpPhone } from './leg-steps.ts';
import { asked, type EventOf, endLeg, endLegs, letGo, type Moved, offerSettled } from './moved.ts';
import { chooseAgent, timerWhileWaiting, tryNextAgent, waitOrGiveUp, waitTimer } from './ring-agents.ts';
import type { VerdictSlug } from './verdict.ts';

/** The first move of a call that we make. */
export function beginOutbound(call: Call, now: number): Moved {
  const { outbound } = call;
  if (outbound === null || outbound.first === 'customer') return callCustomer(call, [], now);
  const preparing: Call = { ...call, state: 'preparing', wantedAgentId: outbound.agentId };
  return { call: preparing, effects: [waitTimer(preparing), chooseAgent(preparing)] };
}

function callCustomer(call: Call, effects: readonly CallEffect[], now: number): Moved {
  const ringTimeoutMs = call.outbound?.ringTimeoutMs ?? limits.outboundRingTimeoutMs;
  const dueAt = now + limits.outboundDialPatienceMs + ringTimeoutMs + limits.legTimerSlackMs;
  return {
    call: { ...call, state: 'calling' },
    effects: [
      ...effects,
      { kind: 'dial-customer' },
      { kind: 'set-timer', timer: 'customer', legId: null, dueAt },
      { kind: 'tell', type: 'call.dialled', data: { to: call.ani } },
    ],
  };
}

/** No agent is free for it: others may become so, but whoever was named is the only one to be rung. */
export function nobodyForCustomer(call: Call, event: EventOf<'nobody-free'>, now: number): Moved | null {
  return isNamed(call) ? end(call, 'agent-unavailable', now, { hangUpCaller: false }) : waitOrGiveUp(call, event, now);
}

/** The agent is there, and the customer is called; other agents who were rung for it are let go. */
export function agentReady(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg) || leg.role !== 'agent') return null;
  const there: Call = {
    ...call,
    bridgedLegId: leg.id,
    wantedAgentId: null,
    legs: call.legs.map((one) => (one.id === leg.id ? { ...one, state: 'bridged', acceptedAt: now } : one)),
  };
  const others = asked(there);
  const accepted: CallEffect = { kind: 'settle-offer', legId: leg.id, as: 'accepted' };
  return callCustomer(endLegs(there, others, 'withdrawn'), [accepted, ...letGo(others)], now);
}

export function legEndedWhilePreparing(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  if (!isNamed(call)) return tryNextAgent(call, event, now);
  const over = end(endLeg(call, leg, event.reason), 'agent-unavailable', now, { hangUpCaller: false });
  return { call: over.call, effects: [...offerSettled(leg, event.reason), ...over.effects] };
}

export function timerWhilePreparing(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  if (event.timer !== 'ring' || !isNamed(call)) return timerWhileWaiting(call, event, now);
  const over = giveUpPhone(call, event.legId);
  if (over === null) return null;
  const ended = end(over.call, 'agent-unavailable', now, { hangUpCaller: false });
  return { call: ended.call, effects: [...over.effects, ...ended.effects] };
}

/** The agent who waits for the customer has hung up. */
export function legEndedWhileCalling(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  return leg === undefined || !isLive(leg) ? null : end(call, 'agent-left', now, { hangUpCaller: true });
}

export function timerWhileCalling(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  if (event.timer === 'life') return end(call, 'carrier-silent', now, { hangUpCaller: true });
  if (event.timer !== 'customer') return null;
  return unreached(call, 'customer-unanswered', now, { hangUpCaller: true });
}

/** The carrier's id of the customer's leg. When the call has ended meanwhile, the phone rings for nobody. */
export function noteCustomerDialled(call: Call, event: EventOf<'customer-dialled'>): Moved | null {
  if (call.outbound === null || call.carrierCallId !== null) return null;
  const isOver = call.state === 'ended';
  return {
    call: { ...call, carrierCallId: event.carrierCallId },
    effects: isOver ? [{ kind: 'hang-up-caller' }] : [],
  };
}

export function noteCustomerRinging(call: Call): Moved | null {
  const { outbound } = call;
  if (outbound === null || outbound.isRinging) return null;
  return { call: { ...call, outbound: { ...outbound, isRinging: true } }, effects: [] };
}

export function customerAnswered(call: Call, _event: EventOf<'customer-answered'>, now: number): Moved | null {
  if (call.outbound === null) return null;
  const reached: Call = { ...call, outbound: { ...call.outbound, answeredAt: now } };
  const told: CallEffect = { kind: 'tell', type: 'call.reached', data: {} };
  return call.bridgedLegId === null ? offerToAgents(reached, told, now) : meetAgent(reached, told, now);
}

/** The wait begins now, and is as long as the plan says. */
function offerToAgents(call: Call, told: CallEffect, now: number): Moved {
  const waitUntil = now + (call.plan.waitUntil - call.startedAt);
  const waiting: Call = {
    ...call,
    state: 'waiting',
    wantedAgentId: call.outbound?.agentId ?? null,
    plan: { ...call.plan, waitUntil },
  };
  return { call: waiting, effects: [told, waitTimer(waiting), chooseAgent(waiting)] };
}

function meetAgent(call: Call, told: CallEffect, now: number): Moved {
  const agentId = legOf(call, call.bridgedLegId as NonNullable<Call['bridgedLegId']>)?.agentId ?? null;
  const bridged: Call = { ...call, state: 'bridged', bridgedAt: now };
  // The line about the recording is said first, while the agent still hears music.
  const announced: CallEffect[] = call.plan.record
    ? [{ kind: 'set-timer', timer: 'announced', legId: null, dueAt: now + spokenMs(call) }]
    : [];
  const waitedMs = now - call.startedAt;
  return {
    call: bridged,
    effects: [told, ...announced, { kind: 'tell', type: 'call.answered', data: { agentId, waitedMs } }],
  };
}

function spokenMs({ plan }: Call): number {
  const characters = [...plan.opening, plan.greeting].join(' ').length;
  return 1_000 + characters * limits.spokenCharacterMs;
}

/** A machine has picked up. An agent who waits for it hears it and says what they like; nobody else is rung for it. */
export function machineAnswered(call: Call, _event: EventOf<'customer-machine'>, now: number): Moved | null {
  if (call.outbound === null || call.bridgedLegId !== null || call.bridgedAt !== null) return null;
  return unreached(call, 'customer-machine', now, { hangUpCaller: true });
}

const endedAs: Readonly<Record<LegEnding, VerdictSlug>> = {
  busy: 'customer-busy',
  'no-answer': 'customer-unanswered',
  canceled: 'customer-unanswered',
  declined: 'customer-declined',
  failed: 'customer-unreachable',
  // They had picked up, which nobody has told us, and hung up before anybody talked with them.
  completed: 'caller-gave-up',
  withdrawn: 'customer-unanswered',
};

/** The customer's phone has ended before anybody knew them there. */
export function customerNotReached(call: Call, { reason }: EventOf<'caller-ended'>, now: number): Moved {
  return unreached(call, reason === undefined ? 'customer-unanswered' : endedAs[reason], now, { hangUpCaller: false });
}

/** The agent who waits is told how it went; their leg ends with the words. */
function unreached(call: Call, slug: VerdictSlug, now: number, how: { hangUpCaller: boolean }): Moved {
  const ended = end(call, slug, now, how);
  const effects = ended.effects.map((effect) =>
    effect.kind === 'hang-up-leg' && effect.legId === call.bridgedLegId
      ? ({ kind: 'instruct-leg', legId: effect.legId } as const)
      : effect,
  );
  return { call: ended.call, effects };
}

function isNamed({ outbound }: Call): boolean {
  return outbound !== null && outbound.agentId !== null;
}
