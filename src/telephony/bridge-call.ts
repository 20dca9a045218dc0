/**
 * The first agent to accept has the caller. Pressing a key is not yet being in the room: a phone may drop between. So for
 * a moment (`limits.bridgeProofMs`) the others are kept, and whoever accepts late stands by. When the winner's leg ends
 * within it, a carrier that had joined the two says so at once, because the room has ended under the caller; when
 * nothing is said (`limits.bridgeLostMs`), they never met: the next in line has the caller, who heard music all the while.
 */
import { limits } from '../../config/limits.ts';
import { type Call, type CallEffect, isLive, type Leg, legOf, roomOf } from './call.ts';
import { end } from './call-endings.ts';
import { askedAgents, changeLeg, type EventOf, endLeg, endLegs, letGo, type Moved, offerSettled } from './moved.ts';
import { ringMore } from './ring-agents.ts';

/** An agent pressed 1 while the caller waits. */
export function bridge(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  const winner = legOf(call, event.legId);
  if (winner === undefined || !isLive(winner)) return null;
  return bridgeWith(call, winner, now);
}

function bridgeWith(call: Call, winner: Leg, now: number): Moved {
  const provenAt = now + limits.bridgeProofMs;
  const won: Leg = { ...winner, state: 'bridged', acceptedAt: winner.acceptedAt ?? now };
  const bridged: Call = {
    ...call,
    state: 'bridged',
    bridgedLegId: winner.id,
    bridgedAt: now,
    provenAt,
    lostAt: null,
    legs: call.legs.map((leg) => (leg.id === winner.id ? won : leg)),
  };
  const proof: CallEffect = { kind: 'set-timer', timer: 'proof', legId: null, dueAt: provenAt };
  return {
    call: bridged,
    effects: [
      { kind: 'settle-offer', legId: winner.id, as: 'accepted' },
      ...(askedAgents(bridged).length > 0 ? [proof] : []),
      { kind: 'tell', type: 'call.answered', data: { agentId: winner.agentId, waitedMs: now - call.startedAt } },
    ],
  };
}

/** Accepted a moment too late: they stand by as long as it is not certain that the first one has the caller. */
export function standBy(call: Call, event: EventOf<'leg-accepted'>, now: number): Moved | null {
  return changeLeg(call, event.legId, (leg) => {
    const isAsked = isLive(leg) && leg.state !== 'bridged' && leg.state !== 'standby';
    return isAsked ? { ...leg, state: 'standby', acceptedAt: now } : null;
  });
}

/** The agent who has the caller hung up, or one of those who are kept for a moment did. */
export function legEndedWhileBridged(call: Call, event: EventOf<'leg-ended'>, now: number): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg)) return null;
  if (leg.id !== call.bridgedLegId)
    return { call: endLeg(call, leg, event.reason), effects: offerSettled(leg, event.reason) };
  if (call.provenAt === null || now >= call.provenAt) return end(call, 'answered', now, { hangUpCaller: true });
  const lost: CallEffect = { kind: 'set-timer', timer: 'lost', legId: leg.id, dueAt: now + limits.bridgeLostMs };
  return { call: { ...endLeg(call, leg, event.reason), lostAt: now }, effects: [...freed(leg), lost] };
}

export function timerWhileBridged(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  switch (event.timer) {
    case 'life':
      return end(call, 'carrier-silent', now, { hangUpCaller: true });
    case 'proof':
      return call.lostAt === null ? letOthersGo(call) : null;
    case 'lost':
      return call.lostAt !== null && event.legId === call.bridgedLegId ? waitAgain(call, now) : null;
    case 'ring': {
      const leg = askedAgents(call).find(({ id, state }) => id === event.legId && state !== 'standby');
      if (leg === undefined) return null;
      const effects: CallEffect[] = [{ kind: 'hang-up-leg', legId: leg.id }, ...offerSettled(leg, 'no-answer')];
      return { call: endLeg(call, leg, 'no-answer'), effects };
    }
    default:
      return null;
  }
}

/** The room ended under the caller: they and the agent had met, and one of them has gone. */
export function roomEndedWhileBridged(call: Call, event: EventOf<'room-ended'>, now: number): Moved | null {
  return event.room === roomOf(call) ? end(call, 'answered', now, { hangUpCaller: true }) : null;
}

export function callerEndedWhileBridged(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'answered', now, { hangUpCaller: false });
}

/** Who accepted is with the caller: the others are told that the call is taken. */
function letOthersGo(call: Call): Moved | null {
  const others = askedAgents(call);
  if (others.length === 0) return null;
  return { call: endLegs({ ...call, provenAt: null }, others, 'withdrawn'), effects: letGo(others) };
}

/** The caller and the agent never met: the next in line has the caller, or the others are asked on. */
function waitAgain(call: Call, now: number): Moved {
  const waiting: Call = {
    ...call,
    state: 'waiting',
    room: call.room + 1,
    bridgedLegId: null,
    bridgedAt: null,
    provenAt: null,
    lostAt: null,
  };
  const lost = call.legs.find(({ id }) => id === call.bridgedLegId);
  const told: CallEffect = { kind: 'tell', type: 'call.dropped', data: { agentId: lost?.agentId, legId: lost?.id } };
  const next = askedAgents(waiting)
    .filter(({ state }) => state === 'standby')
    .sort((one, other) => (one.acceptedAt ?? 0) - (other.acceptedAt ?? 0))[0];
  if (next === undefined) return ringMore(waiting, [told, { kind: 'instruct-caller' }], now);
  const { call: bridged, effects } = bridgeWith(waiting, next, now);
  const moves: CallEffect[] = [{ kind: 'instruct-leg', legId: next.id }, { kind: 'instruct-caller' }];
  return { call: bridged, effects: [told, ...moves, ...effects] };
}

/** An agent who was lost on the way to the caller needs no time to wrap up. */
function freed(leg: Leg): CallEffect[] {
  return leg.agentId === null ? [] : [{ kind: 'free-agent', agentId: leg.agentId, legId: leg.id, wrapUpMs: 0 }];
}
