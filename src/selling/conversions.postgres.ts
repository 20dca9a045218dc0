/**
 * Sales, refunds and leads that other systems report: the shop's orders, the till's refunds. Each is known by the
 * sender's own id and recorded once; the same id with other content is refused, because one of the two would be wrong.
 * Each is told on, so that a purchase matched to a visit can bear on who called.
 */
import { limits } from '../../config/limits.ts';
import { type Clock, toIso } from '../ports/clock.ts';
import type { CallId, ConversionId, EnterpriseId, Ids, OutcomeId, VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Row, Tx } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import { toHundredths } from './conversion-export.ts';

export interface NewConversion {
  readonly enterpriseId: EnterpriseId;
  /** The sender's own id of it. */
  readonly externalId: string;
  readonly kind: 'sale' | 'refund' | 'lead';
  readonly visitId: VisitId | null;
  readonly visitorId: string | null;
  readonly orderId: string | null;
  /** Of a refund: the external id of a sale, or the id of a call's outcome. */
  readonly refundOf: string | null;
  readonly value: string | null;
  readonly currency: string | null;
  /** Unix ms. */
  readonly occurredAt: number;
}

export type Recorded =
  | { readonly kind: 'recorded' | 'known'; readonly conversion: Row<'conversion'> }
  | {
      readonly kind: 'refused';
      readonly reason: 'other-content' | 'no-visit' | 'no-sale' | 'other-currency' | 'more-than-sold';
    };

export type Conversions = ReturnType<typeof createConversions>;

export function createConversions(world: { clock: Clock; ids: Ids; outbox: Pick<Outbox, 'appendEvent'> }) {
  return Object.freeze({
    /** Records a conversion once, finds the visit it belongs to, and tells it. */
    async record(work: Work, wanted: NewConversion): Promise<Recorded> {
      const before = await knownAs(work.tx, wanted);
      if (before !== undefined) return isSame(before, wanted) ? known(before) : refused('other-content');
      const sale = wanted.kind === 'refund' ? await findSale(work.tx, wanted) : null;
      if (wanted.kind === 'refund') {
        const problem = sale === null ? 'no-sale' : await refundProblem(work.tx, wanted, sale);
        if (problem !== null) return refused(problem);
      }
      const visitId = sale?.visitId ?? (await findVisit(work.tx, wanted));
      if (visitId === undefined) return refused('no-visit');
      const row = await insert(world, work.tx, wanted, { sale, visitId });
      if (row === undefined) {
        const raced = await knownAs(work.tx, wanted);
        return raced !== undefined && isSame(raced, wanted) ? known(raced) : refused('other-content');
      }
      await tell(world, work, row, sale?.callId ?? null);
      return { kind: 'recorded', conversion: row };
    },
  });
}

/** What a refund takes back. */
interface Sale {
  readonly conversionId: ConversionId | null;
  readonly outcomeId: OutcomeId | null;
  readonly callId: CallId | null;
  readonly visitId: VisitId | null;
  readonly value: string | null;
  readonly currency: string | null;
}

function known(conversion: Row<'conversion'>): Recorded {
  return { kind: 'known', conversion };
}

function refused(reason: Extract<Recorded, { kind: 'refused' }>['reason']): Recorded {
  return { kind: 'refused', reason };
}

function knownAs(tx: Tx, { enterpriseId, externalId }: NewConversion): Promise<Row<'conversion'> | undefined> {
  return tx
    .selectFrom('conversion')
    .selectAll()
    .where('enterprise_id', '=', enterpriseId)
    .where('external_id', '=', externalId)
    .executeTakeFirst();
}

/** Whether a repeated report says the same. What it left open may have been found by us meanwhile. */
function isSame(row: Row<'conversion'>, wanted: NewConversion): boolean {
  const sameValue = (row.value === null ? null : toHundredths(row.value)) === hundredthsOf(wanted.value);
  const sameVisit = wanted.visitId === null || wanted.visitId === row.visit_id;
  const { kind, currency, visitorId, orderId } = wanted;
  return (
    sameValue &&
    sameVisit &&
    row.kind === kind &&
    row.currency === currency &&
    row.visitor_id === visitorId &&
    row.order_id === orderId
  );
}

function hundredthsOf(value: string | null): number | null {
  return value === null ? null : toHundredths(value);
}

