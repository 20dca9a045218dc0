/**
 * Which number a visitor of a pool had last; those seen longest ago are forgotten first, half of all at once. To take the
 * single oldest off a map costs a walk past all that were taken off before.
 */
import type { Slot } from './lease-slot.ts';

interface Seen {
  readonly slot: Slot;
  readonly at: number;
}

/** Remembers the last `visitorsMin` visitors at least, and twice as many at most. */
export function createFormerNumbers(visitorsMin: number) {
  let recent = new Map<string, Seen>();
  let before = new Map<string, Seen>();
  return Object.freeze({
    find(visitorId: string, since: number): Slot | undefined {
      const found = recent.get(visitorId) ?? before.get(visitorId);
      return found !== undefined && found.at >= since ? found.slot : undefined;
    },
    note(visitorId: string, slot: Slot, at: number): void {
      recent.set(visitorId, { slot, at });
      if (recent.size < visitorsMin) return;
      before = recent;
      recent = new Map();
    },
  });
}
