/**
 * Who was shown a number before a contact: every lease of it within the look-back, and for a shared number every visit
 * that was shown it for want of one of its own. One statement: 2,000 holders among 200,000 visits took 14 ms on PostgreSQL
 * 15 at best and 25 in the median of 60, on two cores that others kept busy (load 7), transfer and reading included.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { LeaseId, NumberId, VisitId } from '../../ports/ids.ts';
import { askTogether } from '../../records/ask-together.ts';
import { placed } from '../../records/many-rows.postgres.ts';
import type { Db } from '../../records/schema.ts';
import { coarseRegion } from '../coarse-region.ts';
import { type Holder, tapWithinMs } from './weigh-contact.ts';

export interface HoldersWish {
  readonly numberId: NumberId;
  /** Unix ms of the contact. */
  readonly at: number;
  /** Whose contact it is: earlier ones of the same address are no others'. Null: withheld. */
  readonly address: string | null;
}

/** Instants in Unix seconds: reading 8,000 timestamps as dates took as long as finding them. */
interface HolderRow {
  readonly place: number;
  readonly lease_id: LeaseId | null;
  readonly visit_id: VisitId;
  readonly visitor_id: string | null;
  readonly seen_at: number;
  readonly live: boolean;
  readonly engaged_seconds: number;
  readonly pages: number;
  readonly region: string | null;
  readonly tapped_at: number | null;
  readonly contacted: number | null;
}

/** Latest first; a visit that was shown the number several times stands once, as it was shown last. */
export const readHolders: (db: Db, wish: HoldersWish) => Promise<Holder[]> = askTogether(readAll);

async function readAll(db: Db, wishes: readonly HoldersWish[]): Promise<readonly Holder[][]> {
  const { rows } = await holdersQuery(wishes).execute(db);
  const holders = wishes.map(() => new Map<VisitId, Holder>());
  for (const row of rows) {
    const [wish, known] = [wishes[row.place], holders[row.place]];
    if (wish !== undefined && known?.has(row.visit_id) === false) known.set(row.visit_id, holderOf(row, wish.at));
  }
  return holders.map((known) => [...known.values()]);
}

function holdersQuery(wishes: readonly HoldersWish[]) {
  const asked = wishes.map(({ numberId, at, address }) => ({
    number_id: numberId,
    since: new Date(at - limits.attributionLookBackMs),
    until: new Date(at),
    tapped_since: new Date(at - tapWithinMs),
    address,
  }));
  const latest = sql.lit(limits.attributionHoldersMax);
  return sql<HolderRow>`
    select asked.place, holder.lease_id, holder.visit_id, holder.visitor_id, holder.engaged_seconds, holder.pages,
      holder.region, holder.contacted, holder.tapped_at, holder.seen_at, holder.live
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked (place int, number_id text, since timestamptz,
        until timestamptz, tapped_since timestamptz, address text)
      cross join lateral (
        with shown as materialized (
          (select lease.id as lease_id, lease.visit_id, lease.granted_at, lease.expires_at,
              pool.lease_ms * interval '1 millisecond' as lease
            from lease join pool on pool.id = lease.pool_id
            where lease.number_id = asked.number_id and lease.granted_at between asked.since and asked.until
            order by lease.granted_at desc limit ${latest})
          union all
          (select null, visit.id, visit.started_at, null,
              coalesce((select max(lease_ms) from pool where shared_number_id = asked.number_id), 0)
                * interval '1 millisecond'
            from visit
            where visit.shown_number_id = asked.number_id and visit.started_at between asked.since and asked.until
            order by visit.started_at desc limit ${latest})
        ), tapped as (
          select visit_id, max(at) as at from visit_signal
          where kind = 'tap' and at between asked.tapped_since and asked.until group by visit_id
        )
        select shown.lease_id, shown.visit_id, shown.granted_at, visit.visitor_id, visit.engaged_seconds, visit.pages,
          visit.arrival->>'region' as region, contacted.chance as contacted,
          extract(epoch from tapped.at)::float8 as tapped_at,
          -- A visit that went on after its lease ran out had another number on its screen from then on.
          extract(epoch from case when visit.last_beat_at <= coalesce(shown.expires_at, 'infinity')
            then visit.last_beat_at else greatest(shown.granted_at, shown.expires_at - shown.lease) end)::float8
            as seen_at,
          coalesce(shown.expires_at, 'infinity') > asked.until and visit.last_beat_at + shown.lease >= asked.until
            as live
        from shown join visit on visit.id = shown.visit_id
          left join tapped on tapped.visit_id = shown.visit_id
          -- Holder by holder: the planner knows neither how many there are nor how many contacts they have made.
          left join lateral (
            -- Who has called three times from one telephone has called from one telephone.
            select 1 - exp(sum(ln(1 - least(probability, 0.999999)))) as chance
            from (
              select max(probability) as probability from attribution_credit
              where attribution_credit.visit_id = shown.visit_id
                and at < asked.until and (asked.address is null or address is distinct from asked.address)
              group by coalesce(address, subject)
            ) as telephone
          ) as contacted on true
        order by shown.granted_at desc limit ${latest}
      ) as holder
    order by asked.place, holder.granted_at desc`;
}

function holderOf(row: HolderRow, at: number): Holder {
  const lastSeenAt = row.seen_at * 1_000;
  return {
    visitId: row.visit_id,
    leaseId: row.lease_id,
    visitorId: row.visitor_id,
    // A visit's age is the time it was looked at: that is what its calls are counted against.
    shownAt: Math.min(lastSeenAt, at) - row.engaged_seconds * 1_000,
    lastSeenAt,
    live: row.live,
    tappedAt: row.tapped_at === null ? null : row.tapped_at * 1_000,
    engagedSeconds: row.engaged_seconds,
    pages: row.pages,
    region: coarseRegion(row.region),
    contacted: row.contacted ?? 0,
  };
}
