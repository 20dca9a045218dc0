/**
 * A warm transfer: the agent talks with whom the call may go to, while the caller hears music. It is completed, given up,
 * or all three are put together. Whatever hang-ups cross, the caller ends up with somebody or with music: an agent who
 * hangs up has handed the call over, a target who hangs up leaves the agent with the caller again.
 */
import { type Call, type CallEffect, isLive, type Leg, type LegEnding, legOf } from './call.ts';
import { agentOf, joinCaller, leaveToQueue, partCaller } from './hold-call.ts';
import { noteAnswered } from './leg-steps.ts';
import {
  dialled,
  type EventOf,
  endLeg,
  freed,
  hangUpAndFree,
  isOnCall,
  letGo,
  type Moved,
  newLeg,
  offerSettled,
  standAs,
  talkers,
} from './moved.ts';
import { waitTimer } from './ring-agents.ts';
import { joinSupervisor } from './supervise-call.ts';
import { timerOfTalk } from './talk-timers.ts';

/** The caller hears music, the agent waits in a room for the other phone. */
export function consult(call: Call, event: EventOf<'transfer-asked'>, now: number): Moved | null {
  const { bridgedLegId: byLegId } = call;
  if (byLegId === null) return null;
  const { to, legId } = event;
  const transfer = { to, byLegId, legId: to.kind === 'number' ? legId : null, consult: call.consults + 1 };
  const { call: parted, effects } = partCaller({ ...call, transfer, consults: transfer.consult }, (leg) =>
    leg.id === byLegId ? 'consulting' : 'parked',
  );
  const told: CallEffect = { kind: 'tell', type: 'call.consulted', data: { to, agentId: agentOf(call) } };
  const consulting: Call = { ...parted, state: 'consulting', heldUntil: null };
  if (to.kind !== 'number') return { call: consulting, effects: [...effects, told, askColleague(consulting)] };
  const leg = newLeg({ id: legId, role: 'target', agentId: null, to: to.number });
  const ringing: Call = { ...consulting, legs: [...consulting.legs, leg] };
  return { call: ringing, effects: [...effects, told, ...dialled(ringing, legId, now)] };
}

function askColleague(call: Call): CallEffect {
  const present = call.legs.filter(isLive).flatMap(({ agentId }) => agentId ?? []);
  const only = call.transfer?.to.kind === 'agent' ? call.transfer.to.agentId : null;
  return { kind: 'choose-agent', tried: present, only, as: 'consult' };
}

export function dialColleague(call: Call, event: EventOf<'agent-chosen'>, now: number): Moved {
  const leg = newLeg({ id: event.legId, role: 'agent', agentId: event.agentId, to: event.phone });
  const transfer = call.transfer === null ? null : { ...call.transfer, legId: leg.id };
  const ringing: Call = { ...call, transfer, legs: [...call.legs, leg] };
  const offered = { kind: 'tell', type: 'call.offered', data: { agentId: leg.agentId, legId: leg.id } } as const;
  return { call: ringing, effects: [...dialled(ringing, leg.id, now), offered] };
}

export function nobodyToConsult(call: Call): Moved {
  return returnToCaller(call, 'nobody-free');
}

/** An outside number has picked up: the two talk. */
export function answerWhileConsulting(call: Call, event: EventOf<'leg-answered'>): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || leg.id !== call.transfer?.legId || leg.role === 'agent') return noteAnswered(call, event);
  return isLive(leg) && !isOnCall(leg) ? { call: standAs(call, [leg], 'consulting'), effects: [] } : null;
}

/** A colleague has agreed to talk about the call. */
export function acceptWhileConsulting(call: Call, event: EventOf<'leg-accepted'>): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg?.role === 'supervisor') return joinSupervisor(call, leg);
  if (leg?.role !== 'agent' || leg.id !== call.transfer?.legId || !isLive(leg) || isOnCall(leg)) return null;
  const accepted: CallEffect = { kind: 'settle-offer', legId: leg.id, as: 'accepted' };
  return { call: standAs(call, [leg], 'consulting'), effects: [accepted] };
}

/** The call is the other one's from now on. */
export function completeTransfer(call: Call): Moved | null {
  const { by, target } = partiesOf(call);
  return target?.state === 'consulting' ? handTo(call, by, target) : null;
}

