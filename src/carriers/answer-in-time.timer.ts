/**
 * The one path that may skip the record: an inbound call must be answered within the carrier's patience. When taking
 * the call does not finish in time, or the record is away, the caller is connected to the number's static failover
 * destination from memory, and the call is recorded afterwards.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { AppError } from '../ports/errors.ts';
import type { Log } from '../ports/log.ts';
import type { FailoverBook } from '../telephony/failover-book.ts';
import type { IncomingCall } from '../telephony/open-call.ts';
import type { CallDesk, Taken } from '../telephony/take-call.ts';
import { inTime } from './in-time.timer.ts';

export type AnswerInTime = (
  incoming: IncomingCall,
) => Promise<Taken | { readonly kind: 'failover'; readonly to: E164 }>;

interface World {
  readonly desk: Pick<CallDesk, 'take'>;
  readonly failovers: Pick<FailoverBook, 'find' | 'note'>;
  readonly log: Log;
}

/** @throws AppError `unavailable` when the record is away and the number has no failover destination. */
export function createAnswerInTime(world: World): AnswerInTime {
  return async (incoming) => {
    let late = false;
    const taking = world.desk.take(incoming, () => late);
    try {
      return await inTime(taking, limits.callAnswerTimeoutMs);
    } catch (fault) {
      late = true;
      const to = world.failovers.find(incoming.carrier, incoming.dnis);
      world.log.error(
        { fault, carrierCallId: incoming.carrierCallId, failover: to !== null },
        'call-answered-without-record',
      );
      if (to === null) throw new AppError('unavailable', { cause: fault });
      world.failovers.note(incoming);
      return { kind: 'failover', to };
    }
  };
}
