/** Replays of made-up traffic through the real lease ledger and the real attribution. */
import { expect, test } from 'vitest';
import { cellOf, cells, delayBins } from '../../src/numbers/attribution/bins.ts';
import type { CallModel } from '../../src/numbers/attribution/call-model.ts';
import { noHabits } from '../../src/numbers/attribution/habits.ts';
import { learnModel } from '../../src/numbers/attribution/learned-model.ts';
import { modelOfTables, scaleTables, tablesOf } from '../../src/numbers/replay/call-tables.ts';
import { carryOutPlan, type PlanOrder } from '../../src/numbers/replay/carry-out-plan.ts';
import { createChance } from '../../src/numbers/replay/chance.ts';
import { drawCalls, expectedOf } from '../../src/numbers/replay/draw-calls.ts';
import { newPlannedVisit, type PlannedVisit } from '../../src/numbers/replay/planned-visit.ts';
import { createVisitColumns, recordedVisits } from '../../src/numbers/replay/recorded-visits.ts';
import { createReplay, type Ring } from '../../src/numbers/replay/replay-traffic.ts';
import { createScoreSize } from '../../src/numbers/replay/score-size.ts';
import { syntheticVisits } from '../../src/numbers/replay/synthetic-visits.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const terms = { holdMs: 2 * minuteMs, leaseMs: 2 * minuteMs, restMs: minuteMs, stickyMs: 30 * dayMs };
const usual = learnModel(noHabits());
const regions = Array.from({ length: 10 }, (_, index) => String(index));
const habits = tablesOf(usual, regions);
const spec = {
  visitsPerHour: [40],
  engagedSecondsMean: 90,
  pagesMean: 2,
  callsPerVisit: 0.3,
  returningShare: 0.2,
  regions: 10,
  days: 4,
};

function order(more: Partial<PlanOrder> = {}): PlanOrder {
  return {
    traffic: { kind: 'synthetic', spec },
    habits,
    terms,
    hasShared: true,
    creditFrom: 0,
    present: 6,
    sizeMax: 200,
    targets: { correctMin: 0.7, overflowMax: 0.01 },
    costPerNumber: 1,
    seed: 3,
    ...more,
  };
}

const carryOut = (more: Partial<PlanOrder> = {}) => carryOutPlan(order(more), () => undefined);

const outOfReach = { correctMin: 0.999, overflowMax: 0 };

/** Scores any size on the same traffic. */
function scoring(more: { hasShared?: boolean; creditFrom?: number } = {}) {
  const visits = syntheticVisits(spec, createChance(3, 0));
  const expected = visits.reduce((sum, visit) => sum + expectedOf(visit, habits), 0);
  const tables = scaleTables(habits, (0.05 * visits.length) / expected);
  const draws = [1, 2, 3].map((draw) =>
    drawCalls(visits, tables, createChance(3, draw), { until: 4 * dayMs, keep: 1 }),
  );
  const world = { visits, draws, model: modelOfTables(tables), terms, hasShared: true, creditFrom: 0 };
  return createScoreSize({ ...world, ...more, countFrom: 12 * 3_600_000 });
}

function visit(index: number, startMinute: number, minutes: number, visitorId: string | null = null): PlannedVisit {
  const startsAt = startMinute * minuteMs;
  const endsAt = startsAt + minutes * minuteMs;
  return newPlannedVisit(index, { startsAt, endsAt, engagedSeconds: minutes * 60, pages: 1, visitorId, region: null });
}

test('more numbers never leave more visits without one, and credit more calls rightly', () => {
  const score = scoring();
  const scores = [1, 2, 3, 5, 8, 13, 40].map(score);
  const overflows = scores.map(({ overflow }) => overflow);
  expect(overflows).toEqual([...overflows].sort((one, other) => other - one));
  expect(overflows[0]).toBeGreaterThan(0.3);
  expect(overflows.at(-1)).toBe(0);
  const [least, most] = [scores[0]?.correct ?? 1, scores.at(-1)?.correct ?? 0];
  expect(most).toBeGreaterThan(least + 0.1);
  for (const { correct, wrong, open } of scores) expect(correct + wrong + open).toBeCloseTo(1, 9);
});

