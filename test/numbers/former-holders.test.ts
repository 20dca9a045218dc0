/** Who counts as a former holder of a number when the next one is chosen: the same as in the scripts of the Redis book. */
import { expect, test } from 'vitest';
import type { GrantWish } from '../../src/numbers/lease-book.ts';
import { createLeaseLedger } from '../../src/numbers/lease-ledger.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { LeaseId, NumberId, VisitId } from '../../src/ports/ids.ts';

const terms = { holdMs: 1_000, leaseMs: 1_000, restMs: 0, stickyMs: 60_000 };
const hourMs = 3_600_000;

/** A pool of one number, and visits that are granted it one after the other. */
function setUp() {
  const ledger = createLeaseLedger({ visitorsMax: 10 });
  ledger.setNumbers([{ id: 'num_1' as NumberId, e164: '+15035550101' as E164, group: 'a' }], 0);
  let visits = 0;
  return (now: number, trait: string | null, visitorId: string | null = null) => {
    visits += 1;
    const [visitId, leaseId] = [`visit_${visits}` as VisitId, `lease_${visits}` as LeaseId];
    const wish: GrantWish = { visitId, visitorId, leaseId, groups: null, trait, terms };
    const given = ledger.grant(wish, now);
    if (given.kind !== 'granted') throw new Error(given.kind);
    return given.slot.former.map((former) => former.trait);
  };
}

test('holders of whom nothing is known push nobody out', () => {
  const grant = setUp();
  grant(0, 'US-OR');
  for (let hour = 1; hour <= 40; hour += 1) grant(hour * hourMs, null);
  expect(grant(41 * hourMs, 'US-NY')).toEqual(['US-OR']);
});

test('only the last few are kept', () => {
  const grant = setUp();
  const traits = Array.from({ length: 40 }, (_, hour) => `US-${hour}`);
  for (const [hour, trait] of traits.entries()) grant(hour * hourMs, trait);
  expect(grant(40 * hourMs, 'US-OR')).toEqual(traits.slice(-16));
});

test('a visitor who comes again meanwhile is one holder, not two', () => {
  const grant = setUp();
  grant(0, 'US-OR', 'visitor');
  expect(grant(500, 'US-OR', 'visitor')).toEqual([]);
  expect(grant(hourMs, 'US-NY')).toEqual(['US-OR']);
});