/** The two and the caller talk together. */
export function merge(call: Call): Moved | null {
  const { target } = partiesOf(call);
  if (target?.state !== 'consulting') return null;
  const { call: joined, effects } = joinCaller(call);
  const told: CallEffect = { kind: 'tell', type: 'call.merged', data: { legId: target.id, agentId: target.agentId } };
  return { call: joined, effects: [...effects, told] };
}

export function cancelTransfer(call: Call): Moved {
  return returnToCaller(call, 'cancelled');
}

export function legEndedWhileConsulting(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  const { by, target } = partiesOf(call);
  const gone = endLeg(call, leg, event.reason);
  if (leg.id === target?.id) return targetLeft(gone, leg, event.reason);
  if (leg.id !== by?.id) return { call: gone, effects: freed(leg, call.plan.wrapUpMs) };
  if (target?.state === 'consulting') return handTo(gone, by, target);
  const [third] = talkers(gone);
  if (third !== undefined) {
    const back = returnToCaller({ ...gone, bridgedLegId: third.id }, event.reason);
    return { call: back.call, effects: [...freed(by, call.plan.wrapUpMs), ...back.effects] };
  }
  return leaveTargetRinging(gone, by, target, now);
}

export function timerWhileConsulting(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const over = timerOfTalk(call, event, now);
  if (over === null || event.timer !== 'ring' || event.legId !== call.transfer?.legId) return over;
  const back = returnToCaller(over.call, 'no-answer');
  return { call: back.call, effects: [...over.effects, ...back.effects] };
}

interface Parties {
  readonly by: Leg | undefined;
  readonly target: Leg | undefined;
}

function partiesOf({ legs, transfer }: Call): Parties {
  return {
    by: legs.find(({ id }) => id === transfer?.byLegId),
    target: legs.find(({ id }) => id === transfer?.legId),
  };
}

function handTo(call: Call, by: Leg | undefined, target: Leg): Moved {
  const leaves = by !== undefined && isLive(by) && call.legs.some(({ id, state }) => id === by.id && state !== 'ended');
  const left = leaves ? endLeg(call, by, 'completed') : call;
  const { call: joined, effects } = joinCaller(left);
  const freeing =
    by === undefined ? [] : leaves ? hangUpAndFree(by, call.plan.wrapUpMs) : freed(by, call.plan.wrapUpMs);
  const data = { mode: 'warm', to: call.transfer?.to, legId: target.id, agentId: by?.agentId };
  return {
    call: { ...joined, bridgedLegId: target.id },
    effects: [...effects, ...freeing, { kind: 'tell', type: 'call.transferred', data }],
  };
}

/** The agent is with the caller again; the other phone, if it still lives, is let go. */
function returnToCaller(call: Call, reason: string): Moved {
  const { target } = partiesOf(call);
  const lives = target !== undefined && isLive(target);
  const left = lives ? endLeg(call, target, isOnCall(target) ? 'completed' : 'withdrawn') : call;
  const hangUp = !lives ? [] : isOnCall(target) ? hangUpAndFree(target, 0) : letGo([target]);
  const { call: joined, effects } = joinCaller(left);
  const told: CallEffect = { kind: 'tell', type: 'call.returned', data: { reason, agentId: agentOf(call) } };
  return { call: joined, effects: [...hangUp, ...effects, told] };
}

function targetLeft(gone: Call, target: Leg, reason: LegEnding): Moved {
  const settled = isOnCall(target) ? freed(target, 0) : offerSettled(target, reason);
  const back = returnToCaller(gone, reason);
  return { call: back.call, effects: [...settled, ...back.effects] };
}

/** The agent hung up while the other phone still rings: the caller waits for whoever picks it up. */
function leaveTargetRinging(gone: Call, by: Leg, target: Leg | undefined, now: number): Moved {
  const { call: queued, effects } = leaveToQueue(gone, now, by.agentId);
  const waiting: Call = target === undefined ? queued : { ...queued, queuedFrom: queued.legs.indexOf(target) };
  const data = { mode: 'blind', to: gone.transfer?.to, agentId: by.agentId };
  return {
    call: waiting,
    effects: [
      ...freed(by, gone.plan.wrapUpMs),
      ...effects,
      waitTimer(waiting),
      { kind: 'tell', type: 'call.transferred', data },
    ],
  };
}
