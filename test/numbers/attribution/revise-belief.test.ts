/** What later facts make of a belief, in whatever order they come. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideCredit, type Weighed } from '../../../src/numbers/attribution/decide-credit.ts';
import {
  type Considered,
  type Fact,
  isRepeated,
  knownVisit,
  type Noted,
  reviseBelief,
} from '../../../src/numbers/attribution/revise-belief.ts';
import type { VisitId } from '../../../src/ports/ids.ts';

const [ada, bob, cy, dee] = ['ada', 'bob', 'cy', 'dee'] as unknown as [VisitId, VisitId, VisitId, VisitId];

function belief(shares: Readonly<Record<string, number>>, nobody = 0.1): Weighed<Considered> {
  const candidates = Object.entries(shares).map(([visitId, probability]) => ({
    visitId: visitId as VisitId,
    leaseId: null,
    probability,
    terms: { intent: 0.01 },
  }));
  const named = candidates.reduce((sum, { probability }) => sum + probability, nobody);
  return { candidates, nobody, others: 1 - named };
}

const even = belief({ ada: 0.4, bob: 0.35 });
const at = (minute: number, fact: Fact): Noted => ({ fact, at: minute * 60_000 });
const answer = (chosen: number | null, { sure = false, offered = [[ada], [bob], [cy]] } = {}): Fact => ({
  kind: 'answer',
  offered,
  chosen,
  sure,
});
const known = (visitId: VisitId): Fact => ({ kind: 'known', visitId });
const shareOf = (weighed: Weighed<Considered>, visit: VisitId) =>
  weighed.candidates.find(({ visitId }) => visitId === visit)?.probability ?? 0;

describe('a belief', () => {
  test('without facts stays as it is', () => {
    expect(reviseBelief(even, [])).toBe(even);
  });

  test('is made likely by an agent’s answer, and never certain', () => {
    const after = reviseBelief(even, [at(1, answer(1))]);
    expect(shareOf(after, bob)).toBeGreaterThan(0.9);
    expect(shareOf(after, bob)).toBeLessThan(0.99);
    expect(knownVisit([at(1, answer(1))])).toBeNull();
  });

  test('is certain when the agent knows, a code was keyed or the purchase was made on the call', () => {
    for (const fact of [answer(1, { sure: true }), known(bob)]) {
      const after = reviseBelief(even, [at(1, fact)]);
      expect(after).toMatchObject({ candidates: [{ visitId: bob, probability: 1 }], nobody: 0, others: 0 });
      expect(knownVisit([at(1, fact)])).toBe(bob);
    }
  });

  test('takes in a visit nobody thought of, when that is certain', () => {
    expect(reviseBelief(even, [at(1, known(dee))]).candidates).toMatchObject([{ visitId: dee, probability: 1 }]);
    expect(reviseBelief(belief({}, 1), [at(1, known(dee))]).candidates).toMatchObject([
      { visitId: dee, probability: 1 },
    ]);
  });

  test('turns to the others and to nobody after "none of these"', () => {
    const after = reviseBelief(even, [at(1, answer(null))]);
    expect(shareOf(after, ada) + shareOf(after, bob)).toBeLessThan(0.15);
    expect(after.nobody).toBeGreaterThan(0.3);
    const sure = reviseBelief(belief({ ada: 0.6, bob: 0.4 }, 0), [at(1, answer(null, { sure: true }))]);
    expect(decideCredit(sure, 0.6)).toEqual({ decision: 'nobody', visitId: null, probability: 1 });
  });

  test('cannot tell apart visits that look alike through the mask', () => {
    const after = reviseBelief(even, [at(1, answer(0, { sure: true, offered: [[ada, bob], [cy]] }))]);
    expect(shareOf(after, ada) / shareOf(after, bob)).toBeCloseTo(0.4 / 0.35, 6);
    expect(shareOf(after, ada) + shareOf(after, bob)).toBeCloseTo(1, 6);
    expect(knownVisit([at(1, answer(0, { sure: true, offered: [[ada, bob]] }))])).toBeNull();
  });

  test('is moved by a purchase, and two move it further', () => {
    const once = shareOf(reviseBelief(even, [at(1, { kind: 'purchase', visitId: bob })]), bob);
    const twice = shareOf(
      reviseBelief(even, [at(1, { kind: 'purchase', visitId: bob }), at(2, { kind: 'purchase', visitId: bob })]),
      bob,
    );
    expect([once > 0.7, twice > once, twice < 1]).toEqual([true, true, true]);
  });
});

describe('of facts that contradict each other', () => {
  test('the later answer stands', () => {
    const both = reviseBelief(even, [at(1, answer(0)), at(2, answer(1))]);
    expect(shareOf(both, bob)).toBeCloseTo(shareOf(reviseBelief(even, [at(1, answer(1))]), bob), 9);
  });

  test('the later certainty stands, whichever was heard first', () => {
    const facts = [at(2, known(bob)), at(1, known(ada))];
    expect(reviseBelief(even, facts).candidates).toMatchObject([{ visitId: bob, probability: 1 }]);
    expect(knownVisit(facts)).toBe(bob);
  });

  test('what is sure outranks what the caller said, before or after', () => {
    for (const facts of [
      [at(1, known(ada)), at(2, answer(1))],
      [at(1, answer(1)), at(2, known(ada))],
    ]) {
      expect(reviseBelief(even, facts).candidates).toMatchObject([{ visitId: ada, probability: 1 }]);
    }
  });

  test('"none of these" is dropped by a later choice among them, and drops an earlier one', () => {
    const chosen = reviseBelief(even, [at(1, answer(null)), at(2, answer(0))]);
    expect(shareOf(chosen, ada)).toBeGreaterThan(0.9);
    const denied = reviseBelief(even, [at(1, answer(0)), at(2, answer(null))]);
    expect(shareOf(denied, ada)).toBeLessThan(0.1);
  });
});

test('the same said last is a repetition; the same said before something else is not', () => {
  expect(isRepeated(answer(0), [at(1, answer(0))])).toBe(true);
  expect(isRepeated(answer(0), [at(1, answer(0)), at(2, answer(1))])).toBe(false);
  expect(isRepeated(known(ada), [at(1, known(ada)), at(2, { kind: 'purchase', visitId: ada })])).toBe(true);
  expect(isRepeated(known(ada), [])).toBe(false);
});

test('any facts in any order give one belief, whose probabilities add up to 1', () => {
  const visit = fc.constantFrom(ada, bob, cy, dee);
  const fact: fc.Arbitrary<Fact> = fc.oneof(
    fc.record({ kind: fc.constant('known' as const), visitId: visit }),
    fc.record({ kind: fc.constant('purchase' as const), visitId: visit }),
    fc.record({
      kind: fc.constant('answer' as const),
      offered: fc.constantFrom([[ada], [bob]], [[ada, bob], [cy]], [[dee]]),
      chosen: fc.constantFrom(0, null),
      sure: fc.boolean(),
    }),
  );
  const noted = fc
    .array(fact, { maxLength: 6 })
    .map((facts) => facts.map((one, minute) => at(minute, one)))
    .chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })));
  fc.assert(
    fc.property(noted, ([facts, shuffled]) => {
      const [one, other] = [reviseBelief(even, facts), reviseBelief(even, shuffled)];
      const sum = one.candidates.reduce((total, { probability }) => total + probability, one.nobody + one.others);
      expect(sum).toBeCloseTo(1, 9);
      expect(other.candidates.map(({ visitId }) => visitId)).toEqual(one.candidates.map(({ visitId }) => visitId));
      expect(other.nobody).toBeCloseTo(one.nobody, 9);
      const shares = one.candidates.map(({ probability }) => probability);
      expect(shares).toEqual(shares.toSorted((left, right) => right - left));
    }),
  );
});

test('a contact is credited from the threshold on, and nobody’s when nobody is likelier than any visit', () => {
  expect(decideCredit(belief({ ada: 0.6 }), 0.6)).toEqual({ decision: 'credited', visitId: ada, probability: 0.6 });
  expect(decideCredit(belief({ ada: 0.59 }), 0.6)).toEqual({ decision: 'ambiguous', visitId: null, probability: 0.59 });
  expect(decideCredit(belief({ ada: 0.45 }, 0.5), 0.6)).toEqual({
    decision: 'nobody',
    visitId: null,
    probability: 0.5,
  });
  expect(decideCredit(belief({}, 1), 0.6)).toEqual({ decision: 'nobody', visitId: null, probability: 1 });
});
