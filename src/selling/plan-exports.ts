/**
 * Hears of everything the contact centre is told, in the same transaction, and orders an export whenever something was
 * said that may change what a vendor should hold: a call ended, an outcome, a refund of one, another belief about whose
 * call it was. What is to be sent is decided later and afresh, so ordering once too often does no harm.
 */
import type { CallId } from '../ports/ids.ts';
import type { NewEvent } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Destinations } from './destinations.postgres.ts';
import type { Exports } from './exports.postgres.ts';

/** `call.attributed` and whatever later says that a belief about a call was revised. */
const telling = /^(?:call\.(?:ended|outcome|revised|[a-z-]*attributed|[a-z-]*credited)|conversion\.recorded)$/;

export type HearEvent = (work: Work, event: NewEvent) => Promise<void>;

export function createPlanExports(world: {
  destinations: Pick<Destinations, 'list'>;
  exports: Pick<Exports, 'order'>;
}): HearEvent {
  return async (work, { enterpriseId, type, data }) => {
    const { callId } = data;
    if (!telling.test(type) || typeof callId !== 'string') return;
    for (const destination of await world.destinations.list(work.tx, enterpriseId)) {
      if (!destination.enabled) continue;
      await world.exports.order(work, { enterpriseId, destinationId: destination.id, callId: callId as CallId });
    }
  };
}
