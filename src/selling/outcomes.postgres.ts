/**
 * What came of a call, as the contact centre says. Outcomes are appended, never changed: a refund is a further outcome.
 * Each is told on, with the visit it is credited to, so that the sale finds its advertisement.
 */
import type { Clock } from '../ports/clock.ts';
import type { CallId, EnterpriseId, Ids, VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Row } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';

export interface NewOutcome {
  readonly enterpriseId: EnterpriseId;
  readonly callId: CallId;
  readonly visitId: VisitId | null;
  readonly disposition: string;
  /** A decimal amount as text, such as `129.00`. */
  readonly value: string | null;
  readonly currency: string | null;
  readonly note: string | null;
}

export type Outcomes = ReturnType<typeof createOutcomes>;

export function createOutcomes(world: { clock: Clock; ids: Ids; outbox: Outbox }) {
  return Object.freeze({
    /** Appends an outcome and tells it. */
    async append(work: Work, outcome: NewOutcome): Promise<Row<'outcome'>> {
      const { enterpriseId, callId, visitId, disposition, value, currency, note } = outcome;
      const row = await work.tx
        .insertInto('outcome')
        .values({
          id: world.ids.make('out'),
          enterprise_id: enterpriseId,
          call_id: callId,
          disposition,
          value,
          currency,
          note,
          at: new Date(world.clock.now()),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      const data = { callId, outcomeId: row.id, visitId, disposition, value, currency };
      await world.outbox.appendEvent(work, { enterpriseId, subject: callId, type: 'call.outcome', data });
      return row;
    },
  });
}