test('where numbers are few, weighing every holder credits more calls rightly than the last holder does', () => {
  const score = scoring();
  for (const { correct, lastHolderCorrect, calls } of [2, 4, 6].map(score)) {
    expect(calls).toBeGreaterThan(400);
    expect(correct).toBeGreaterThan(lastHolderCorrect + 0.02);
  }
});

test('the same question gets the same plan, another seed another one', () => {
  const [plan, again, other] = [3, 3, 4].map((seed) => carryOut({ seed, present: 3, sizeMax: 3, targets: outOfReach }));
  expect(again).toEqual(plan);
  expect(other?.rows).not.toEqual(plan?.rows);
});

test('the smallest size meets the targets and the next smaller one does not', () => {
  const { smallest, rows } = carryOut();
  expect(smallest).not.toBeNull();
  const [found, below] = [smallest, (smallest ?? 0) - 1].map((size) => rows.find(({ numbers }) => numbers === size));
  expect(found).toMatchObject({ meetsTargets: true });
  expect(found?.correct).toBeGreaterThanOrEqual(0.7);
  expect(found?.overflow).toBeLessThanOrEqual(0.01);
  expect(below).toMatchObject({ meetsTargets: false });
});

test('targets out of reach are told so', () => {
  const { smallest, rows } = carryOut({ targets: outOfReach, sizeMax: 30 });
  expect(smallest).toBeNull();
  expect(rows.at(-1)?.numbers).toBe(30);
});

test('callers of a pool without a shared number are lost when it is used up', () => {
  const [shared, none] = [scoring()(1), scoring({ hasShared: false })(1)];
  expect(none.open).toBeGreaterThan(shared.open + 0.1);
  expect(none.correct).toBeLessThan(shared.correct);
});

test('a higher bar for credit leaves more open and credits fewer wrongly', () => {
  const [low, high] = [scoring()(6), scoring({ creditFrom: 0.9 })(6)];
  expect(high.open).toBeGreaterThan(low.open);
  expect(high.wrong).toBeLessThan(low.wrong);
});

