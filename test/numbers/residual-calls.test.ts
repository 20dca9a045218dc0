/** A number is given up only when nobody calls it any more, nobody sees it and nobody is expected to call. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultPolicy } from '../../src/numbers/pool-policy.ts';
import { type NumberTraffic, residualCalls } from '../../src/numbers/residual-calls.ts';

const now = Date.UTC(2026, 4, 4);
const dayHours = 24;
const quiet: NumberTraffic = {
  callsSeen: 0,
  lastCallAt: null,
  leasesEndedAt: null,
  endedLeases: [],
  callsKnown: 0,
};
const weigh = (traffic: Partial<NumberTraffic>) => residualCalls({ ...quiet, ...traffic }, defaultPolicy.release, now);

test('a number that was never leased nor called may go', () => {
  expect(weigh({})).toEqual({
    releasable: true,
    reasons: [],
    callsSeen: 0,
    lastCallAt: null,
    leasesEndedAt: null,
    expectedCalls: 0,
  });
});

test('one call in the quiet days keeps it, and the reason says how many and when', () => {
  const lastCallAt = now - 3_600_000;
  const { releasable, reasons } = weigh({ callsSeen: 1, lastCallAt });
  expect(releasable).toBe(false);
  expect(reasons).toEqual(['calls or texts in the last 7 days: 1, the last at 2026-05-03T23:00:00.000Z; at most 0']);
});

test('a visitor who sees it keeps it', () => {
  expect(weigh({ leasesEndedAt: now + 60_000 }).reasons).toEqual([
    'a visitor sees it until 2026-05-04T00:01:00.000Z: rest it first',
  ]);
});

test('leases that ended lately keep a number that is called, though nobody has called this week', () => {
  const endedLeases = [{ hoursAgo: 1, leases: 300 }];
  const { releasable, expectedCalls, reasons } = weigh({
    endedLeases,
    callsKnown: 10,
    leasesEndedAt: now - 3_600_000,
  });
  expect(releasable).toBe(false);
  expect(expectedCalls).toBeGreaterThan(0.5);
  expect(reasons[0]).toMatch(/calls of past holders expected in the next 7 days \(last lease ended at 2026-05-03T23/);
});

test('the same leases let it go when they are three weeks old', () => {
  expect(weigh({ endedLeases: [{ hoursAgo: 21 * dayHours, leases: 300 }] }).releasable).toBe(true);
});

test('the published curve holds: of the calls to come after a visit, 56 % come within an hour and 81 % within five', () => {
  const expectedWithin = (quietDays: number) => {
    const traffic = { ...quiet, endedLeases: [{ hoursAgo: 0, leases: 1_000_000 }], callsKnown: 1_000_000 };
    return residualCalls(traffic, { ...defaultPolicy.release, quietDays }, now).expectedCalls / 1_000_000;
  };
  expect(expectedWithin(1 / dayHours)).toBeCloseTo(0.56, 2);
  expect(expectedWithin(5 / dayHours)).toBeCloseTo(0.81, 2);
});

test('fewer calls are expected the longer ago the leases ended, and never less than none', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(700), fc.nat(700), fc.nat(200), (leases, hours, more, callsKnown) => {
      const later = weigh({ endedLeases: [{ hoursAgo: hours + more, leases }], callsKnown }).expectedCalls;
      const sooner = weigh({ endedLeases: [{ hoursAgo: hours, leases }], callsKnown }).expectedCalls;
      expect(later).toBeGreaterThanOrEqual(0);
      expect(later).toBeLessThanOrEqual(sooner + 1e-9);
    }),
  );
});
