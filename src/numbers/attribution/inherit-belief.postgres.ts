/**
 * Whose contact a call of ours is: the same person's as the contact it follows from, or the visit's that it was made about.
 * The belief is copied as it stands, so that what comes of the call is credited alike; it leaves no trace to be learned from,
 * because nobody has chosen to call. Later revisions of the first one do not follow.
 */
import { sql } from 'kysely';
import type { CallId, ConversationId, EnterpriseId, Ids, NumberId, VisitId } from '../../ports/ids.ts';
import type { Tx } from '../../records/schema.ts';
import { usualThreshold } from './decide-credit.ts';

export interface Inheritance {
  readonly enterpriseId: EnterpriseId;
  readonly callId: CallId;
  readonly numberId: NumberId;
  /** The contact it follows from; with null the visit is what is known. */
  readonly from: CallId | ConversationId | null;
  readonly visitId: VisitId | null;
  /** Unix ms. */
  readonly at: number;
}

export type InheritBelief = (tx: Tx, wanted: Inheritance) => Promise<void>;

export function createInheritBelief({ ids }: { readonly ids: Ids }): InheritBelief {
  return async (tx, wanted) => {
    const { enterpriseId, callId, numberId, from, visitId } = wanted;
    const id = ids.make('attr');
    const at = new Date(wanted.at);
    if (from !== null) {
      await sql`
        insert into attribution (id, enterprise_id, subject, revision, number_id, decision, visit_id, probability,
          candidates, at, nobody, others, threshold, model_version)
        select ${id}, enterprise_id, ${callId}, 1, ${numberId}, decision, visit_id, probability,
          candidates, ${at}::timestamptz, nobody, others, threshold, model_version
        from attribution where subject = ${from} and enterprise_id = ${enterpriseId}
        order by revision desc limit 1`.execute(tx);
      return;
    }
    if (visitId === null) return;
    await tx
      .insertInto('attribution')
      .values({
        id,
        enterprise_id: enterpriseId,
        subject: callId,
        revision: 1,
        number_id: numberId,
        decision: 'credited',
        visit_id: visitId,
        probability: 1,
        candidates: JSON.stringify([{ visitId, leaseId: null, probability: 1, terms: {} }]),
        at,
        nobody: 0,
        others: 0,
        threshold: usualThreshold,
        model_version: 0,
      })
      .execute();
  };
}
