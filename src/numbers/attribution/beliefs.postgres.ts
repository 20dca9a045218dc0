/**
 * What is believed of contacts, on record: each revision with its candidates, its cause and the fact behind it. A new
 * belief is a new row; beside it stands the latest belief from the visits' side, and what will be learned from.
 */
import { sql } from 'kysely';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, Ids, NumberId, PoolId, VisitId } from '../../ports/ids.ts';
import { askTogether } from '../../records/ask-together.ts';
import { byPlace, placed } from '../../records/many-rows.postgres.ts';
import type { Db, Row, Tx } from '../../records/schema.ts';
import type { Weighed } from './decide-credit.ts';
import {
  beliefColumns,
  creditsOf,
  type FirstBelief,
  insertFirstBeliefs,
  type NewBelief,
  writeCredits,
} from './insert-first-beliefs.postgres.ts';
import type { Considered, Noted } from './revise-belief.ts';

/** A contact whose belief may be revised; locked. */
export interface HeldContact {
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
  readonly numberId: NumberId;
  readonly poolId: PoolId | null;
  readonly address: string | null;
  readonly at: number;
  /** Oldest first; at least one. */
  readonly revisions: readonly Revision[];
}

export interface Revision {
  readonly revision: number;
  readonly belief: Weighed<Considered>;
  readonly modelVersion: number;
  readonly noted: Noted | null;
}

export type Beliefs = ReturnType<typeof createBeliefs>;

export function createBeliefs(world: { clock: Clock; ids: Ids }) {
  const rowOf = (wanted: NewBelief) => ({
    id: world.ids.make('attr'),
    at: new Date(world.clock.now()),
    ...beliefColumns(wanted),
  });

  return Object.freeze({
    /** From which probability on the most probable visit is credited, as the pool or its enterprise has set it. */
    threshold: askTogether(readThresholds),

    /** The first belief, its trace and its credits. */
    insertFirst: askTogether<FirstBelief, undefined>(async (tx, firsts) => {
      await insertFirstBeliefs(
        tx,
        firsts,
        firsts.map(({ wanted }) => rowOf(wanted)),
      );
      return firsts.map(() => undefined);
    }),

    /** Keeps others from revising it until the transaction ends; null when this enterprise has no such contact. */
    async lock(tx: Tx, enterpriseId: EnterpriseId, subject: string): Promise<HeldContact | null> {
      const first = await tx
        .selectFrom('attribution')
        .select('number_id')
        .where('subject', '=', subject)
        .where('enterprise_id', '=', enterpriseId)
        .where('revision', '=', 1)
        .forUpdate()
        .executeTakeFirst();
      if (first === undefined) return null;
      const rows = await tx
        .selectFrom('attribution')
        .selectAll()
        .where('subject', '=', subject)
        .orderBy('revision')
        .execute();
      const trace = await tx
        .selectFrom('attribution_trace')
        .selectAll()
        .where('subject', '=', subject)
        .executeTakeFirst();
      return {
        enterpriseId,
        subject,
        numberId: first.number_id,
        poolId: trace?.pool_id ?? null,
        address: trace?.address ?? null,
        at: (trace?.at ?? rows[0]?.at)?.getTime() ?? world.clock.now(),
        revisions: rows.map(revisionOf),
      };
    },

    /** Adds a revision of a locked contact. `known`: the one visit it certainly was. */
    async revise(tx: Tx, held: HeldContact, wanted: NewBelief, known: VisitId | null): Promise<void> {
      const { candidates, fact, ...row } = rowOf(wanted);
      const asText = { candidates: JSON.stringify(candidates), fact: fact === null ? null : JSON.stringify(fact) };
      await tx
        .insertInto('attribution')
        .values({ ...row, ...asText })
        .execute();
      await tx
        .updateTable('attribution_trace')
        .set({ latest: wanted.revision, confirmed_visit_id: known })
        .where('subject', '=', held.subject)
        .execute();
      await tx.deleteFrom('attribution_credit').where('subject', '=', held.subject).execute();
      await writeCredits(creditsOf(wanted, held)).execute(tx);
    },

    async hasVisit(tx: Db, enterpriseId: EnterpriseId, visitId: VisitId): Promise<boolean> {
      const row = await tx
        .selectFrom('visit')
        .select('id')
        .where('id', '=', visitId)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row !== undefined;
    },

    /** The latest contact before `until` that this visit may have made. */
    async contactOf(tx: Tx, visitId: VisitId, from: number, until: number): Promise<string | null> {
      const row = await tx
        .selectFrom('attribution_credit')
        .select('subject')
        .where('visit_id', '=', visitId)
        .where('at', '>=', new Date(from))
        .where('at', '<=', new Date(until))
        .orderBy('at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.subject ?? null;
    },

    /** The revision that a fact with this key has made already. */
    async revisionBy(tx: Tx, enterpriseId: EnterpriseId, factKey: string): Promise<number | null> {
      const row = await tx
        .selectFrom('attribution')
        .select('revision')
        .where('enterprise_id', '=', enterpriseId)
        .where('fact_key', '=', factKey)
        .executeTakeFirst();
      return row?.revision ?? null;
    },

    /** Counts a wrong code on this contact; how many there have been now. */
    async countCodeTry(tx: Tx, subject: string): Promise<number> {
      const row = await tx
        .updateTable('attribution_trace')
        .set({ code_tries: sql`code_tries + 1` })
        .where('subject', '=', subject)
        .returning('code_tries')
        .executeTakeFirst();
      return row?.code_tries ?? 0;
    },

    async codeTries(tx: Tx, subject: string): Promise<number> {
      const query = tx.selectFrom('attribution_trace').select('code_tries').where('subject', '=', subject);
      return (await query.executeTakeFirst())?.code_tries ?? 0;
    },
  });
}

async function readThresholds(
  db: Db,
  asks: readonly { readonly enterpriseId: EnterpriseId; readonly poolId: PoolId | null }[],
): Promise<readonly (number | null)[]> {
  const asked = asks.map(({ enterpriseId, poolId }) => ({ enterprise_id: enterpriseId, pool_id: poolId }));
  const { rows } = await sql<{ place: number; threshold: number | null }>`
    select asked.place, coalesce(pool.credit_threshold, enterprise.credit_threshold) as threshold
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked (place int, enterprise_id text, pool_id text)
      join enterprise on enterprise.id = asked.enterprise_id
      left join pool on pool.id = asked.pool_id`.execute(db);
  return byPlace(rows, asks.length, null, ({ threshold }) => threshold);
}

function revisionOf(row: Row<'attribution'>): Revision {
  const candidates = row.candidates as Considered[];
  const named = candidates.reduce((sum, { probability }) => sum + probability, 0);
  // Rows of an older program say only by their gap how likely nobody was.
  const nobody = row.nobody ?? Math.max(0, 1 - named);
  return {
    revision: row.revision,
    belief: { candidates, nobody, others: row.others ?? 0 },
    modelVersion: row.model_version ?? 0,
    noted: row.fact as Noted | null,
  };
}
