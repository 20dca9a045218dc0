/**
 * What a step of the call machine answers, and the small moves that steps are made of: one leg changed, one leg ended,
 * legs let go. Pure; no step writes into what it was given.
 */
import { limits } from '../../config/limits.ts';
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

/** A phone to be rung for the call, and how it is. */
export function newLeg(leg: Pick<Leg, 'id' | 'role' | 'agentId' | 'to'> & Partial<Leg>): Leg {
  return { state: 'dialling', carrierCallId: null, acceptedAt: null, hears: null, ending: null, ...leg };
}

/** Rings a leg that the call has, and arms a timer of ours: the carrier's own may never be heard of. */
export function dialled(call: Call, legId: LegId, now: number): CallEffect[] {
  const patienceMs = call.state === 'preparing' ? limits.outboundDialPatienceMs : 0;
  const dueAt = now + patienceMs + call.plan.ringTimeoutMs + call.plan.acceptTimeoutMs + limits.legTimerSlackMs;
  return [
    { kind: 'dial-leg', legId },
    { kind: 'set-timer', timer: 'ring', legId, dueAt },
  ];
}

/** These legs, standing elsewhere. */
export function standAs(call: Call, legs: readonly Leg[], state: Leg['state']): Call {
  const ids = new Set(legs.map(({ id }) => id));
  return { ...call, legs: call.legs.map((leg) => (ids.has(leg.id) ? { ...leg, state } : leg)) };
}

/** Each of these legs is told what it does now. */
export function tellLegs(legs: readonly Leg[]): CallEffect[] {
  return legs.map(({ id: legId }) => ({ kind: 'instruct-leg', legId }));
}

/** A phone did not take the call: the agent's offer is settled. */
export function offerSettled(leg: Leg, reason: LegEnding): CallEffect[] {
  if (!hasOffer(leg)) return [];
  const declined = reason === 'declined' || reason === 'busy' || leg.state === 'answered';
  return [{ kind: 'settle-offer', legId: leg.id, as: declined ? 'declined' : 'missed' }];
}

/** Withdraws the offers of these legs: who has picked up is told, a phone that rings is silenced. */
export function letGo(legs: readonly Leg[]): CallEffect[] {
  return legs.flatMap((leg): CallEffect[] => [
    ...(hasOffer(leg) ? [{ kind: 'settle-offer', legId: leg.id, as: 'withdrawn' } as const] : []),
    { kind: hasPickedUp(leg) ? 'instruct-leg' : 'hang-up-leg', legId: leg.id },
  ]);
}

/** Whether the leg has a part in the talk, so that its agent is engaged. */
export function isOnCall({ state }: Leg): boolean {
  return state === 'bridged' || state === 'parked' || state === 'consulting';
}

/** Those with a part in the talk, the caller not counted; supervisors only hear it. */
export function talkers({ legs }: Pick<Call, 'legs'>): readonly Leg[] {
  return legs.filter((leg) => isOnCall(leg) && leg.role !== 'supervisor');
}

/** Agents are offered a call; others are simply rung. */
function hasOffer({ role, agentId }: Leg): boolean {
  return role === 'agent' && agentId !== null;
}

/** Takes a leg out of the talk; its agent has `wrapUpMs` for themselves. */
export function hangUpAndFree(leg: Leg, wrapUpMs: number): CallEffect[] {
  return [{ kind: 'hang-up-leg', legId: leg.id }, ...freed(leg, wrapUpMs)];
}

/** The agent of this leg is done with the call. */
export function freed(leg: Leg, wrapUpMs: number): CallEffect[] {
  const { id: legId, agentId } = leg;
  return agentId === null || !hasOffer(leg) ? [] : [{ kind: 'free-agent', agentId, legId, wrapUpMs }];
}

function hasPickedUp({ state }: Leg): boolean {
  return state === 'answered' || state === 'standby';
}

/** Agents, or an outside number, whose phone rings or who have not been given the call yet. */
export function asked({ legs }: Pick<Call, 'legs'>): readonly Leg[] {
  return legs.filter((leg) => isLive(leg) && leg.role !== 'supervisor' && !isOnCall(leg));
}