/** By what it names: an outcome's id, a sale's external id, or the order's. */
async function findSale(tx: Tx, { enterpriseId, refundOf, orderId }: NewConversion): Promise<Sale | null> {
  if (refundOf?.startsWith('out_') === true) {
    const outcome = await tx
      .selectFrom('outcome')
      .innerJoin('call', 'call.id', 'outcome.call_id')
      .select(['outcome.id', 'outcome.call_id', 'outcome.value', 'outcome.currency', 'call.visit_id'])
      .where('outcome.id', '=', refundOf as OutcomeId)
      .where('outcome.enterprise_id', '=', enterpriseId)
      .forUpdate('outcome')
      .executeTakeFirst();
    if (outcome === undefined) return null;
    const { id, call_id: callId, visit_id: visitId, value, currency } = outcome;
    return { conversionId: null, outcomeId: id, callId, visitId, value, currency };
  }
  let query = tx.selectFrom('conversion').selectAll().where('enterprise_id', '=', enterpriseId);
  query = query.where('kind', '=', 'sale');
  query = refundOf === null ? query.where('order_id', '=', orderId) : query.where('external_id', '=', refundOf);
  const row = await query.orderBy('recorded_at', 'desc').limit(1).forUpdate().executeTakeFirst();
  if (row === undefined) return null;
  const { id, visit_id: visitId, value, currency } = row;
  return { conversionId: id, outcomeId: null, callId: null, visitId, value, currency };
}

/** Refunds of one sale add up to no more than it; the sale's row is locked, so two at once are counted one by one. */
async function refundProblem(
  tx: Tx,
  wanted: NewConversion,
  sale: Sale,
): Promise<'other-currency' | 'more-than-sold' | null> {
  if (sale.value === null) return null;
  if (sale.currency !== wanted.currency) return 'other-currency';
  const column = sale.outcomeId === null ? 'refund_of_conversion_id' : 'refund_of_outcome_id';
  const rows = await tx
    .selectFrom('conversion')
    .select('value')
    .where(column, '=', sale.outcomeId ?? sale.conversionId)
    .execute();
  const taken = rows.reduce((sum, { value }) => sum + toHundredths(value ?? '0'), 0);
  const isTooMuch = taken + toHundredths(wanted.value ?? '0') > toHundredths(sale.value);
  return isTooMuch ? 'more-than-sold' : null;
}

/** The named visit, the visitor's latest one before it, or the one an earlier conversion of the order belongs to. */
async function findVisit(tx: Tx, wanted: NewConversion): Promise<VisitId | null | undefined> {
  const { enterpriseId, visitId, visitorId, orderId, occurredAt } = wanted;
  const visits = tx.selectFrom('visit').select('id').where('enterprise_id', '=', enterpriseId);
  if (visitId !== null) return (await visits.where('id', '=', visitId).executeTakeFirst())?.id;
  if (visitorId !== null) {
    const latest = await visits
      .where('visitor_id', '=', visitorId)
      .where('started_at', '<=', new Date(occurredAt))
      .where('started_at', '>=', new Date(occurredAt - limits.conversionLookBackMs))
      .orderBy('started_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (latest !== undefined) return latest.id;
  }
  if (orderId === null) return null;
  const earlier = await tx
    .selectFrom('conversion')
    .select('visit_id')
    .where('enterprise_id', '=', enterpriseId)
    .where('order_id', '=', orderId)
    .where('visit_id', 'is not', null)
    .orderBy('recorded_at')
    .limit(1)
    .executeTakeFirst();
  return earlier?.visit_id ?? null;
}

/** Undefined: the same external id came twice at once, and the other one was faster. */
function insert(
  world: { clock: Clock; ids: Ids },
  tx: Tx,
  wanted: NewConversion,
  { sale, visitId }: { sale: Sale | null; visitId: VisitId | null },
): Promise<Row<'conversion'> | undefined> {
  return tx
    .insertInto('conversion')
    .values({
      id: world.ids.make('cnv'),
      enterprise_id: wanted.enterpriseId,
      external_id: wanted.externalId,
      kind: wanted.kind,
      visit_id: visitId,
      visitor_id: wanted.visitorId,
      order_id: wanted.orderId,
      refund_of_conversion_id: sale?.conversionId ?? null,
      refund_of_outcome_id: sale?.outcomeId ?? null,
      value: wanted.value,
      currency: wanted.currency,
      occurred_at: new Date(wanted.occurredAt),
      recorded_at: new Date(world.clock.now()),
    })
    .onConflict((clash) => clash.columns(['enterprise_id', 'external_id']).doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Under the visit it belongs to, so that a visit's facts come in order; under its own id when it belongs to none. */
async function tell(
  world: { outbox: Pick<Outbox, 'appendEvent'> },
  work: Work,
  row: Row<'conversion'>,
  callId: CallId | null,
): Promise<void> {
  const { id, kind, value, currency } = row;
  const data = {
    conversionId: id,
    externalId: row.external_id,
    kind,
    visitId: row.visit_id,
    visitorId: row.visitor_id,
    orderId: row.order_id,
    callId,
    value,
    currency,
    occurredAt: toIso(row.occurred_at.getTime()),
  };
  const subject = row.visit_id ?? id;
  await world.outbox.appendEvent(work, {
    enterpriseId: row.enterprise_id,
    subject,
    type: 'conversion.recorded',
    data,
  });
}
