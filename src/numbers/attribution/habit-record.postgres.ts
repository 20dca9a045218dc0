/**
 * The record that habits are learned from: visits counted by day, and the traces of contacts. Counting a day reads that
 * day's visits once and keeps a few hundred numbers; the same day counted again replaces itself, so a crash half-way or
 * two processes at once do no harm.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { EnterpriseId, PoolId, VisitId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import { coarseRegion } from '../coarse-region.ts';
import { type Exposure, exposureFromJson, exposureOf } from './exposure.ts';
import type { Confirmed, Trace } from './trace.ts';

export const dayMs = 86_400_000;
/** A visit whose page has been silent this long has ended. */
const silentMs = 10 * 60_000;

export interface CountedDay {
  readonly poolId: PoolId;
  /** Unix ms at which the day begins, UTC. */
  readonly startsAt: number;
  readonly exposure: Exposure;
}

export interface TracedContact {
  readonly poolId: PoolId | null;
  readonly at: number;
  readonly trace: Trace;
}

/** The first day (Unix ms) that is to be counted (again): before the last counted one, and not before the first visit. */
export async function firstOpenDay(db: Db, enterpriseId: EnterpriseId, now: number): Promise<number> {
  const from = new Date(now - limits.attributionLearnWindowMs);
  const { rows } = await sql<{ counted: string | null; visited: Date | null }>`
    select (select max(day)::text from habit_day where enterprise_id = ${enterpriseId}) as counted,
      (select min(started_at) from visit where enterprise_id = ${enterpriseId} and started_at >= ${from}) as visited
  `.execute(db);
  const { counted = null, visited = null } = rows[0] ?? {};
  const before = counted === null ? 0 : Date.parse(`${counted}T00:00:00Z`) - dayMs;
  return dayOf(Math.max(before, visited?.getTime() ?? now));
}

/** Counts the visits that began on the day starting at `startsAt` and have ended, for each pool. */
export async function countDay(db: Db, enterpriseId: EnterpriseId, startsAt: number, now: number): Promise<void> {
  const [from, until] = [new Date(startsAt), new Date(startsAt + dayMs)];
  const ended = sql`visit.enterprise_id = ${enterpriseId} and visit.started_at >= ${from} and visit.started_at < ${until}
    and visit.last_beat_at < ${new Date(now - silentMs)}`;
  const alike = await sql<{ pool_id: PoolId; engaged_seconds: number; pages: number; visits: number }>`
    select website.pool_id, visit.engaged_seconds, visit.pages, count(*)::int as visits
    from visit join website on website.id = visit.website_id where ${ended} group by 1, 2, 3`.execute(db);
  const regions = await sql<{ pool_id: PoolId; region: string | null; visits: number }>`
    select website.pool_id, visit.arrival->>'region' as region, count(*)::int as visits
    from visit join website on website.id = visit.website_id where ${ended} group by 1, 2`.execute(db);
  const taps = await sql<{ pool_id: PoolId; taps: number }>`
    select website.pool_id, count(*)::int as taps
    from visit_signal as signal join visit on visit.id = signal.visit_id
      join website on website.id = visit.website_id
    where signal.kind = 'tap' and signal.at >= ${from} and signal.at < ${until}
      and signal.enterprise_id = ${enterpriseId} group by 1`.execute(db);
  const pools = await sql<{ id: PoolId; numbers: number }>`
    select pool.id, count(number.id) filter (where number.state <> 'released')::int as numbers
    from pool left join number on number.pool_id = pool.id
    where pool.enterprise_id = ${enterpriseId} group by 1`.execute(db);
  const seconds = Math.max(0, Math.min(now, startsAt + dayMs) - startsAt) / 1_000;
  const rows = pools.rows.map(({ id, numbers }) => ({
    enterprise_id: enterpriseId,
    pool_id: id,
    day: from.toISOString().slice(0, 10),
    exposure: JSON.stringify(
      exposureOf({
        alike: alike.rows.flatMap(({ pool_id, engaged_seconds: engagedSeconds, pages, visits }) =>
          pool_id === id ? [{ engagedSeconds, pages, visits }] : [],
        ),
        regions: regionsOf(regions.rows.filter(({ pool_id }) => pool_id === id)),
        taps: taps.rows.find(({ pool_id }) => pool_id === id)?.taps ?? 0,
        numberSeconds: numbers * seconds,
      }),
    ),
    counted_at: new Date(now),
  }));
  if (rows.length === 0) return;
  await db
    .insertInto('habit_day')
    .values(rows)
    .onConflict((clash) =>
      clash.columns(['enterprise_id', 'pool_id', 'day']).doUpdateSet((day) => ({
        exposure: day.ref('excluded.exposure'),
        counted_at: day.ref('excluded.counted_at'),
      })),
    )
    .execute();
}

/** The days of the window. */
export async function readDays(db: Db, enterpriseId: EnterpriseId, now: number): Promise<CountedDay[]> {
  const from = new Date(now - limits.attributionLearnWindowMs).toISOString().slice(0, 10);
  const { rows } = await sql<{ pool_id: PoolId; day: string; exposure: unknown }>`
    select pool_id, day::text as day, exposure from habit_day
    where enterprise_id = ${enterpriseId} and day >= ${from}::date`.execute(db);
  return rows.flatMap(({ pool_id: poolId, day, exposure: json }) => {
    const exposure = exposureFromJson(json);
    return exposure === null ? [] : [{ poolId, startsAt: Date.parse(`${day}T00:00:00Z`), exposure }];
  });
}

/** The latest contacts of the window, with what is known for certain of them by now. */
export async function readTraces(db: Db, enterpriseId: EnterpriseId, now: number): Promise<TracedContact[]> {
  const rows = await db
    .selectFrom('attribution_trace')
    .select(['pool_id', 'at', 'trace', 'stands', 'confirmed_visit_id'])
    .where('enterprise_id', '=', enterpriseId)
    .where('at', '>=', new Date(now - limits.attributionLearnWindowMs))
    .where('trace', 'is not', null)
    .orderBy('at', 'desc')
    .limit(limits.attributionTracesMax)
    .execute();
  return rows.map((row) => {
    const stands = row.stands as Readonly<Record<VisitId, Confirmed>>;
    const confirmed = row.confirmed_visit_id === null ? null : (stands[row.confirmed_visit_id] ?? null);
    return { poolId: row.pool_id, at: row.at.getTime(), trace: { ...(row.trace as Trace), confirmed } };
  });
}

/** What is past the window is learned from no more, and models of then are asked for no more. */
export async function forgetTraces(db: Db, enterpriseId: EnterpriseId, now: number): Promise<void> {
  const before = new Date(now - limits.attributionLearnWindowMs);
  await db
    .updateTable('attribution_trace')
    .set({ trace: null })
    .where('enterprise_id', '=', enterpriseId)
    .where('at', '<', before)
    .where('trace', 'is not', null)
    .execute();
  await db.deleteFrom('attribution_model').where('enterprise_id', '=', enterpriseId).where('at', '<', before).execute();
  await sql`delete from habit_day where enterprise_id = ${enterpriseId} and day < ${before.toISOString().slice(0, 10)}::date`.execute(
    db,
  );
}

export function dayOf(at: number): number {
  return at - (at % dayMs);
}

function regionsOf(rows: readonly { region: string | null; visits: number }[]): Record<string, number> {
  const regions: Record<string, number> = {};
  for (const { region: told, visits } of rows) {
    const region = coarseRegion(told);
    if (region !== null) regions[region] = (regions[region] ?? 0) + visits;
  }
  return regions;
}
