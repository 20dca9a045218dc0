/** Which number a visitor of a pool had last; the ones seen longest ago are forgotten first. */
import type { Slot } from './lease-slot.ts';

export function createFormerNumbers(visitorsMax: number) {
  const seen = new Map<string, { slot: Slot; at: number }>();
  return Object.freeze({
    find(visitorId: string, since: number): Slot | undefined {
      const found = seen.get(visitorId);
      return found !== undefined && found.at >= since ? found.slot : undefined;
    },
    note(visitorId: string, slot: Slot, at: number): void {
      seen.delete(visitorId);
      seen.set(visitorId, { slot, at });
      if (seen.size <= visitorsMax) return;
      const oldest = seen.keys().next();
      if (oldest.done !== true) seen.delete(oldest.value);
    },
  });
}
