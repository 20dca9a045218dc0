/**
 * What a step of the call machine answers, and the small moves that steps are made of: one leg changed, one leg ended,
 * legs let go. Pure; no step writes into what it was given.
 */
import type { LegId } from '../ports/ids.ts';
import { type Call, type CallEffect, type CallEvent, isLive, type Leg, type LegEnding, legOf } from './call.ts';

/** The next call and what must be done. */
export interface Moved {
  readonly call: Call;
  readonly effects: readonly CallEffect[];
}

/** The event of one type. */
export type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** The call with one leg changed; null when there is no such leg, or the change is none. */
export function changeLeg(call: Call, legId: LegId, change: (leg: Leg) => Leg | null): Moved | null {
  const leg = legOf(call, legId);
  const changed = leg === undefined ? null : change(leg);
  if (changed === null) return null;
  return { call: { ...call, legs: call.legs.map((other) => (other.id === legId ? changed : other)) }, effects: [] };
}

/** The call with these legs ended. */
export function endLegs(call: Call, legs: readonly Leg[], ending: LegEnding): Call {
  const ids = new Set(legs.map(({ id }) => id));
  return { ...call, legs: call.legs.map((leg) => (ids.has(leg.id) ? { ...leg, state: 'ended', ending } : leg)) };
}

/** The same, one leg. */
export function endLeg(call: Call, leg: Leg, ending: LegEnding): Call {
  return endLegs(call, [leg], ending);
}

/** An agent's phone did not take the call: their offer is settled. */
export function offerSettled(leg: Leg, reason: LegEnding): CallEffect[] {
  if (leg.agentId === null) return [];
  const declined = reason === 'declined' || reason === 'busy' || leg.state === 'answered';
  return [{ kind: 'settle-offer', legId: leg.id, as: declined ? 'declined' : 'missed' }];
}

/** Withdraws the offers of these legs: who has picked up is told, a phone that rings is silenced. */
export function letGo(legs: readonly Leg[]): CallEffect[] {
  return legs.flatMap((leg): CallEffect[] => [
    { kind: 'settle-offer', legId: leg.id, as: 'withdrawn' },
    { kind: hasPickedUp(leg) ? 'instruct-leg' : 'hang-up-leg', legId: leg.id },
  ]);
}

/** Whether the leg has a part in the talk, so that its agent is engaged. */
export function isOnCall({ state }: Leg): boolean {
  return state === 'bridged';
}

/** Takes a leg out of the talk; its agent has `wrapUpMs` for themselves. */
export function hangUpAndFree(leg: Leg, wrapUpMs: number): CallEffect[] {
  const { id: legId, agentId } = leg;
  const free: CallEffect[] = agentId === null ? [] : [{ kind: 'free-agent', agentId, legId, wrapUpMs }];
  return [{ kind: 'hang-up-leg', legId }, ...free];
}

function hasPickedUp({ state }: Leg): boolean {
  return state === 'answered' || state === 'standby';
}

/** Agents whose phone rings, or who have not been given the call yet. */
export function askedAgents({ legs }: Pick<Call, 'legs'>): readonly Leg[] {
  return legs.filter((leg) => isLive(leg) && leg.role === 'agent' && !isOnCall(leg));
}
