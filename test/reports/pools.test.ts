/** The pool report: every hour or day of the span once, by the zone's own calendar, with what went on in it. */
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { onEveryStore } from '../support/stores.ts';
import { stageCampaigns } from './staged-campaigns.ts';

const at = (text: string) => new Date(`2026-05-04T${text}:00Z`);

async function setup(database: Database<Tables>) {
  const shop = await stageCampaigns(database, { numbers: 3 });
  const { db, ids, enterpriseId, policy, numbers, reports } = shop;
  let generation = 0;
  return {
    ...shop,
    async lease(which: number, visitId: VisitId, from: string, to: string) {
      generation += 1;
      await db
        .insertInto('lease')
        .values({
          id: ids.make('lease'),
          enterprise_id: enterpriseId,
          pool_id: policy.poolId,
          number_id: numbers[which]?.id ?? shop.number.id,
          visit_id: visitId,
          generation,
          granted_at: at(from),
          hold_until: at(to),
          expires_at: at(to),
        })
        .execute();
    },
    async hours(from: string, to: string) {
      const wish = { per: 'hour', timeZone: 'UTC', from: at(from).toISOString(), to: at(to).toISOString() } as const;
      return (await reports.pool(enterpriseId, policy.poolId, wish)).buckets;
    },
    async days(from: string, to: string, timeZone: string) {
      return (await reports.pool(enterpriseId, policy.poolId, { per: 'day', timeZone, from, to })).buckets;
    },
  };
}

onEveryStore('the pool report', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('counts leases that are out at once, those carried in from before too', async () => {
    const { lease, visit, hours } = await setup(database);
    const visitId = await visit('news');
    await lease(0, visitId, '09:00', '12:30');
    await lease(1, visitId, '10:10', '10:20');
    await lease(1, visitId, '10:20', '10:40');
    await lease(2, visitId, '10:30', '11:00');
    const told = await hours('10:00', '13:00');
    expect(
      told.map(({ start, leases, peakLeases, numbersInUse }) => [
        start.getUTCHours(),
        leases,
        peakLeases,
        numbersInUse,
      ]),
    ).toEqual([
      [10, 3, 3, 3],
      [11, 0, 1, 1],
      [12, 0, 1, 1],
    ]);
  });

  test('tells visits without a number of their own, and how sure calls were credited', async () => {
    const { lease, visit, call, clock, hours } = await setup(database);
    clock.at = at('10:05').getTime();
    const first = await visit('news');
    await visit('news');
    await lease(0, first, '10:05', '10:15');
    clock.at = at('11:00').getTime();
    await call({ credited: first, probability: 0.9 });
    await call({ ambiguous: [[first, 0.5]] });
    await call('nobody');
    const [ten, eleven] = await hours('10:00', '12:00');
    expect(ten).toMatchObject({ visits: 2, overflow: 1, calls: 0, averageProbability: null });
    expect(eleven).toMatchObject({ visits: 0, calls: 3, creditedCalls: 1, averageProbability: 0.7 });
  });

  test('cuts the first and last bucket to the span', async () => {
    const { hours } = await setup(database);
    const told = await hours('10:20', '11:05');
    expect(told.map(({ start, end }) => [start.toISOString().slice(11, 16), end.toISOString().slice(11, 16)])).toEqual([
      ['10:20', '11:00'],
      ['11:00', '11:05'],
    ]);
  });

  test('has one bucket a day through a change of clocks, and hours where zones stand askew', async () => {
    const { days, reports, enterpriseId, policy } = await setup(database);
    const told = await days('2026-03-07', '2026-03-09', 'America/New_York');
    expect(told.map(({ start, end }) => (end.getTime() - start.getTime()) / 3_600_000)).toEqual([24, 23, 24]);
    const wish = { per: 'hour', timeZone: 'Asia/Kathmandu', from: '2026-05-04', to: '2026-05-04' } as const;
    const { buckets } = await reports.pool(enterpriseId, policy.poolId, wish);
    expect(buckets).toHaveLength(24);
    expect(buckets[0]?.start.toISOString()).toBe('2026-05-03T18:15:00.000Z');
  });

  test('by the hour is refused beyond a month', async () => {
    const { reports, enterpriseId, policy } = await setup(database);
    const wish = { per: 'hour', timeZone: 'UTC', from: '2026-01-01', to: '2026-05-04' } as const;
    await expect(reports.pool(enterpriseId, policy.poolId, wish)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

onEveryStore('numbers that cost something', (store) => {
  test('are paid for by the campaigns whose visits held them', async () => {
    const database = await store.open();
    await sql`alter table number add column if not exists monthly_cost numeric(12, 4), add column if not exists currency text`.execute(
      database.kysely,
    );
    const { visit, call, lease, campaigns, db, enterpriseId } = await setup(database);
    await sql`update number set monthly_cost = 2, currency = 'USD' where enterprise_id = ${enterpriseId}`.execute(db);
    const [news, mail] = [await visit('news'), await visit('mail')];
    await lease(0, news, '10:00', '10:10');
    await lease(1, news, '10:00', '10:10');
    await lease(2, mail, '10:00', '10:10');
    await call({ credited: news });
    const { rows, total } = await campaigns();
    const cost = (group: string) => rows.find((row) => row.group === group)?.money[0]?.numberCost;
    expect([cost('news'), cost('mail'), total.money[0]?.numberCost]).toEqual(['4.07', '2.04', '6.11']);
    expect(total.money[0]?.costPerCall).toBe('6.11');
  });
});
