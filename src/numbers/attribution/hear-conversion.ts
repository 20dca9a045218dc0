/**
 * Turns a recorded sale into a fact about who called: the visit that bought soon after a call probably made it. It hears
 * the event and not the sale's own record, which lives beside the numbers and not below them.
 */
import type { VisitId } from '../../ports/ids.ts';
import type { NewEvent } from '../../records/outbox.postgres.ts';
import type { Work } from '../../records/transact.ts';
import type { BeliefDesk } from './belief-desk.ts';

/** Hears every event; all but `conversion.recorded` of a sale whose visit is known are nothing to it. */
export type HearConversion = (work: Work, event: NewEvent) => Promise<void>;

export function createHearConversion(desk: Pick<BeliefDesk, 'purchaseMatched'>): HearConversion {
  return async (work, { type, enterpriseId, data }) => {
    if (type !== 'conversion.recorded' || data.kind !== 'sale' || typeof data.visitId !== 'string') return;
    const at = Date.parse(String(data.occurredAt));
    if (Number.isNaN(at)) return;
    const visitId = data.visitId as VisitId;
    const subject = typeof data.callId === 'string' ? data.callId : null;
    await desk.purchaseMatched(work, { enterpriseId, visitId, subject, key: String(data.conversionId), at });
  };
}
