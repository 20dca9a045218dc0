/**
 * Attributes a call or a text to a visit, keeps why, and tells the contact centre. One function for both, because a
 * person who texts the number they saw is the same question as one who calls it.
 */
import type { VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Attributions } from './attributions.postgres.ts';
import type { OwnNumber } from './numbers.postgres.ts';

export interface Contact {
  /** The call's or conversation's id. */
  readonly subject: string;
  readonly kind: 'call' | 'conversation';
  readonly number: OwnNumber;
  /** Unix ms. */
  readonly at: number;
}

export type CreditContact = (work: Work, contact: Contact) => Promise<{ readonly visitId: VisitId | null }>;

export function createCreditContact(world: { attributions: Attributions; outbox: Outbox }): CreditContact {
  return async (work, { subject, kind, number, at }) => {
    const holders = await world.attributions.holders(work.tx, number.id, at);
    const attribution = attribute(holders, at);
    const { enterpriseId, id: numberId } = number;
    await world.attributions.insert(work.tx, { enterpriseId, subject, numberId, attribution, revision: 1 });
    const data = { [`${kind}Id`]: subject, ...toldOf(attribution) };
    await world.outbox.appendEvent(work, { enterpriseId, subject, type: `${kind}.attributed`, data });
    return { visitId: attribution.visitId };
  };
}

function toldOf(attribution: Attribution): Record<string, unknown> {
  const { decision, visitId, probability, candidates } = attribution;
  return { decision, visitId, probability: Number(probability.toFixed(4)), candidates: candidates.length };
}
