/** On which number of a pool a visit beats: its own, or the one that it shares with a later visit of its visitor. */
import type { VisitId } from '../ports/ids.ts';
import type { Slot } from './lease-slot.ts';

export function createVisitSlots() {
  const byVisit = new Map<VisitId, Slot>();

  function part(visitId: VisitId, slot: Slot): void {
    if (byVisit.get(visitId) === slot) byVisit.delete(visitId);
  }

  return Object.freeze({
    find: (visitId: VisitId): Slot | undefined => byVisit.get(visitId),

    put: (visitId: VisitId, slot: Slot): void => void byVisit.set(visitId, slot),

    share(slot: Slot, sharers: readonly VisitId[]): void {
      slot.sharers = sharers;
      for (const sharer of sharers) byVisit.set(sharer, slot);
    },

    /** Its visits beat on it no more; one that has another number by now goes on with that. */
    letGo(slot: Slot): void {
      if (slot.lease !== null) part(slot.lease.visitId, slot);
      if (slot.sharers.length === 0) return;
      for (const sharer of slot.sharers) part(sharer, slot);
      slot.sharers = [];
    },
  });
}
