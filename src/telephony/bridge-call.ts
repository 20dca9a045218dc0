/**
 * The first agent to accept has the caller. Pressing a key is not yet being in the room: a phone may drop between. So for
 * a moment (`limits.bridgeProofMs`) the others are kept, and whoever accepts late stands by. When the winner's leg ends
 * within it, a carrier that had joined the two says so at once, because the room has ended under the caller; when
 * nothing is said (`limits.bridgeLostMs`), they never met: the next in line has the caller, who heard music all the while.
 */
import { limits } from '../../config/limits.ts';
import { type Call, type CallEffect, isLive, type Leg, legOf, roomOf } from './call.ts';
import { end } from './call-endings.ts';
import { noteAnswered } from './leg-steps.ts';
import {
  asked,
  changeLeg,
  type EventOf,
  endLeg,
  endLegs,
  freed,
  letGo,
  type Moved,
  offerSettled,
  talkers,
  tellLegs,
} from './moved.ts';
import { beginRecording } from './record-call.ts';
import { queueAgain, ringMore, waitTimer } from './ring-agents.ts';
import { dismissSupervisors, joinSupervisor } from './supervise-call.ts';
import { timerOfTalk } from './talk-timers.ts';

/** An agent pressed 1 while the caller waits. */
export function bridge(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  const winner = legOf(call, event.legId);
  if (winner === undefined || !isLive(winner) || winner.role !== 'agent') return null;
  return bridgeWith(call, winner, now);
}

/** A phone was picked up while the caller waits: an outside number has the caller at once, an agent is asked first. */
export function answerWhileWaiting(call: Call, event: EventOf<'leg-answered'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg?.role === 'target' && isLive(leg)) return bridgeWith(call, leg, now);
  return noteAnswered(call, event);
}

function bridgeWith(call: Call, winner: Leg, now: number): Moved {
  const provenAt = now + limits.bridgeProofMs;
  const won: Leg = { ...winner, state: 'bridged', acceptedAt: winner.acceptedAt ?? now };
  const { call: recorded, effects: record } = beginRecording(call);
  const bridged: Call = {
    ...recorded,
    state: 'bridged',
    bridgedLegId: winner.id,
    bridgedAt: call.bridgedAt ?? now,
    wantedAgentId: null,
    provenAt,
    isOnTheWay: call.waitsOutside,
    lostAt: null,
    legs: call.legs.map((leg) => (leg.id === winner.id ? won : leg)),
  };
  const proof: CallEffect = { kind: 'set-timer', timer: 'proof', legId: null, dueAt: provenAt };
  return {
    call: bridged,
    effects: [
      ...(winner.role === 'agent' ? [{ kind: 'settle-offer', legId: winner.id, as: 'accepted' } as const] : []),
      // Whoever has to come into the room has not met anybody before they are there.
      ...(call.waitsOutside ? [{ kind: 'instruct-caller' } as const] : asked(bridged).length > 0 ? [proof] : []),
      ...record,
      { kind: 'tell', type: 'call.answered', data: { agentId: winner.agentId, waitedMs: now - call.startedAt } },
    ],
  };
}

/** The caller has been told what they hear now; one who waited outside is in the room with it. */
export function noteTold(call: Call, event: EventOf<'caller-told'>, now: number): Moved | null {
  const ordersHeard = Math.min(event.order ?? call.orders, call.orders);
  if (!call.waitsOutside || ordersHeard <= call.ordersHeard) return null;
  const told: Call = { ...call, ordersHeard };
  const comes = call.state === 'bridged' && call.isOnTheWay && call.lostAt === null && ordersHeard === call.orders;
  if (!comes) return { call: told, effects: [] };
  if (call.provenAt === null) return { call: { ...told, isOnTheWay: false }, effects: [] };
  const provenAt = now + limits.bridgeProofMs;
  const proof: CallEffect = { kind: 'set-timer', timer: 'proof', legId: null, dueAt: provenAt };
  return { call: { ...told, isOnTheWay: false, provenAt }, effects: asked(call).length > 0 ? [proof] : [] };
}

/** Accepted a moment too late: they stand by as long as it is not certain that the first one has the caller. */
export function acceptWhileBridged(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg?.role === 'supervisor') return joinSupervisor(call, leg);
  return changeLeg(call, event.legId, (one) => {
    const isAsked =
      one.role === 'agent' && (one.state === 'dialling' || one.state === 'ringing' || one.state === 'answered');
    return isAsked ? { ...one, state: 'standby', acceptedAt: now } : null;
  });
}

