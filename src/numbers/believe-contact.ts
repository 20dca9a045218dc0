/**
 * What is believed of a contact the moment it comes in: everything that speaks for one visit or another, read and
 * weighed, and nothing written. `credit-contact.ts` keeps it; the decision hook is told it before the call is kept.
 */
import { allDone } from '../ports/all-done.ts';
import type { VisitId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { AniRegions } from './ani-region.ts';
import type { Beliefs } from './attribution/beliefs.postgres.ts';
import { readBond } from './attribution/bonds.postgres.ts';
import { decideCredit, usualThreshold } from './attribution/decide-credit.ts';
import { readHolders } from './attribution/holders.postgres.ts';
import type { Models } from './attribution/models.postgres.ts';
import { type Noted, reviseBelief } from './attribution/revise-belief.ts';
import { type Belief, weighContact } from './attribution/weigh-contact.ts';
import type { OwnNumber } from './numbers.postgres.ts';

export interface NewContact {
  readonly number: OwnNumber;
  /** Unix ms. */
  readonly at: number;
  /** Who calls or texts; null when withheld. */
  readonly address: string | null;
  /** The visit whose token a text carries. */
  readonly reference?: VisitId | null;
}

export interface BelievingWorld {
  readonly beliefs: Beliefs;
  readonly models: Pick<Models, 'ofPool'>;
  readonly regions: Pick<AniRegions, 'regionOf'>;
  readonly fingerprint: (text: string) => string;
}

export async function believeContact(world: BelievingWorld, db: Db, contact: NewContact) {
  const { number, at } = contact;
  const { enterpriseId, poolId } = number;
  const address = contact.address === null ? null : world.fingerprint(`contact ${enterpriseId} ${contact.address}`);
  const [holders, bond, model, noted, set] = await allDone([
    readHolders(db, { numberId: number.id, at, address }),
    address === null ? null : readBond(db, { enterpriseId, address, at }),
    world.models.ofPool(db, enterpriseId, poolId),
    referenceOf(world, db, contact),
    world.beliefs.threshold(db, { enterpriseId, poolId }),
  ]);
  const evidence = { at, region: world.regions.regionOf(contact.address), bond };
  const weighed = weighContact(holders, evidence, model.rates);
  const belief = reviseBelief(spreadTerms(weighed), noted === null ? [] : [noted]);
  const threshold = set ?? usualThreshold;
  const credit = decideCredit(belief, threshold);
  return { address, holders, evidence, model, weighed, noted, belief, threshold, credit };
}

/** A token names its visit for certain, when that is one of this enterprise's. */
async function referenceOf(world: BelievingWorld, db: Db, contact: NewContact): Promise<Noted | null> {
  const { reference: visitId = null, number, at } = contact;
  if (visitId === null || !(await world.beliefs.hasVisit(db, number.enterpriseId, visitId))) return null;
  return { fact: { kind: 'known', visitId }, at };
}

function spreadTerms({ candidates, nobody, others }: Belief) {
  return {
    candidates: candidates.map((candidate) => ({ ...candidate, terms: { ...candidate.terms } })),
    nobody,
    others,
  };
}
