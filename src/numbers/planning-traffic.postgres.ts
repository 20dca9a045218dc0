/**
 * What a plan needs of the record: the pool as it stands, who visited its websites, how many callers its numbers heard.
 * Visits are read newest first and a page at a time, so that nothing else waits long for the record.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { EnterpriseId, PoolId, WebsiteId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import { createVisitColumns, type VisitColumns } from './replay/recorded-visits.ts';

export interface PoolToPlan {
  readonly id: PoolId;
  /** That may be given to visits. */
  readonly numbers: number;
  /** Visits without a number of their own are shown one that can be called. */
  readonly hasShared: boolean;
  /** Of one of them, a month, on average; null when no cost is recorded, or in several currencies. */
  readonly costPerNumber: number | null;
  readonly websites: readonly WebsiteId[];
}

/** Null: the enterprise has no such pool. */
export async function readPoolToPlan(db: Db, enterpriseId: EnterpriseId, id: PoolId): Promise<PoolToPlan | null> {
  const pool = await db
    .selectFrom('pool')
    .select('shared_number_id')
    .where('id', '=', id)
    .where('enterprise_id', '=', enterpriseId)
    .executeTakeFirst();
  if (pool === undefined) return null;
  const { numbers, cost, currencies } = await db
    .selectFrom('number')
    .select([
      sql<number>`count(*)::int`.as('numbers'),
      sql<number | null>`avg(monthly_cost)::float8`.as('cost'),
      sql<number>`count(distinct currency)::int`.as('currencies'),
    ])
    .where('pool_id', '=', id)
    .where('state', '=', 'active')
    .where(sql<boolean>`id is distinct from ${pool.shared_number_id}`)
    .executeTakeFirstOrThrow();
  const websites = await db.selectFrom('website').select('id').where('pool_id', '=', id).orderBy('id').execute();
  const hasShared = pool.shared_number_id !== null;
  const costPerNumber = currencies > 1 ? null : cost;
  return { id, numbers, hasShared, costPerNumber, websites: websites.map((website) => website.id) };
}

export interface RecordedTraffic {
  readonly visits: VisitColumns;
  readonly regions: readonly string[];
  /** Unix ms of the first visit that was read; null: there is none. */
  readonly since: number | null;
  /** There were more visits than may be replayed: the older ones were left out. */
  readonly isCut: boolean;
}

interface VisitRow {
  readonly id: string;
  /** The instant as the record writes it: the page after it begins there. */
  readonly started: string;
  readonly started_ms: number;
  readonly last_beat_ms: number;
  readonly engaged_seconds: number;
  readonly pages: number;
  readonly visitor: number | null;
  readonly region: string | null;
}

/** The newest visits from `since` up to `until` (Unix ms), as many as may be replayed. */
export async function readTraffic(
  db: Db,
  websites: readonly WebsiteId[],
  { since, until, signal }: { since: number; until: number; signal: AbortSignal },
): Promise<RecordedTraffic> {
  const found = createVisitColumns(limits.planVisitsMax);
  let before: Pick<VisitRow, 'started' | 'id'> = { started: new Date(until).toISOString(), id: '' };
  let first: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const wanted = Math.min(limits.planVisitsPerPage, limits.planVisitsMax - found.count());
    const rows = wanted === 0 ? [] : await readPage(db, websites, { since: new Date(since), before, wanted });
    for (const row of rows) found.add(visitOf(row));
    const last = rows.at(-1);
    if (last !== undefined) [before, first] = [last, last.started_ms];
    if (rows.length < wanted || wanted === 0) break;
  }
  return {
    visits: found.columns(),
    regions: found.regions(),
    since: first,
    isCut: found.count() === limits.planVisitsMax,
  };
}

async function readPage(
  db: Db,
  websites: readonly WebsiteId[],
  { since, before, wanted }: { since: Date; before: Pick<VisitRow, 'started' | 'id'>; wanted: number },
): Promise<readonly VisitRow[]> {
  const { rows } = await sql<VisitRow>`
    select page.* from unnest(${[...websites]}::text[]) as site(id)
    cross join lateral (
      select visit.id, visit.started_at::text as started,
        extract(epoch from visit.started_at)::float8 * 1000 as started_ms,
        extract(epoch from visit.last_beat_at)::float8 * 1000 as last_beat_ms,
        visit.engaged_seconds, visit.pages, visit.arrival->>'region' as region,
        hashtextextended(visit.visitor_id, 0)::float8 as visitor
      from visit
      where visit.website_id = site.id and visit.started_at >= ${since}
        and (visit.started_at, visit.id) < (${before.started}::timestamptz, ${before.id})
      order by visit.started_at desc, visit.id desc limit ${wanted}
    ) as page
    order by page.started_ms desc, page.id desc limit ${wanted}
  `.execute(db);
  return rows;
}

function visitOf(row: VisitRow) {
  return {
    startedAt: row.started_ms,
    lastBeatAt: row.last_beat_ms,
    engagedSeconds: row.engaged_seconds,
    pages: row.pages,
    visitor: row.visitor,
    region: row.region,
  };
}

/** Callers that the pool's numbers have heard since; one who calls again counts once. */
export async function countCallers(db: Db, poolId: PoolId, since: number): Promise<number> {
  const row = await db
    .selectFrom('call')
    .innerJoin('number', 'number.id', 'call.number_id')
    .select(sql<number>`count(distinct coalesce(call.ani, call.id))::int`.as('callers'))
    .where('number.pool_id', '=', poolId)
    .where('call.started_at', '>=', new Date(since))
    .executeTakeFirstOrThrow();
  return row.callers;
}
