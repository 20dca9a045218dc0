/** The planner on a real record: what it reads, what it refuses, and that there is one plan at a time. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { createPlanner } from '../../src/gateway/planning.ts';
import { readTraffic } from '../../src/numbers/planning-traffic.postgres.ts';
import type { PlanWatch, PlanWish, WishedTraffic } from '../../src/numbers/pool-planner.ts';
import { AppError } from '../../src/ports/errors.ts';
import { minuteMs, stageCore, stagedAt } from '../support/stage-core.ts';
import { stageVisits } from '../support/stage-visits.ts';
import { onEveryStore, type Store } from '../support/stores.ts';

const dayMs = 86_400_000;
const targets = { correctMin: 0.5, overflowMax: 0.5 };
const wish: PlanWish = { targets, costPerNumber: 2, creditFrom: 0, sizeMax: 6, seed: 1 };
const recorded: WishedTraffic = { kind: 'recorded', days: 5 };

async function setUp(store: Store) {
  const staged = await stageCore(await store.open(), { numbers: 3 });
  const of = { enterpriseId: staged.enterpriseId, poolId: staged.website.poolId };
  const site = { enterpriseId: staged.enterpriseId, websiteId: staged.website.id };
  return { ...staged, planner: createPlanner(staged), of, site };
}

function watching(signal = new AbortController().signal) {
  const looked: number[] = [];
  const watch: PlanWatch = { signal, progress: (numbers) => void looked.push(numbers) };
  return { watch, looked };
}

const codeOf = (made: Promise<unknown>) =>
  made.then(
    () => 'made',
    (fault: unknown) => (fault instanceof AppError ? fault.code : String(fault)),
  );

onEveryStore('the planner', (store) => {
  test('replays the pool’s own visits and tells what it rests on', async () => {
    const { planner, of, site, db, takeCall } = await setUp(store);
    await stageVisits(db, site, { count: 600, from: stagedAt - 4 * dayMs, everyMs: 576_000 });
    for (let calls = 0; calls < 4; calls += 1) await takeCall();
    const { watch, looked } = watching();
    const plan = await planner.plan(of, recorded, wish, watch);
    expect(plan).toMatchObject({ poolId: of.poolId, present: 3, visits: 600, costPerNumber: 2, targets });
    expect(plan.basis).toEqual({
      kind: 'recorded',
      since: stagedAt - 4 * dayMs,
      until: stagedAt,
      isCut: false,
      callersSeen: 4,
    });
    expect(plan.rows.map(({ numbers }) => numbers)).toEqual([...looked].sort((one, other) => one - other));
    expect(plan.rows.find(({ isPresent }) => isPresent)).toMatchObject({ numbers: 3, monthlyCost: 6 });
    const found = plan.rows.find(({ numbers }) => numbers === plan.smallest);
    expect(found?.overflow).toBeLessThanOrEqual(0.5);
    await db.updateTable('number').set({ monthly_cost: '3.50', currency: 'USD' }).execute();
    const priced = await planner.plan(of, recorded, { ...wish, costPerNumber: null }, watch);
    expect(priced).toMatchObject({ costPerNumber: 3.5, smallest: plan.smallest });
  });

  test('reads every visit once, also many of one instant, of all the pool’s websites, and no others’', async () => {
    const { of, site, db, ids } = await setUp(store);
    const second = ids.make('site');
    const values = { id: second, enterprise_id: of.enterpriseId, name: 'Blog', origins: [], pool_id: of.poolId };
    await db.insertInto('website').values(values).execute();
    const from = stagedAt - 2 * dayMs;
    await stageVisits(db, site, { count: limits.planVisitsPerPage + 7, from, everyMs: 0 });
    await stageVisits(db, { ...site, websiteId: second }, { count: 1_500, from, everyMs: 50_000 });
    await stageVisits(db, { ...site, websiteId: ids.make('site') }, { count: 50, from, everyMs: 1 });
    const span = { since: from, until: stagedAt, signal: new AbortController().signal };
    const read = await readTraffic(db, [site.websiteId, second], span);
    expect(read.visits.count).toBe(limits.planVisitsPerPage + 7 + 1_500);
    expect(read).toMatchObject({ since: from, isCut: false });
    expect([...read.regions].sort()).toEqual(['US-OR', 'US-WA']);
    const starts = [...read.visits.startsAt.slice(0, read.visits.count)];
    expect(starts.filter((at) => at === from)).toHaveLength(limits.planVisitsPerPage + 8);
    expect(new Set(starts).size).toBe(1_500);
    const part = { ...span, since: from + 100_000, until: from + 200_000 };
    const later = await readTraffic(db, [site.websiteId, second], part);
    expect([...later.visits.startsAt.slice(0, later.visits.count)].sort()).toEqual([from + 100_000, from + 150_000]);
  });

  test('too few visits, too short a time, and another’s pool are refused', async () => {
    const { planner, of, site, db, ids } = await setUp(store);
    const { watch } = watching();
    expect(await codeOf(planner.plan(of, recorded, wish, watch))).toBe('conflict');
    await stageVisits(db, site, { count: 500, from: stagedAt - 500 * minuteMs, everyMs: minuteMs });
    const short = planner.plan(of, recorded, wish, watch);
    await expect(short).rejects.toThrow(/500 visits to this pool over 8 hours.*visitsPerHour/);
    expect(await codeOf(planner.plan({ ...of, enterpriseId: ids.make('ent') }, recorded, wish, watch))).toBe(
      'not-found',
    );
  });

  test('one plan at a time; a stopped one makes room, and none begins when the process stops', async () => {
    const { planner, of } = await setUp(store);
    const spec = { engagedSecondsMean: 90, pagesMean: 2, callsPerVisit: 0.02, returningShare: 0, regions: 5 };
    const busy: WishedTraffic = { kind: 'synthetic', spec: { ...spec, visitsPerHour: [200], days: 20 } };
    const quick: WishedTraffic = { kind: 'synthetic', spec: { ...spec, visitsPerHour: [10], days: 1 } };
    const stop = new AbortController();
    const first = codeOf(planner.plan(of, busy, wish, watching(stop.signal).watch));
    expect(await codeOf(planner.plan(of, quick, wish, watching().watch))).toBe('too-many-requests');
    stop.abort(new AppError('unavailable'));
    expect(await first).toBe('unavailable');
    expect(await codeOf(planner.plan(of, quick, wish, watching().watch))).toBe('made');
    const last = codeOf(planner.plan(of, busy, wish, watching().watch));
    planner.stop();
    expect(await last).toBe('unavailable');
    expect(await codeOf(planner.plan(of, quick, wish, watching().watch))).toBe('unavailable');
  });

  test('more described visits than may be replayed are refused with what would fit', async () => {
    const { planner, of } = await setUp(store);
    const spec = { engagedSecondsMean: 90, pagesMean: 2, callsPerVisit: 0.02, returningShare: 0, regions: 5 };
    const traffic: WishedTraffic = { kind: 'synthetic', spec: { ...spec, visitsPerHour: [1_000], days: 14 } };
    const made = planner.plan(of, traffic, wish, watching().watch);
    await expect(made).rejects.toMatchObject({
      code: 'invalid-request',
      fields: [{ field: 'visitsPerHour', cure: `send days=${Math.floor(limits.planVisitsMax / 24_000)}` }],
    });
  });
});
