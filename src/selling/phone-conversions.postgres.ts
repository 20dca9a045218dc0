/**
 * What is known of a call when its conversions are exported: whether it came about, whom the latest attribution credits
 * it to, and each sale with what refunds have left of it. Everything is read afresh, so an export that comes late tells
 * what is believed then.
 */
import { type RawBuilder, sql } from 'kysely';
import { type E164, parseE164 } from '../ports/e164.ts';
import type { CallId, OutcomeId, VisitId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import { type ClickIds, type Credit, type PhoneConversion, toHundredths } from './conversion-export.ts';

export interface CallFacts {
  readonly credit: Credit | null;
  readonly phone: E164 | null;
  /** The call itself when somebody was reached, and its sales; the oldest first. */
  readonly conversions: readonly PhoneConversion[];
}

/** A visit may be exported when the page said so as it opened. */
const consentGiven = new Set(['granted', 'true']);
/** Endings in which the caller reached somebody, or left word. */
const reached = new Set(['answered', 'voicemail', 'failover']);

/** Null: there is no such call. The id comes from the outbox, which is scoped. */
export async function readCallFacts(db: Db, callId: CallId): Promise<CallFacts | null> {
  const { rows } = await factsOf(callId).execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    credit: creditOf(row),
    phone: row.ani === null ? null : parseE164(row.ani),
    conversions: [...callConversion(callId, row), ...(await readSales(db, callId, row))],
  };
}

interface FactsRow {
  readonly ani: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly bridged_ms: number | null;
  readonly outcome: string | null;
  readonly decision: string | null;
  readonly probability: number | null;
  readonly visit_id: VisitId | null;
  readonly visit_started_at: Date | null;
  readonly arrival: Record<string, string> | null;
}

function factsOf(callId: CallId): RawBuilder<FactsRow> {
  return sql<FactsRow>`
    select call.ani, call.started_at, call.ended_at, (call.document->>'bridgedAt')::bigint as bridged_ms,
      call.document->'verdict'->>'outcome' as outcome, belief.decision, belief.probability,
      visit.id as visit_id, visit.started_at as visit_started_at, visit.arrival
    from call
    left join lateral (
      select decision, probability, visit_id from attribution
      where subject = call.id order by revision desc limit 1
    ) as belief on true
    left join visit on visit.id = belief.visit_id and visit.enterprise_id = call.enterprise_id
    where call.id = ${callId}`;
}

function creditOf({ decision, probability, visit_id, visit_started_at, arrival }: FactsRow): Credit | null {
  if (decision !== 'credited' || visit_id === null || visit_started_at === null || arrival === null) return null;
  const visit = {
    visitId: visit_id,
    startedAt: visit_started_at.getTime(),
    consented: consentGiven.has(String(arrival.consent)),
    clicks: clicksOf(arrival),
  };
  return { probability: probability ?? 0, visit };
}

function clicksOf(arrival: Record<string, string>): ClickIds {
  const names = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'gaClientId'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (arrival[name] === undefined ? [] : [[name, String(arrival[name])]])),
  );
}

function callConversion(callId: CallId, row: FactsRow): PhoneConversion[] {
  if (row.ended_at === null || !reached.has(row.outcome ?? '')) return [];
  const occurredAt = row.started_at.getTime();
  return [{ key: callId, kind: 'call', occurredAt, value: null, currency: null, talkMs: talkMsOf(row) }];
}

function talkMsOf({ bridged_ms, ended_at }: FactsRow): number {
  return bridged_ms === null || ended_at === null ? 0 : Math.max(0, ended_at.getTime() - bridged_ms);
}

/**
 * Sales are outcomes with the disposition `sale`. What takes from them are refunds that name them, and outcomes with the
 * disposition `refund`, which take from the latest sale before them in the same currency.
 */
async function readSales(db: Db, callId: CallId, row: FactsRow): Promise<PhoneConversion[]> {
  const outcomes = await db
    .selectFrom('outcome')
    .select(['id', 'disposition', 'value', 'currency', 'at'])
    .where('call_id', '=', callId)
    .orderBy('at')
    .orderBy('id')
    .execute();
  const sales = outcomes.filter(({ disposition }) => disposition.toLowerCase() === 'sale');
  if (sales.length === 0) return [];
  const taken = await readRefunds(db, callId);
  for (const refund of outcomes.filter(({ disposition }) => disposition.toLowerCase() === 'refund')) {
    const sale = sales.findLast(({ currency, id }) => currency === refund.currency && id < refund.id);
    if (sale === undefined || refund.value === null) continue;
    taken.set(sale.id, (taken.get(sale.id) ?? 0) + toHundredths(refund.value));
  }
  return sales.map(({ id, value, currency, at }) => ({
    key: id,
    kind: 'sale',
    occurredAt: at.getTime(),
    value: value === null ? null : (Math.max(0, toHundredths(value) - (taken.get(id) ?? 0)) / 100).toFixed(2),
    currency,
    talkMs: talkMsOf(row),
  }));
}

/** What refunds took from each outcome of the call, in hundredths. */
async function readRefunds(db: Db, callId: CallId): Promise<Map<OutcomeId, number>> {
  const rows = await db
    .selectFrom('conversion')
    .innerJoin('outcome', (join) =>
      join
        .onRef('outcome.id', '=', 'conversion.refund_of_outcome_id')
        .onRef('outcome.currency', '=', 'conversion.currency'),
    )
    .select(['outcome.id', 'conversion.value'])
    .where('outcome.call_id', '=', callId)
    .execute();
  const taken = new Map<OutcomeId, number>();
  for (const { id, value } of rows) taken.set(id, (taken.get(id) ?? 0) + toHundredths(value ?? '0'));
  return taken;
}
