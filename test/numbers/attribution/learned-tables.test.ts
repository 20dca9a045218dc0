/** What is learned survives the record: the tables make the same model again, and counted days add up. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addExposures, exposureFromJson, exposureOf } from '../../../src/numbers/attribution/exposure.ts';
import { fitHabits } from '../../../src/numbers/attribution/fit-habits.ts';
import { countVisit, noHabits } from '../../../src/numbers/attribution/habits.ts';
import { learnModel } from '../../../src/numbers/attribution/learned-model.ts';
import { figuresOf, reliabilityOf } from '../../../src/numbers/attribution/model-figures.ts';
import { ratesFromJson, tablesOf } from '../../../src/numbers/attribution/rates-json.ts';
import { sayTerms } from '../../../src/numbers/attribution/say-terms.ts';

const visit = fc.record({
  engagedSeconds: fc.integer({ min: 0, max: 4_000 }),
  pages: fc.integer({ min: 1, max: 30 }),
  visits: fc.integer({ min: 1, max: 5 }),
});

test('a day of visits counted by kind is the same as counted one by one', () => {
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 20 }), (alike) => {
      const habits = noHabits();
      for (const { engagedSeconds, pages, visits } of alike) {
        for (let one = 0; one < visits; one += 1) countVisit(habits, { engagedSeconds, pages, region: null, taps: 0 });
      }
      const day = exposureOf({ alike, regions: { 'US-OR': 3 }, taps: 2, numberSeconds: 10 });
      expect(day.ended).toEqual(habits.ended);
      for (const [cell, seconds] of day.liveSeconds.entries())
        expect(seconds).toBeCloseTo(habits.liveSeconds[cell] ?? 0, 6);
      const kept = exposureFromJson(JSON.parse(JSON.stringify(day)));
      const sum = addExposures(
        kept === null
          ? []
          : [
              { exposure: kept, weight: 1 },
              { exposure: kept, weight: 0.5 },
            ],
      );
      expect(sum).toMatchObject({ taps: 3, numberSeconds: 15, visitRegions: { 'US-OR': 4.5 } });
    }),
    { numRuns: 50 },
  );
});

test('rates are the same after they were kept', () => {
  const exposure = addExposures([
    {
      exposure: exposureOf({
        alike: [
          { engagedSeconds: 200, pages: 4, visits: 900 },
          { engagedSeconds: 9, pages: 1, visits: 5_000 },
        ],
        regions: { 'US-OR': 700, 'US-NY': 90 },
        taps: 12,
        numberSeconds: 9e6,
      }),
      weight: 1,
    },
  ]);
  const trace = { after: [900, 1, 1_500, 3], live: [], region: 'US-OR', repeat: null, shown: true, confirmed: null };
  const rates = fitHabits(exposure, [{ trace, weight: 1 }], learnModel(noHabits()), 3);
  const again = ratesFromJson(JSON.parse(JSON.stringify(tablesOf(rates, ['US-OR', 'US-NY']))));
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3e6, noNaN: true }), fc.integer({ min: 1, max: 40 }), (seconds, pages) => {
      expect(again.callsAfter(seconds, pages)).toBe(rates.callsAfter(seconds, pages));
      expect(again.liveRate(seconds, pages)).toBe(rates.liveRate(seconds, pages));
      expect(again.delayDensity(seconds, pages * 30)).toBe(rates.delayDensity(seconds, pages * 30));
      expect(again.repeatRate(seconds)).toBe(rates.repeatRate(seconds));
    }),
  );
  for (const region of ['US-OR', 'US-NY', 'DE', '']) expect(again.regionShare(region)).toBe(rates.regionShare(region));
  for (const name of ['tapShare', 'tapRate', 'homeShare', 'strangerRate', 'repeatShare'] as const)
    expect(again[name]).toBe(rates[name]);
});

test('tables of another shape are refused', () => {
  expect(() => ratesFromJson({})).toThrow();
  expect(exposureFromJson({ ended: [1] })).toBeNull();
});

test('the figures of what is usual are those of the published curve', () => {
  const { callsWithin, strangersPerNumberAndDay } = figuresOf(learnModel(noHabits()), noHabits());
  expect(callsWithin.oneHour).toBeCloseTo(0.56, 1);
  expect(callsWithin.fiveHours).toBeCloseTo(0.81, 1);
  expect(strangersPerNumberAndDay).toBeCloseTo(0.1, 2);
});

test('reliability sets what was foretold beside what came true, in ten bins', () => {
  const rows = reliabilityOf([
    { probability: 0.95, right: true },
    { probability: 0.91, right: false },
    { probability: 1, right: true },
    { probability: 0.2, right: false },
  ]);
  expect(rows).toHaveLength(10);
  expect(rows[9]).toEqual({ from: 0.9, to: 1, contacts: 3, foretold: 0.953, right: 0.667 });
  expect(rows[2]).toMatchObject({ contacts: 1, foretold: 0.2, right: 0 });
  expect(rows[5]).toMatchObject({ contacts: 0, foretold: null, right: null });
});

test('every term of a weight has words, and an unknown one none', () => {
  const terms = { intent: 0.02, delayPerHour: 0.5, tap: 1, region: 12, contacted: 0.1, sameVisitor: 1, repeat: 0.4 };
  expect(sayTerms(terms).every(({ says }) => says.length > 10)).toBe(true);
  expect(sayTerms({ recency: 0.5 })).toEqual([{ name: 'recency', factor: 0.5, says: '' }]);
});
