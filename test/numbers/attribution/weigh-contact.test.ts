/** Which holders of a number a contact's belief names. */
import { expect, test } from 'vitest';
import type { CallModel } from '../../../src/numbers/attribution/call-model.ts';
import { type Holder, weighContact } from '../../../src/numbers/attribution/weigh-contact.ts';
import type { VisitId } from '../../../src/ports/ids.ts';

/** Visits call by how long they were looked at, and as often soon after as later. */
const model: CallModel = {
  callsAfter: (engagedSeconds) => 0.001 * (1 + engagedSeconds),
  liveRate: () => 1e-4,
  delayDensity: () => 1e-4,
  tapShare: 0.5,
  tapRate: 1e-3,
  homeShare: 0.6,
  regionShare: () => 0.02,
  strangerRate: 1e-9,
  repeatRate: () => 1e-6,
};
const at = Date.parse('2026-03-02T12:00:00Z');

function holder(name: string, secondsAgo: number, engagedSeconds: number): Holder {
  const lastSeenAt = at - secondsAgo * 1_000;
  return {
    visitId: `visit_${name}` as VisitId,
    leaseId: null,
    visitorId: null,
    shownAt: lastSeenAt - engagedSeconds * 1_000,
    lastSeenAt,
    live: false,
    tappedAt: null,
    engagedSeconds,
    pages: 1,
    region: null,
    contacted: 0,
  };
}

const earlier = Array.from({ length: 30 }, (_, index) => holder(`earlier${index}`, 60 + index, 2));
const nameOf = ({ visitId }: { visitId: VisitId }) => visitId;

test('who saw the number last is named, however many were keener', () => {
  const { candidates, nobody, others } = weighContact(
    [...earlier, holder('last', 2, 0)],
    { at, region: null, bond: null },
    model,
  );
  expect(candidates).toHaveLength(20);
  expect(candidates.map(nameOf).at(-1)).toBe('visit_last');
  const shares = candidates.map(({ probability }) => probability);
  expect(shares).toEqual([...shares].sort((left, right) => right - left));
  expect(shares.reduce((sum, share) => sum + share, nobody + others)).toBeCloseTo(1);
});

test('one that can hardly have been it is not named for that', () => {
  const bond = {
    at: at - 1_000_000,
    nobody: 0,
    believed: [{ visitId: nameOf(holder('first', 0, 0)), visitorId: 'v', probability: 1 }],
  };
  const { candidates } = weighContact([...earlier, holder('last', 2, 0)], { at, region: null, bond }, model);
  expect(candidates.map(nameOf)).toEqual(['visit_first']);
});

test('a keen one that saw it last stands where its probability puts it', () => {
  const { candidates } = weighContact([...earlier, holder('last', 2, 500)], { at, region: null, bond: null }, model);
  expect(candidates.map(nameOf)[0]).toBe('visit_last');
  expect(candidates).toHaveLength(20);
});
