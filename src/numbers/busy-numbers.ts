/**
 * The numbers of a pool that are leased or rest, by the instant at which they are looked at again. Entries are not moved:
 * a number has one that counts, and one that it had before is dropped when it comes up.
 */
import type { BusyEntry, Slot } from './lease-slot.ts';
import { createRisingQueue } from './rising-queue.ts';

export function createBusyNumbers() {
  const queue = createRisingQueue<BusyEntry>((left, right) => left.at - right.at);
  return Object.freeze({
    /** From now on the number is looked at when it is free; an entry made before counts no more. */
    add(slot: Slot): void {
      slot.queued = { at: slot.freeAt, slot };
      queue.push(slot.queued);
    },

    /** Takes the first number whose instant has come. */
    takeDue(now: number): Slot | undefined {
      for (let next = queue.peek(); next !== undefined && next.at <= now; next = queue.peek()) {
        queue.pop();
        const { slot } = next;
        if (slot.queued !== next) continue;
        slot.queued = null;
        return slot;
      }
      return undefined;
    },
  });
}
