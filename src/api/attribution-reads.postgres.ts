/**
 * What the API asks of the record about attribution: reads only, each scoped by enterprise.
 */
import { sql } from 'kysely';
import type { Foretold } from '../numbers/attribution/model-figures.ts';
import type { EnterpriseId, PoolId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';

/** Confirmed contacts that a reliability table is made of. */
const foretoldMax = 10_000;

export type AttributionReads = ReturnType<typeof createAttributionReads>;

export function createAttributionReads(world: { db: Db }) {
  const { db } = world;
  return Object.freeze({
    /** All that was believed of a call or conversation, oldest first. */
    revisions: (enterpriseId: EnterpriseId, subject: string) =>
      db
        .selectFrom('attribution')
        .selectAll()
        .where('subject', '=', subject)
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('revision')
        .execute(),

    /** Of the contacts whose visit is certain by now: the first belief's most probable visit, or nobody. */
    async foretold(enterpriseId: EnterpriseId, poolId: PoolId | null): Promise<Foretold[]> {
      const ofPool = poolId === null ? sql`true` : sql`trace.pool_id = ${poolId}`;
      const { rows } = await sql<Foretold>`
        select first.probability, first.decision <> 'nobody'
          and coalesce(first.candidates->0->>'visitId' = trace.confirmed_visit_id, false) as right
        from attribution_trace as trace
          join attribution as first on first.subject = trace.subject and first.revision = 1
        where trace.enterprise_id = ${enterpriseId} and trace.confirmed_visit_id is not null
          and first.fact is null and ${ofPool}
        order by trace.at desc limit ${sql.lit(foretoldMax)}`.execute(db);
      return rows.map(({ probability, right }) => ({ probability, right }));
    },

    /** False when this enterprise has no such pool. */
    async setThreshold(enterpriseId: EnterpriseId, poolId: PoolId | null, threshold: number | null): Promise<boolean> {
      const set = { credit_threshold: threshold };
      const update =
        poolId === null
          ? db.updateTable('enterprise').set(set).where('id', '=', enterpriseId)
          : db.updateTable('pool').set(set).where('id', '=', poolId).where('enterprise_id', '=', enterpriseId);
      return (await update.executeTakeFirst()).numUpdatedRows === 1n;
    },
  });
}
