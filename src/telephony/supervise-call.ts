/**
 * Somebody listens to a call, speaks into the agent's ear, or talks to both. A supervisor's phone is rung like any other
 * and joins by pressing 1, so that an answering machine never does; they are parked whenever the caller is.
 */
import { type Call, isLive, type Leg, legOf } from './call.ts';
import {
  changeLeg,
  dialled,
  type EventOf,
  endLeg,
  endLegs,
  isOnCall,
  type Moved,
  newLeg,
  standAs,
  tellLegs,
} from './moved.ts';

/** A supervisor's phone is to be rung. */
export function askSupervisor(call: Call, event: EventOf<'supervision-asked'>, now: number): Moved | null {
  if (call.lostAt !== null || legOf(call, event.legId) !== undefined) return null;
  const { legId: id, agentId, to, hears } = event;
  const asked: Call = { ...call, legs: [...call.legs, newLeg({ id, role: 'supervisor', agentId, to, hears })] };
  return { call: asked, effects: dialled(asked, id, now) };
}

/** Nobody is left to be listened to. */
export function dismissSupervisors(call: Call): Moved {
  const listeners = call.legs.filter((leg) => leg.role === 'supervisor' && isLive(leg));
  const hangUps = listeners.map(({ id: legId }) => ({ kind: 'hang-up-leg', legId }) as const);
  return { call: endLegs(call, listeners, 'completed'), effects: hangUps };
}

/** They pressed 1: they hear the call, or wait as long as the caller is elsewhere. */
export function joinSupervisor(call: Call, leg: Leg): Moved | null {
  if (!isLive(leg) || isOnCall(leg)) return null;
  const { id: legId, agentId, hears } = leg;
  const joined = standAs(call, [leg], call.state === 'bridged' ? 'bridged' : 'parked');
  return { call: joined, effects: [{ kind: 'tell', type: 'call.supervised', data: { legId, agentId, mode: hears } }] };
}

export function changeSupervision(call: Call, event: EventOf<'supervision-changed'>): Moved | null {
  const { legId, hears } = event;
  const changed = changeLeg(call, legId, (leg) =>
    leg.role === 'supervisor' && isLive(leg) && leg.hears !== hears ? { ...leg, hears } : null,
  );
  const leg = changed === null ? undefined : legOf(changed.call, legId);
  if (changed === null || leg === undefined || !isOnCall(leg)) return changed;
  const told = { kind: 'tell', type: 'call.supervised', data: { legId, agentId: leg.agentId, mode: hears } } as const;
  return { call: changed.call, effects: [...(leg.state === 'bridged' ? tellLegs([leg]) : []), told] };
}

export function endSupervision(call: Call, event: EventOf<'supervision-ended'>): Moved | null {
  const leg = legOf(call, event.legId);
  if (leg === undefined || !isLive(leg) || leg.role !== 'supervisor') return null;
  return { call: endLeg(call, leg, 'completed'), effects: [{ kind: 'hang-up-leg', legId: leg.id }] };
}
