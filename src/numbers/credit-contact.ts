/**
 * Attributes a call or a text to a visit, keeps why, and tells the contact centre. One function for both, because a
 * person who texts the number they saw is the same question as one who calls it. What is heard later revises the belief
 * (`attribution/belief-desk.ts`).
 */
import { allDone } from '../ports/all-done.ts';
import type { VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Credit } from './attribution/decide-credit.ts';
import { type ContactKind, tellBelief } from './attribution/tell-belief.ts';
import { type Confirmed, confirmedOf, traceOf } from './attribution/trace.ts';
import type { Belief, Contact as Evidence, Holder } from './attribution/weigh-contact.ts';
import { type BelievingWorld, believeContact, type NewContact } from './believe-contact.ts';
import type { OwnNumber } from './numbers.postgres.ts';

export interface Contact extends NewContact {
  /** The call's or conversation's id. */
  readonly subject: string;
  readonly kind: ContactKind;
}

export type CreditContact = (work: Work, contact: Contact) => Promise<Credit>;

interface World extends BelievingWorld {
  readonly outbox: Outbox;
  /** Sees to it that this enterprise's habits are learned from now on. */
  readonly startLearning: (work: Work, contact: OwnNumber) => Promise<void>;
}

export function createCreditContact(world: World): CreditContact {
  return async (work, contact) => {
    const { subject, kind, number, at } = contact;
    const { enterpriseId, poolId } = number;
    const believed = await believeContact(world, work.tx, contact);
    const { address, holders, evidence, model, weighed, noted, belief, threshold, credit } = believed;
    const first = { enterpriseId, subject, numberId: number.id, revision: 1, cause: 'contact' as const };
    const facts = { threshold, modelVersion: model.version, noted, factKey: null };
    const kept = {
      poolId,
      address,
      at,
      // A number in no pool is shown to nobody: its calls say nothing of how visitors call.
      trace: poolId === null ? null : traceOf({ ...evidence, shown: address !== null }, holders),
      stands: standsOf(weighed, evidence, holders),
    };
    await allDone([
      world.beliefs.insertFirst(work.tx, { wanted: { ...first, belief, credit, ...facts }, kept }),
      world.startLearning(work, number),
      tellBelief(world.outbox, work, { enterpriseId, subject, kind, belief, credit, revision: 1, cause: 'contact' }),
    ]);
    return credit;
  };
}

/** Where each candidate would stand among the habits: as a holder, or as one who calls again. */
function standsOf(belief: Belief, evidence: Evidence, holders: readonly Holder[]): Record<VisitId, Confirmed> {
  const byVisit = new Map(holders.map((holder) => [holder.visitId, holder]));
  const stands: Record<VisitId, Confirmed> = {};
  for (const { visitId, terms } of belief.candidates) {
    const holder = byVisit.get(visitId);
    stands[visitId] = holder === undefined || terms.repeat > 0.5 ? { kind: 'repeat' } : confirmedOf(evidence, holder);
  }
  return stands;
}
