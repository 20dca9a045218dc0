/** How many leases of a pool an address holds at once: what keeps a bot from emptying it. Kept in memory only. */
import { liveLease, type Slot } from './lease-slot.ts';

export function createAddressLeases() {
  const held = new Map<string, Slot[]>();

  function live(address: string, now: number): Slot[] {
    return (held.get(address) ?? []).filter((slot) => slot.address === address && liveLease(slot, now) !== null);
  }

  return Object.freeze({
    count: (address: string, now: number): number => (held.has(address) ? live(address, now).length : 0),

    /** The slot has a new holder at this address, or none at all. */
    set(slot: Slot, address: string | null, now: number): void {
      const before = slot.address;
      slot.address = address;
      if (before !== null && before !== address) keep(before, live(before, now));
      if (address === null) return;
      if (held.has(address)) keep(address, [...live(address, now).filter((other) => other !== slot), slot]);
      else held.set(address, [slot]);
    },
  });

  function keep(address: string, slots: Slot[]): void {
    if (slots.length === 0) held.delete(address);
    else held.set(address, slots);
  }
}
