/**
 * How a pool is used, hour by hour or day by day: who came, who got a number of their own, how many numbers were out at
 * once, and how sure calls to them could be credited. Buckets are the calendar's in the asked time zone.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { EnterpriseId, PoolId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import type { Range } from './report-range.postgres.ts';

export interface PoolBucket {
  readonly start: Date;
  readonly end: Date;
  readonly visits: number;
  readonly overflow: number;
  readonly leases: number;
  readonly peakLeases: number;
  readonly numbersInUse: number;
  readonly calls: number;
  readonly creditedCalls: number;
  /** Of the most probable candidate, over the calls that had one; null when none had. */
  readonly averageProbability: number | null;
}

interface Question {
  readonly enterpriseId: EnterpriseId;
  readonly poolId: PoolId;
  readonly per: 'hour' | 'day';
  readonly range: Range;
}

/** Every bucket of the span, empty ones too, in order. */
export async function measurePool(db: Db, question: Question): Promise<PoolBucket[]> {
  const { rows } = await sql<PoolBucket>`
    with ${buckets(question)}, ${comings(question)}, ${leasings(question)}, ${callings(question)}
    select greatest(bucket.start, ${question.range.from}) as start, bucket.until as "end",
      coalesce(coming.visits, 0) as visits, coalesce(coming.overflow, 0) as overflow,
      coalesce(granted.leases, 0) as leases, coalesce(peak.leases, 0) as "peakLeases",
      coalesce(used.numbers, 0) as "numbersInUse", coalesce(calling.calls, 0) as calls,
      coalesce(calling.credited, 0) as "creditedCalls", calling.probability as "averageProbability"
    from bucket
    left join coming on coming.start = bucket.start
    left join granted on granted.start = bucket.start
    left join peak on peak.start = bucket.start
    left join used on used.start = bucket.start
    left join calling on calling.start = bucket.start
    order by bucket.start`.execute(db);
  return rows;
}

/** Half an hour is the smallest step by which any zone's calendar moves. */
function buckets({ per, range: { from, to, timeZone } }: Question) {
  return sql`bucket as (
      select start, coalesce(lead(start) over (order by start), ${to}::timestamptz) as until
      from (
        select distinct date_trunc(${per}, step, ${timeZone}) as start
        from generate_series(date_trunc(${per}, ${from}::timestamptz, ${timeZone}),
          ${to}::timestamptz - interval '1 microsecond', interval '30 minutes') as step
      ) as cut
    )`;
}

function comings({ enterpriseId, poolId, per, range: { from, to, timeZone } }: Question) {
  return sql`coming as (
      select date_trunc(${per}, visit.started_at, ${timeZone}) as start, count(*)::int as visits,
        (count(*) filter (where not exists (select 1 from lease where lease.visit_id = visit.id)))::int as overflow
      from website join visit on visit.website_id = website.id
      where website.pool_id = ${poolId} and website.enterprise_id = ${enterpriseId}
        and visit.started_at >= ${from} and visit.started_at < ${to}
      group by 1
    )`;
}

/** Leases that touch the span; the running count of them has its carried-in value noted at each bucket's start. */
function leasings({ enterpriseId, poolId, per, range: { from, to, timeZone } }: Question) {
  const reachesFrom = new Date(from.getTime() - limits.reportLeaseReachMs);
  return sql`touching as (
      select number_id, granted_at, greatest(granted_at, ${from}) as since, least(expires_at, ${to}) as until
      from lease where pool_id = ${poolId} and enterprise_id = ${enterpriseId}
        and granted_at >= ${reachesFrom} and granted_at < ${to} and expires_at > ${from}
    ),
    granted as (
      select date_trunc(${per}, granted_at, ${timeZone}) as start, count(*)::int as leases
      from touching where granted_at >= ${from} group by 1
    ),
    turn as (
      select since as at, 1 as change from touching
      union all select until, -1 from touching where until < ${to}
      union all select greatest(start, ${from}), 0 from bucket
    ),
    peak as (
      select date_trunc(${per}, at, ${timeZone}) as start, max(running)::int as leases
      from (select at, sum(change) over (order by at, change) as running from turn) as counted group by 1
    ),
    used as (
      select date_trunc(${per}, step, ${timeZone}) as start, count(distinct number_id)::int as numbers
      from touching, lateral (
        select generate_series(since, until, interval '30 minutes') union all select until - interval '1 microsecond'
      ) as out_at (step)
      where step < until group by 1
    )`;
}

function callings({ enterpriseId, poolId, per, range: { from, to, timeZone } }: Question) {
  return sql`calling as (
      select date_trunc(${per}, call.started_at, ${timeZone}) as start, count(*)::int as calls,
        (count(*) filter (where belief.decision = 'credited'))::int as credited,
        avg(belief.probability) filter (where belief.decision <> 'nobody') as probability
      from number join call on call.number_id = number.id and call.direction = 'inbound'
      left join lateral (
        select decision, probability from attribution where subject = call.id order by revision desc limit 1
      ) as belief on true
      where number.pool_id = ${poolId} and number.enterprise_id = ${enterpriseId}
        and call.started_at >= ${from} and call.started_at < ${to}
      group by 1
    )`;
}
