/**
 * Attributes a call or a text to a visit, keeps why, and tells the contact centre. One function for both, because a
 * person who texts the number they saw is the same question as one who calls it. What is heard later revises the belief
 * (`attribution/belief-desk.ts`).
 */
import type { VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { AniRegions } from './ani-region.ts';
import type { Beliefs } from './attribution/beliefs.postgres.ts';
import { readBond } from './attribution/bonds.postgres.ts';
import { decideCredit, usualThreshold } from './attribution/decide-credit.ts';
import { readHolders } from './attribution/holders.postgres.ts';
import type { Models } from './attribution/models.postgres.ts';
import { type Noted, reviseBelief } from './attribution/revise-belief.ts';
import { type ContactKind, tellBelief } from './attribution/tell-belief.ts';
import { type Confirmed, confirmedOf, traceOf } from './attribution/trace.ts';
import { type Belief, type Contact as Evidence, type Holder, weighContact } from './attribution/weigh-contact.ts';
import type { OwnNumber } from './numbers.postgres.ts';

export interface Contact {
  /** The call's or conversation's id. */
  readonly subject: string;
  readonly kind: ContactKind;
  readonly number: OwnNumber;
  /** Unix ms. */
  readonly at: number;
  /** Who calls or texts; null when withheld. */
  readonly address: string | null;
  /** The visit whose token a text carries. */
  readonly reference?: VisitId | null;
}

export type CreditContact = (work: Work, contact: Contact) => Promise<{ readonly visitId: VisitId | null }>;

interface World {
  readonly beliefs: Beliefs;
  readonly models: Pick<Models, 'ofPool'>;
  readonly regions: Pick<AniRegions, 'regionOf'>;
  readonly fingerprint: (text: string) => string;
  readonly outbox: Outbox;
  /** Sees to it that this enterprise's habits are learned from now on. */
  readonly startLearning: (work: Work, contact: OwnNumber) => Promise<void>;
}

export function createCreditContact(world: World): CreditContact {
  return async (work, contact) => {
    const { subject, kind, number, at } = contact;
    const { enterpriseId, poolId } = number;
    const address = contact.address === null ? null : world.fingerprint(`contact ${enterpriseId} ${contact.address}`);
    const holders = await readHolders(work.tx, { numberId: number.id, at, address });
    const bond = address === null ? null : await readBond(work.tx, { enterpriseId, address, at });
    const model = await world.models.ofPool(work.tx, enterpriseId, poolId);
    const evidence = { at, region: world.regions.regionOf(contact.address), bond };
    const weighed = weighContact(holders, evidence, model.rates);
    const noted = await referenceOf(world, work, contact);
    const belief = reviseBelief(spreadTerms(weighed), noted === null ? [] : [noted]);
    const threshold = (await world.beliefs.threshold(work.tx, enterpriseId, poolId)) ?? usualThreshold;
    const credit = decideCredit(belief, threshold);
    const first = { enterpriseId, subject, numberId: number.id, revision: 1, cause: 'contact' as const };
    const facts = { threshold, modelVersion: model.version, noted, factKey: null };
    await world.beliefs.insertFirst(
      work.tx,
      { ...first, belief, credit, ...facts },
      {
        poolId,
        address,
        at,
        // A number in no pool is shown to nobody: its calls say nothing of how visitors call.
        trace: poolId === null ? null : traceOf({ ...evidence, shown: address !== null }, holders),
        stands: standsOf(weighed, evidence, holders),
      },
    );
    await world.startLearning(work, number);
    await tellBelief(world.outbox, work, {
      enterpriseId,
      subject,
      kind,
      belief,
      credit,
      revision: 1,
      cause: 'contact',
    });
    return { visitId: credit.visitId };
  };
}

/** A token names its visit for certain, when that is one of this enterprise's. */
async function referenceOf(world: World, work: Work, contact: Contact): Promise<Noted | null> {
  const { reference: visitId = null, number, at } = contact;
  if (visitId === null || !(await world.beliefs.hasVisit(work.tx, number.enterpriseId, visitId))) return null;
  return { fact: { kind: 'known', visitId }, at };
}

function spreadTerms({ candidates, nobody, others }: Belief) {
  return {
    candidates: candidates.map((candidate) => ({ ...candidate, terms: { ...candidate.terms } })),
    nobody,
    others,
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
