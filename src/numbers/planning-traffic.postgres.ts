/**
 * What a plan needs of the record: the pool as it stands, who visited its websites, how many callers its numbers heard.
 * Visits are read newest first and about a page at a time, so that nothing else waits long for the record.
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
  readonly started_ms: number;
  readonly last_beat_ms: number;
  readonly engaged_seconds: number;
  readonly pages: number;
  readonly visitor: number | null;
  readonly region: string | null;
}

/** The first stretch of time that is read. */
const firstStretchMs = 15 * 60_000;
/** Stretches grow and shrink by no more than this, towards `limits.planVisitsPerPage` visits each. */
const stretchFactorMax = 8;

/**
 * The newest visits from `since` up to `until` (Unix ms), as many as may be replayed. Read by stretches of time that are
 * made to hold about a page each: a range of the index is a short read whatever the database believes of the table, and
 * the embedded one, which nobody analyses, believes that a website has few visits.
 */
export async function readTraffic(
  db: Db,
  websites: readonly WebsiteId[],
  { since, until, signal }: { since: number; until: number; signal: AbortSignal },
): Promise<RecordedTraffic> {
  const found = createVisitColumns(limits.planVisitsMax);
  let first: number | null = null;
  let isCut = false;
  let stretchMs = firstStretchMs;
  for (let to = until; to > since && !isCut; ) {
    signal.throwIfAborted();
    const from = Math.max(since, to - stretchMs);
    const room = limits.planVisitsMax - found.count();
    const rows = await readStretch(db, websites, { from, to, rowsMax: room + 1 });
    isCut = rows.length > room && (found.count() > 0 || stretchMs <= 1);
    stretchMs = Math.max(1, Math.round((to - from) * factorOf(rows.length)));
    if (rows.length > room) continue;
    for (const row of rows) {
      found.add(visitOf(row));
      first = Math.min(first ?? row.started_ms, row.started_ms);
    }
    to = from;
  }
  return { visits: found.columns(), regions: found.regions(), since: first, isCut };
}

function factorOf(rows: number): number {
  return Math.min(stretchFactorMax, Math.max(1 / stretchFactorMax, limits.planVisitsPerPage / Math.max(1, rows)));
}

async function readStretch(
  db: Db,
  websites: readonly WebsiteId[],
  { from, to, rowsMax }: { from: number; to: number; rowsMax: number },
): Promise<readonly VisitRow[]> {
  const { rows } = await sql<VisitRow>`
    select extract(epoch from started_at)::float8 * 1000 as started_ms,
      extract(epoch from last_beat_at)::float8 * 1000 as last_beat_ms,
      engaged_seconds, pages, arrival->>'region' as region, hashtextextended(visitor_id, 0)::float8 as visitor
    from visit
    where website_id = any(${[...websites]}::text[])
      and started_at >= ${new Date(from)} and started_at < ${new Date(to)}
    limit ${rowsMax}
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
    .where('call.direction', '=', 'inbound')
    .executeTakeFirstOrThrow();
  return row.callers;
}
