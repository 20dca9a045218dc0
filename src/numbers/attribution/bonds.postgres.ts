/**
 * Whether this address has called or texted the enterprise before, and whose that was believed to be: a person who calls
 * again is, most of the time, whoever they were.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { EnterpriseId, VisitId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import type { Bond } from './weigh-contact.ts';

interface BondRow {
  readonly at: Date;
  readonly nobody: number | null;
  readonly candidates: readonly { readonly visitId: VisitId; readonly probability: number }[];
}

/** The latest earlier contact of the address (a keyed digest) within the look-back, as it is believed now. */
export async function readBond(
  tx: Db,
  wish: { readonly enterpriseId: EnterpriseId; readonly address: string; readonly at: number },
): Promise<Bond | null> {
  const { rows } = await sql<BondRow>`
    select trace.at, belief.nobody, belief.candidates
    from attribution_trace as trace
      join attribution as belief on belief.subject = trace.subject and belief.revision = trace.latest
    where trace.enterprise_id = ${wish.enterpriseId} and trace.address = ${wish.address}
      and trace.at < ${new Date(wish.at)} and trace.at >= ${new Date(wish.at - limits.attributionLookBackMs)}
    order by trace.at desc limit 1`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  const visitors = await visitorsOf(
    tx,
    row.candidates.map(({ visitId }) => visitId),
  );
  const believed = row.candidates.map(({ visitId, probability }) => ({
    visitId,
    visitorId: visitors.get(visitId) ?? null,
    probability,
  }));
  return { at: row.at.getTime(), nobody: row.nobody ?? 0, believed };
}

async function visitorsOf(tx: Db, ids: readonly VisitId[]): Promise<ReadonlyMap<VisitId, string | null>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.selectFrom('visit').select(['id', 'visitor_id']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.visitor_id]));
}
