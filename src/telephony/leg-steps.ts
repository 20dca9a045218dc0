/**
 * What is heard of a leg on its way up: the carrier's id for it, that it rings, that somebody has picked up. True in
 * whatever order it comes; what comes late is old news.
 */
import type { LegId } from '../ports/ids.ts';
import { type Call, isLive, legOf } from './call.ts';
import { changeLeg, type EventOf, endLeg, isOnCall, type Moved, offerSettled } from './moved.ts';

/** The carrier's id of a leg, from its answer or its first callback. A leg nobody wants any more is hung up. */
export function noteDialled(call: Call, event: EventOf<'leg-dialled'>): Moved | null {
  const noted = changeLeg(call, event.legId, (leg) =>
    leg.carrierCallId === null ? { ...leg, carrierCallId: event.carrierCallId } : null,
  );
  const leg = legOf(call, event.legId);
  if (noted === null || leg === undefined || isLive(leg)) return noted;
  return { call: noted.call, effects: [{ kind: 'hang-up-leg', legId: leg.id }] };
}

export function noteRinging(call: Call, event: EventOf<'leg-ringing'>): Moved | null {
  return changeLeg(call, event.legId, (leg) => (leg.state === 'dialling' ? { ...leg, state: 'ringing' } : null));
}

export function noteAnswered(call: Call, event: EventOf<'leg-answered'>): Moved | null {
  return changeLeg(call, event.legId, (leg) =>
    leg.state === 'dialling' || leg.state === 'ringing' ? { ...leg, state: 'answered' } : null,
  );
}

/** The carrier has said nothing of a phone for as long as it may ring, or be asked: it is hung up. Null: it was answered. */
export function giveUpPhone(call: Call, legId: LegId | null): Moved | null {
  const leg = legId === null ? undefined : legOf(call, legId);
  if (leg === undefined || !isLive(leg) || isOnCall(leg) || leg.state === 'standby') return null;
  const hangUp = { kind: 'hang-up-leg', legId: leg.id } as const;
  return { call: endLeg(call, leg, 'no-answer'), effects: [hangUp, ...offerSettled(leg, 'no-answer')] };
}