/** One of those who talk with the caller hung up, or a phone did that is only rung. */
export function legEndedWhileBridged(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  if (leg.state !== 'bridged')
    return { call: endLeg(call, leg, event.reason), effects: offerSettled(leg, event.reason) };
  const gone = endLeg(call, leg, event.reason);
  if (leg.role === 'supervisor') return { call: gone, effects: [] };
  const [other] = talkers(gone);
  if (other !== undefined) {
    const bridgedLegId = call.bridgedLegId === leg.id ? other.id : call.bridgedLegId;
    return { call: { ...gone, bridgedLegId }, effects: freed(leg, call.plan.wrapUpMs) };
  }
  const haveMet = !call.isOnTheWay && (call.provenAt === null || now >= call.provenAt);
  if (haveMet) return end(call, 'answered', now, { hangUpCaller: true });
  const lost: CallEffect = { kind: 'set-timer', timer: 'lost', legId: leg.id, dueAt: now + limits.bridgeLostMs };
  return { call: { ...gone, lostAt: now }, effects: [...freed(leg, 0), lost] };
}

export function timerWhileBridged(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  switch (event.timer) {
    case 'proof':
      return call.lostAt === null && !call.isOnTheWay ? letOthersGo(call) : null;
    case 'lost':
      return call.lostAt !== null && event.legId === call.bridgedLegId ? waitAgain(call, now) : null;
    default:
      return timerOfTalk(call, event, now);
  }
}

/** The room ended under the caller: they and the agent had met, and one of them has gone. */
export function roomEndedWhileBridged(call: Call, event: EventOf<'room-ended'>, now: number): Moved | null {
  return event.room === roomOf(call) ? end(call, 'answered', now, { hangUpCaller: true }) : null;
}

/** Who accepted is with the caller for certain: the others are told that the call is taken. */
function letOthersGo(call: Call): Moved | null {
  return asked(call).length === 0 ? null : certain(call);
}

/** The same, whether there are others or not: somebody who says what to do with the call is there. */
export function certain(call: Call): Moved {
  const others = asked(call);
  return { call: endLegs({ ...call, provenAt: null }, others, 'withdrawn'), effects: letGo(others) };
}

/** The caller and the agent never met: the next in line has the caller, or the others are asked on. */
function waitAgain(call: Call, now: number): Moved {
  const { call: alone, effects: hangUps } = dismissSupervisors(call);
  const lost = call.legs.find(({ id }) => id === call.bridgedLegId);
  const room = call.room + 1;
  // Somebody had the caller for certain, and lost them on the way back into the room: that is a wait of its own.
  const waiting: Call =
    call.provenAt === null
      ? { ...queueAgain(alone, now, lost?.agentId ?? null), room }
      : {
          ...alone,
          state: 'waiting',
          room,
          bridgedLegId: null,
          bridgedAt: talkBefore(call, lost),
          provenAt: null,
          lostAt: null,
          isOnTheWay: false,
        };
  const told: CallEffect = { kind: 'tell', type: 'call.dropped', data: { agentId: lost?.agentId, legId: lost?.id } };
  const next = asked(waiting)
    .filter(({ state }) => state === 'standby')
    .sort((one, other) => (one.acceptedAt ?? 0) - (other.acceptedAt ?? 0))[0];
  if (next === undefined) {
    const limit = call.provenAt === null ? [waitTimer(waiting)] : [];
    return ringMore(waiting, [told, ...hangUps, { kind: 'instruct-caller' }, ...limit], now);
  }
  const { call: bridged, effects } = bridgeWith(waiting, next, now);
  const order: CallEffect[] = call.waitsOutside ? [] : [{ kind: 'instruct-caller' }];
  return { call: bridged, effects: [told, ...hangUps, ...tellLegs([next]), ...order, ...effects] };
}

/** Since when the caller has talked with somebody before the one who was lost; null: they have not. */
function talkBefore({ bridgedAt }: Call, lost: Leg | undefined): number | null {
  return bridgedAt !== null && bridgedAt < (lost?.acceptedAt ?? 0) ? bridgedAt : null;
}
