/** Tells the contact centre what is believed of a call or a conversation, at first and with each revision. */
import type { EnterpriseId } from '../../ports/ids.ts';
import type { Outbox } from '../../records/outbox.postgres.ts';
import type { AttributionCause } from '../../records/schema-attribution.ts';
import type { Work } from '../../records/transact.ts';
import type { Credit, Weighed } from './decide-credit.ts';

export type ContactKind = 'call' | 'conversation';

export interface ToldBelief {
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
  readonly kind: ContactKind;
  readonly belief: Weighed;
  readonly credit: Credit;
  readonly revision: number;
  readonly cause: AttributionCause;
}

/** Of the candidates only their number is told: who they might have been is nobody else's business. */
export async function tellBelief(outbox: Outbox, work: Work, told: ToldBelief): Promise<void> {
  const { enterpriseId, subject, kind, belief, credit, revision, cause } = told;
  const data = {
    [`${kind}Id`]: subject,
    decision: credit.decision,
    visitId: credit.visitId,
    probability: Number(credit.probability.toFixed(4)),
    nobody: Number(belief.nobody.toFixed(4)),
    candidates: belief.candidates.length,
    revision,
    cause,
  };
  await outbox.appendEvent(work, { enterpriseId, subject, type: `${kind}.attributed`, data });
}
