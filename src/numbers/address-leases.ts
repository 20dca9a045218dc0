/** How many leases of a pool an address holds at once: what keeps a bot from emptying it. Kept in memory only. */
import { liveLease, type Slot } from './lease-slot.ts';

export function createAddressLeases() {
  const held = new Map<string, Slot[]>();

  function live(slots: readonly Slot[], address: string, now: number): Slot[] {
    return slots.filter((slot) => slot.address === address && liveLease(slot, now) !== null);
  }

  function leave(slot: Slot, address: string, now: number): void {
    const slots = held.get(address);
    if (slots === undefined) return;
    const others = slots.length === 1 && slots[0] === slot ? [] : live(slots, address, now);
    if (others.length === 0) held.delete(address);
    else held.set(address, others);
  }

  return Object.freeze({
    count(address: string, now: number): number {
      const slots = held.get(address);
      return slots === undefined ? 0 : live(slots, address, now).length;
    },

    /** The slot has a new holder at this address, or none at all. */
    set(slot: Slot, address: string | null, now: number): void {
      const before = slot.address;
      slot.address = address;
      if (before !== null && before !== address) leave(slot, before, now);
      if (address === null) return;
      const slots = held.get(address);
      if (slots === undefined) held.set(address, [slot]);
      else held.set(address, [...live(slots, address, now).filter((other) => other !== slot), slot]);
    },
  });
}