test('as many calls are drawn as the rates expect', () => {
  const visits = syntheticVisits({ ...spec, days: 20 }, createChance(8, 0));
  const expected = visits.reduce((sum, one) => sum + expectedOf(one, habits), 0);
  const drawn = drawCalls(visits, habits, createChance(8, 1), { until: Number.POSITIVE_INFINITY, keep: 1 });
  expect(Math.abs(drawn.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
  expect(drawn.map(({ at }) => at)).toEqual(drawn.map(({ at }) => at).sort((one, other) => one - other));
  for (const { at, dials, tappedAt } of drawn) {
    const caller = visits[dials] as PlannedVisit;
    expect(at).toBeGreaterThanOrEqual(caller.startsAt);
    if (tappedAt !== null) expect(tappedAt).toBeLessThanOrEqual(Math.min(at, caller.endsAt));
  }
});

test('the tables hold what the model says in every bin', () => {
  const told: CallModel = {
    ...usual,
    callsAfter: cellOf,
    liveRate: (age, pages) => cellOf(age, pages) + 0.5,
    regionShare: (region) => Number(region) / 45,
  };
  const tables = tablesOf(told, regions);
  expect([...tables.after]).toEqual(Array.from({ length: cells }, (_, cell) => cell));
  expect([...tables.live]).toEqual(Array.from({ length: cells }, (_, cell) => cell + 0.5));
  for (const shares of tables.delays) {
    expect(shares).toHaveLength(delayBins);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  }
  const model = modelOfTables(habits);
  for (const seconds of [3, 70, 4_000, 90_000]) {
    expect(model.delayDensity(seconds, 30)).toBeCloseTo(usual.delayDensity(seconds, 30), 6);
    expect(model.liveRate(seconds, 2)).toBe(usual.liveRate(seconds, 2));
  }
});

test('a number is not given again before its lease has run out and it has rested', () => {
  const visits = [visit(0, 0, 1), visit(1, 3.5, 1), visit(2, 4.5, 1)];
  const shown: number[] = [];
  const replay = createReplay(visits);
  const policy = { numbers: 1, terms, ends: 'silent', intentOf: () => 0, called: () => undefined } as const;
  const tally = replay([], { ...policy, shown: (_, number) => void shown.push(number) }, 0);
  expect(shown).toEqual([0, 1, 0]);
  expect(tally).toEqual({ visits: 3, overflowed: 1 });
  shown.length = 0;
  const told = { ...policy, ends: 'told', terms: { ...terms, holdMs: 0 } } as const;
  replay([], { ...told, shown: (_, number) => void shown.push(number) }, 0);
  expect(shown).toEqual([0, 0, 1]);
});

test('a call is told with everybody who was shown its number until then, and strangers dial any', () => {
  const visits = [visit(0, 0, 1), visit(1, 1, 1), visit(2, 30, 1)];
  const calls: Ring[] = [
    { at: 20 * minuteMs, dials: 0, anyNumber: 0 },
    { at: 40 * minuteMs, dials: 0, anyNumber: 0 },
    { at: 41 * minuteMs, dials: null, anyNumber: 0.99 },
  ];
  const heard: [number, number[]][] = [];
  const policy = { numbers: 2, terms, ends: 'silent', intentOf: () => 0 } as const;
  const called = (_: Ring, __: number, holders: readonly PlannedVisit[], number: number) =>
    void heard.push([number, holders.map(({ index }) => index)]);
  createReplay(visits)(calls, { ...policy, called }, 0);
  expect(heard).toEqual([
    [0, [0]],
    [0, [0, 2]],
    [1, [1]],
  ]);
});

test('recorded visits come out in the order they started, and a hidden tab does not keep a number', () => {
  const columns = createVisitColumns(3);
  const facts = { pages: 3, visitor: null, region: null };
  columns.add({ ...facts, startedAt: 50_000, lastBeatAt: 70_000, engagedSeconds: 15, visitor: 7, region: 'US-OR' });
  columns.add({ ...facts, startedAt: 10_000, lastBeatAt: 10_000 + 5 * 3_600_000, engagedSeconds: 60 });
  columns.add({ ...facts, startedAt: 90_000, lastBeatAt: 90_000, engagedSeconds: 0, pages: 1, region: 'US-WA' });
  expect(columns.regions()).toEqual(['US-OR', 'US-WA']);
  expect(recordedVisits(columns.columns(), 120_000)).toMatchObject([
    { index: 0, startsAt: 10_000, endsAt: 190_000, allSeconds: 60, visitorId: null, region: null },
    { index: 1, startsAt: 50_000, endsAt: 70_000, allSeconds: 15, visitorId: '7', region: '0' },
    { index: 2, startsAt: 90_000, endsAt: 90_000, allSeconds: 0, region: '1', allPages: 1 },
  ]);
});

test('callers who were heard weigh more than what is usual, the more of them there are', () => {
  const columns = createVisitColumns(2_000);
  for (let count = 0; count < 2_000; count += 1) {
    const startedAt = count * 2 * minuteMs;
    const facts = { engagedSeconds: 60, pages: 2, visitor: null, region: null };
    columns.add({ ...facts, startedAt, lastBeatAt: startedAt + minuteMs });
  }
  const small = { present: 1, sizeMax: 1, targets: outOfReach };
  const heard = (callersSeen: number | null) =>
    carryOut({ ...small, traffic: { kind: 'recorded', columns: columns.columns(), until: 3 * dayMs, callersSeen } });
  expect(heard(400).callsPerVisit).toBeGreaterThan(0.1);
  expect(heard(0).callsPerVisit).toBeLessThan(heard(null).callsPerVisit);
});
