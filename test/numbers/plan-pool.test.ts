/** The search for the smallest pool, on sizes whose scores are written down, and what is then said and drawn. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { drawPlan } from '../../src/numbers/draw-plan.ts';
import { planPool } from '../../src/numbers/plan-pool.ts';
import type { PoolPlan } from '../../src/numbers/pool-planner.ts';
import { planCsv, printPlan, sayPlan } from '../../src/numbers/print-plan.ts';

const targets = { correctMin: 0.7, overflowMax: 0.01 };

/** From `enough` numbers on both targets are met. */
function scoreFrom(enough: number, seen: number[] = []) {
  return (numbers: number) => {
    seen.push(numbers);
    const correct = numbers >= enough ? 0.75 : 0.6;
    return {
      overflow: numbers >= enough ? 0 : 0.2,
      correct,
      wrong: 0.2,
      open: 0.05,
      lastHolderCorrect: 0.5,
      calls: 900,
    };
  };
}

function plan(enough: number, world: { start?: number; present?: number | null; sizeMax?: number } = {}) {
  const { start = 40, present = null, sizeMax = 2_000 } = world;
  const seen: number[] = [];
  const found = planPool({ score: scoreFrom(enough, seen), start, present, sizeMax, targets, costPerNumber: 1.15 });
  return { ...found, seen };
}

/** A plan as the planner tells it, around the rows above. */
function poolPlan(enough: number, present: number | null = 40): PoolPlan {
  const { rows, smallest } = plan(enough, { present });
  const terms = { holdMs: 1, leaseMs: 1, restMs: 1, stickyMs: 1 };
  const basis = { kind: 'recorded', since: 0, until: 86_400_000, isCut: true, callersSeen: 31 } as const;
  const wish = { targets, costPerNumber: 1.15, creditFrom: 0, sizeMax: 2_000, seed: 1 };
  const facts = { poolId: null, present, terms, hasShared: true, visits: 5_000, callsPerVisit: 0.021 };
  return { ...wish, ...facts, basis, rows, smallest };
}

test.each([1, 2, 7, 9, 10, 11, 40, 41, 159, 160, 161, 500, 1_999, 2_000])(
  'where %i numbers are just enough, that is what is found, and its neighbour below has been looked at',
  (enough) => {
    const { smallest, rows } = plan(enough);
    expect(smallest).toBe(enough);
    expect(rows.find(({ numbers }) => numbers === enough)?.meetsTargets).toBe(true);
    if (enough > 1) expect(rows.find(({ numbers }) => numbers === enough - 1)?.meetsTargets).toBe(false);
  },
);

test('no size is looked at twice, and few are', () => {
  const { seen, rows } = plan(1_234);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeLessThan(20);
  expect(rows.map(({ numbers }) => numbers)).toEqual([...seen].sort((one, other) => one - other));
});

test('when no size up to the bound is enough, it says so and shows the largest', () => {
  const { smallest, rows } = plan(Number.POSITIVE_INFINITY, { sizeMax: 300 });
  expect(smallest).toBeNull();
  expect(rows.at(-1)?.numbers).toBe(300);
  expect(sayPlan(poolPlan(Number.POSITIVE_INFINITY))).toMatch(
    /^No pool of up to 2000 numbers has .* 2000 numbers reach 60\.0 % and 20\.0 %\.$/,
  );
});

test('the present size stands in the table, also one beyond the bound', () => {
  expect(plan(10, { present: 57 }).rows.filter(({ isPresent }) => isPresent)).toMatchObject([{ numbers: 57 }]);
  expect(plan(10, { start: 400, present: 400, sizeMax: 100 }).rows.at(-1)).toMatchObject({
    numbers: 400,
    isPresent: true,
  });
  expect(plan(10, { present: 0 }).smallest).toBe(10);
});

test('a size without a single call meets no target', () => {
  const none = { overflow: 0, correct: 1, wrong: 0, open: 0, lastHolderCorrect: 1, calls: 0 };
  const found = planPool({ score: () => none, start: 4, present: null, sizeMax: 8, targets, costPerNumber: 1 });
  expect(found.smallest).toBeNull();
});

test('the table and the CSV tell every row, its cost and which one is meant', () => {
  const made = poolPlan(52);
  const printed = printPlan(made);
  expect(printed).toMatch(/^ +52 .* 59\.80 {2}smallest that meets the targets$/m);
  expect(printed).toMatch(/^ +40 .* now$/m);
  expect(printed).toContain('5000 visits from 1970-01-01T00:00:00.000Z to 1970-01-02T00:00:00.000Z (the newest;');
  const [head, ...lines] = planCsv(made).trimEnd().split('\r\n');
  expect(head).toBe(
    'numbers,overflow,correct,wrong,open,misattributed,margin,lastHolderMisattributed,monthlyCost,isPresent,meetsTargets',
  );
  expect(lines).toHaveLength(made.rows.length);
  expect(lines).toContain('52,0,0.75,0.2,0.05,0.25,0.0283,0.5,59.8,no,yes');
});

test.each([52, Number.POSITIVE_INFINITY, 1])('the picture is well-formed and told in words (enough: %d)', (enough) => {
  const drawn = drawPlan(poolPlan(enough));
  expect(XMLValidator.validate(drawn)).toBe(true);
  const { svg } = new XMLParser({ ignoreAttributes: false }).parse(drawn);
  expect(svg['@_role']).toBe('img');
  expect(svg['@_aria-labelledby']).toBe(`${svg.title['@_id']} ${svg.desc['@_id']}`);
  for (const { numbers } of poolPlan(enough).rows) expect(svg.desc['#text']).toContain(`${numbers} numbers: `);
  expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
});

test('curves differ by dash and mark, not by colour alone', () => {
  const { svg } = new XMLParser({ ignoreAttributes: false }).parse(drawPlan(poolPlan(52)));
  const curves = svg.path.filter((path: Record<string, string>) => path['@_fill'] === 'none');
  const marks = svg.path.filter((path: Record<string, string>) => path['@_fill'] !== 'none');
  expect(new Set(curves.map((path: Record<string, string>) => path['@_stroke-dasharray'])).size).toBe(3);
  expect(new Set(marks.map((path: Record<string, string>) => path['@_d'])).size).toBe(3);
});
