/**
 * Whether this address has called or texted the enterprise before, and whose that was believed to be: a person who calls
 * again is, most of the time, whoever they were.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { EnterpriseId, VisitId } from '../../ports/ids.ts';
import { askTogether } from '../../records/ask-together.ts';
import { byPlace, listed, placed } from '../../records/many-rows.postgres.ts';
import type { Db } from '../../records/schema.ts';
import type { Bond } from './weigh-contact.ts';

interface BondRow {
  readonly place: number;
  readonly at: Date;
  readonly nobody: number | null;
  readonly candidates: readonly { readonly visitId: VisitId; readonly probability: number }[];
}

export interface BondWish {
  readonly enterpriseId: EnterpriseId;
  /** A keyed digest. */
  readonly address: string;
  /** Unix ms of the contact. */
  readonly at: number;
}

/** The latest earlier contact of the address within the look-back, as it is believed now; null when there was none. */
export const readBond: (db: Db, wish: BondWish) => Promise<Bond | null> = askTogether(readBonds);

async function readBonds(db: Db, wishes: readonly BondWish[]): Promise<readonly (Bond | null)[]> {
  const asked = wishes.map(({ enterpriseId, address, at }) => ({
    enterprise_id: enterpriseId,
    address,
    since: new Date(at - limits.attributionLookBackMs),
    until: new Date(at),
  }));
  const { rows } = await sql<BondRow>`
    select asked.place, last.at, belief.nobody, belief.candidates
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked
        (place int, enterprise_id text, address text, since timestamptz, until timestamptz)
      cross join lateral (
        select at, subject, latest from attribution_trace as trace
        where trace.enterprise_id = asked.enterprise_id and trace.address = asked.address
          and trace.at < asked.until and trace.at >= asked.since
        order by trace.at desc limit 1
      ) as last
      cross join lateral (
        select nobody, candidates from attribution where subject = last.subject and revision = last.latest limit 1
      ) as belief`.execute(db);
  const visitors = await visitorsOf(
    db,
    rows.flatMap(({ candidates }) => candidates.map(({ visitId }) => visitId)),
  );
  return byPlace(rows, wishes.length, null, ({ at, nobody, candidates }) => ({
    at: at.getTime(),
    nobody: nobody ?? 0,
    believed: candidates.map(({ visitId, probability }) => ({
      visitId,
      visitorId: visitors.get(visitId) ?? null,
      probability,
    })),
  }));
}

async function visitorsOf(db: Db, ids: readonly VisitId[]): Promise<ReadonlyMap<VisitId, string | null>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: VisitId; visitor_id: string | null }>`
    select id, visitor_id from visit where id = any(${listed(ids)})`.execute(db);
  return new Map(rows.map((row) => [row.id, row.visitor_id]));
}
