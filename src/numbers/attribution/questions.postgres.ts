/**
 * Masked questions on record: what was asked about a belief is asked the same way until it is answered, although the
 * visits behind it go on. Reads, too, the little of each visit that a mask is made of.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { VisitId } from '../../ports/ids.ts';
import type { Tx } from '../../records/schema.ts';
import type { HeldContact } from './beliefs.postgres.ts';
import type { Choice, Glimpse } from './masked-question.ts';

export type Questions = ReturnType<typeof createQuestions>;

export function createQuestions(world: { clock: Clock }) {
  return Object.freeze({
    /** The question about one revision of a belief, if it was asked. */
    async find(tx: Tx, subject: string, revision: number): Promise<readonly Choice[] | null> {
      const row = await tx
        .selectFrom('attribution_question')
        .select('choices')
        .where('subject', '=', subject)
        .where('revision', '=', revision)
        .executeTakeFirst();
      return row === undefined ? null : (row.choices as Choice[]);
    },

    async insert(tx: Tx, { enterpriseId, subject }: HeldContact, revision: number, choices: readonly Choice[]) {
      await tx
        .insertInto('attribution_question')
        .values({
          subject,
          revision,
          enterprise_id: enterpriseId,
          choices: JSON.stringify(choices),
          at: new Date(world.clock.now()),
        })
        .execute();
    },

    /** The candidates, and everybody else who was shown the number: pages are named only when several share them. */
    async glimpses(tx: Tx, { numberId, at }: HeldContact, candidates: readonly VisitId[]): Promise<Glimpse[]> {
      const [from, until] = [new Date(at - limits.attributionLookBackMs), new Date(at)];
      const latest = sql.lit(limits.attributionHoldersMax);
      const { rows } = await sql<GlimpseRow>`
        with shown as (
          (select visit_id from lease where number_id = ${numberId} and granted_at between ${from} and ${until}
            order by granted_at desc limit ${latest})
          union
          (select id from visit where shown_number_id = ${numberId} and started_at between ${from} and ${until}
            order by started_at desc limit ${latest})
          union
          select unnest(${[...candidates]}::text[])
        )
        select visit.id, visit.visitor_id, visit.pages, visit.last_beat_at, visit.arrival->>'url' as url,
          (select detail->>'page' from visit_signal
            where visit_id = visit.id and kind = 'product-page' order by at desc limit 1) as product_page
        from shown join visit on visit.id = shown.visit_id`.execute(tx);
      return rows.map((row) => ({
        visitId: row.id,
        visitor: row.visitor_id ?? row.id,
        page: row.product_page ?? row.url,
        pages: row.pages,
        lastSeenAt: row.last_beat_at.getTime(),
      }));
    },
  });
}

interface GlimpseRow {
  readonly id: VisitId;
  readonly visitor_id: string | null;
  readonly pages: number;
  readonly last_beat_at: Date;
  readonly url: string | null;
  readonly product_page: string | null;
}
