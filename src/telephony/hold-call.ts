/**
 * Hold: the caller hears music in a room of a new number, everybody else waits in silence. Whoever belongs elsewhere is
 * told first, then the caller. An agent lost meanwhile leaves the caller waiting for another one, never in silence.
 */
import { limits } from '../../config/limits.ts';
import { certain } from './bridge-call.ts';
import { type Call, type CallEffect, isLive, type Leg, legOf } from './call.ts';
import {
  type EventOf,
  endLeg,
  freed,
  isOnCall,
  type Moved,
  offerSettled,
  standAs,
  talkers,
  tellLegs,
} from './moved.ts';
import { chooseAgent, queueAgain, waitTimer } from './ring-agents.ts';
import { dismissSupervisors, joinSupervisor } from './supervise-call.ts';
import { timerOfTalk } from './talk-timers.ts';

/** The caller is parted from everybody: they get a room of their own, the others stand where `place` says. */
export function partCaller(call: Call, place: (leg: Leg) => 'parked' | 'consulting'): Moved {
  const { call: sure, effects: others } = certain(call);
  // Whoever has the caller goes last: their going ends the room, and whoever is still there would be put out with it.
  const lead = sure.legs.filter(({ id }) => id === call.bridgedLegId);
  const present = [...sure.legs.filter((leg) => isOnCall(leg) && leg.id !== call.bridgedLegId), ...lead];
  const consulting = present.filter((leg) => place(leg) === 'consulting');
  const apart = standAs(standAs(sure, present, 'parked'), consulting, 'consulting');
  const room = call.state === 'bridged' ? call.room + 1 : call.room;
  const moved: CallEffect[] = [
    ...tellLegs(present),
    ...(room === call.room ? [] : [{ kind: 'instruct-caller' } as const]),
  ];
  return { call: { ...apart, room, isOnTheWay: false }, effects: [...others, ...moved] };
}

export function hold(call: Call, _event: EventOf<'hold-asked'>, now: number): Moved | null {
  if (call.lostAt !== null) return null;
  const { call: parted, effects } = partCaller(call, () => 'parked');
  const heldUntil = now + limits.holdMs;
  const timer: CallEffect = { kind: 'set-timer', timer: 'hold', legId: null, dueAt: heldUntil };
  const told: CallEffect = { kind: 'tell', type: 'call.held', data: { agentId: agentOf(call) } };
  return { call: { ...parted, state: 'held', heldUntil }, effects: [...effects, timer, told] };
}

export function resume(call: Call): Moved {
  const told: CallEffect = { kind: 'tell', type: 'call.resumed', data: { agentId: agentOf(call) } };
  const { call: joined, effects } = joinCaller(call);
  return { call: joined, effects: [...effects, told] };
}

/** All who have a part in the talk join the caller, who stays where they are, or comes in from outside. */
export function joinCaller(call: Call): Moved {
  const apart = call.legs.filter((leg) => isOnCall(leg) && leg.state !== 'bridged');
  const joined = standAs(call, apart, 'bridged');
  const { waitsOutside: isOnTheWay } = call;
  return {
    call: { ...joined, state: 'bridged', heldUntil: null, transfer: null, isOnTheWay },
    effects: [...tellLegs(apart), ...(isOnTheWay ? [{ kind: 'instruct-caller' } as const] : [])],
  };
}

export function timerWhileHeld(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  if (event.timer !== 'hold') return timerOfTalk(call, event, now);
  return call.heldUntil !== null && now >= call.heldUntil ? resume(call) : null;
}

export function acceptWhileHeld(call: Call, event: EventOf<'leg-accepted'>): Moved | null {
  const leg = legOf(call, event.legId);
  return leg?.role === 'supervisor' ? joinSupervisor(call, leg) : null;
}

/** The last one who could take the caller back is gone: another agent is looked for. */
export function legEndedWhileHeld(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  const gone = endLeg(call, leg, event.reason);
  if (!isOnCall(leg)) return { call: gone, effects: offerSettled(leg, event.reason) };
  const free = freed(leg, call.plan.wrapUpMs);
  const [other] = talkers(gone);
  if (leg.role === 'supervisor') return { call: gone, effects: [] };
  if (other !== undefined)
    return {
      call: { ...gone, bridgedLegId: call.bridgedLegId === leg.id ? other.id : call.bridgedLegId },
      effects: free,
    };
  const { call: waiting, effects } = leaveToQueue(gone, now, null);
  return { call: waiting, effects: [...free, ...effects, waitTimer(waiting), chooseAgent(waiting)] };
}

/** The caller waits again; whoever only listened is let go. */
export function leaveToQueue(call: Call, now: number, avoided: Leg['agentId']): Moved {
  const alone = dismissSupervisors(call);
  return { call: queueAgain(alone.call, now, avoided), effects: alone.effects };
}

export function agentOf(call: Call): Leg['agentId'] {
  return call.legs.find(({ id }) => id === call.bridgedLegId)?.agentId ?? null;
}
