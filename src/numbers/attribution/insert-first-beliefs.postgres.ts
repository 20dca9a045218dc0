/**
 * First beliefs as they are written: the belief, what is learned from it and its credits, of all contacts that come at one
 * moment by one statement, because each call and text waits for it.
 */
import { sql } from 'kysely';
import type { EnterpriseId, NumberId, PoolId, VisitId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import type { AttributionCause } from '../../records/schema-attribution.ts';
import type { Credit, Weighed } from './decide-credit.ts';
import type { Considered, Noted } from './revise-belief.ts';
import type { Confirmed, Trace } from './trace.ts';

/** A belief as it is written down. */
export interface NewBelief {
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
  readonly numberId: NumberId;
  readonly revision: number;
  readonly cause: AttributionCause;
  readonly belief: Weighed<Considered>;
  readonly credit: Credit;
  readonly threshold: number;
  readonly modelVersion: number;
  readonly noted: Noted | null;
  /** What makes a repeated fact the same. */
  readonly factKey: string | null;
}

/** What is kept beside the first belief. */
export interface NewTrace {
  readonly poolId: PoolId | null;
  readonly address: string | null;
  /** Unix ms of the contact. */
  readonly at: number;
  readonly trace: Trace | null;
  /** Where each candidate stands in the trace, should it be confirmed. */
  readonly stands: Readonly<Record<VisitId, Confirmed>>;
}

/** A contact's first belief with what is kept beside it. */
export interface FirstBelief {
  readonly wanted: NewBelief;
  readonly kept: NewTrace;
}

/** `beliefs`: the rows of the beliefs, in the order of `firsts`. */
export async function insertFirstBeliefs(
  tx: Db,
  firsts: readonly FirstBelief[],
  beliefs: readonly ReturnType<typeof beliefColumns>[],
): Promise<void> {
  const traces = firsts.map(({ wanted, kept }) => ({
    subject: wanted.subject,
    enterprise_id: wanted.enterpriseId,
    pool_id: kept.poolId,
    address: kept.address,
    at: new Date(kept.at),
    latest: wanted.revision,
    trace: kept.trace,
    stands: kept.stands,
  }));
  await sql`
    with believed as (
      insert into attribution (id, enterprise_id, subject, revision, number_id, decision, visit_id, probability, candidates,
        at, nobody, others, threshold, model_version, cause, fact, fact_key)
      select id, enterprise_id, subject, revision, number_id, decision, visit_id, probability, candidates, at, nobody,
        others, threshold, model_version, cause, fact, fact_key
      from jsonb_to_recordset(${JSON.stringify(beliefs)}::jsonb) as belief
        (id text, enterprise_id text, subject text, revision int, number_id text, decision text, visit_id text,
          probability float8, candidates jsonb, at timestamptz, nobody float8, others float8, threshold float8,
          model_version int, cause text, fact jsonb, fact_key text)
    ), traced as (
      insert into attribution_trace (subject, enterprise_id, pool_id, address, at, latest, trace, stands)
      select subject, enterprise_id, pool_id, address, at, latest, trace, stands
      from jsonb_to_recordset(${JSON.stringify(traces)}::jsonb) as kept
        (subject text, enterprise_id text, pool_id text, address text, at timestamptz, latest int, trace jsonb,
          stands jsonb)
    )
    ${writeCredits(firsts.flatMap(({ wanted, kept }) => creditsOf(wanted, kept)))}`.execute(tx);
}

/** A belief's columns but its id and instant; documents as values. */
export function beliefColumns(wanted: NewBelief) {
  const { belief, credit } = wanted;
  return {
    enterprise_id: wanted.enterpriseId,
    subject: wanted.subject,
    revision: wanted.revision,
    number_id: wanted.numberId,
    decision: credit.decision,
    visit_id: credit.visitId,
    probability: shortened(credit.probability),
    candidates: belief.candidates.map(shortenedCandidate),
    nobody: shortened(belief.nobody),
    others: shortened(belief.others),
    threshold: wanted.threshold,
    model_version: wanted.modelVersion,
    cause: wanted.cause,
    fact: wanted.noted,
    fact_key: wanted.factKey,
  };
}

/** The belief from the visits' side. */
export function creditsOf(
  { enterpriseId, subject, belief }: NewBelief,
  { address, at }: Pick<NewTrace, 'address' | 'at'>,
) {
  return belief.candidates.map(({ visitId, probability }) => ({
    subject,
    visit_id: visitId,
    enterprise_id: enterpriseId,
    address,
    probability: shortened(probability),
    at: new Date(at),
  }));
}

/** As rows of one parameter, so that the statement is the same however many there are. */
export function writeCredits(credits: readonly ReturnType<typeof creditsOf>[number][]) {
  return sql`
    insert into attribution_credit (subject, visit_id, enterprise_id, address, probability, at)
    select subject, visit_id, enterprise_id, address, probability, at
    from jsonb_to_recordset(${JSON.stringify(credits)}::jsonb) as credit
      (subject text, visit_id text, enterprise_id text, address text, probability float8, at timestamptz)`;
}

function shortenedCandidate({ visitId, leaseId, probability, terms }: Considered): Considered {
  const short = Object.entries(terms).map(([name, factor]) => [name, Number(factor.toPrecision(4))]);
  return { visitId, leaseId, probability: shortened(probability), terms: Object.fromEntries(short) };
}

/** Four decimals: a probability is not known any better. */
function shortened(probability: number): number {
  return Number(probability.toFixed(4));
}
