/**
 * Where a caller goes when the record does not answer: each number's static failover destination, held in memory and
 * refreshed while the record is well. Calls sent there are remembered, within a bound, until they can be recorded.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import type { Log } from '../ports/log.ts';
import type { IncomingCall } from './open-call.ts';
import type { CallDesk } from './take-call.ts';

export interface FailoverBook {
  /** The destination of one of our numbers, null when it has none or is not known here. */
  find(carrier: string, dnis: E164): E164 | null;
  /** Reads all destinations again; keeps what it has when the record is away. */
  refresh(): Promise<void>;
  /** Remembers a call that was sent to its failover number without the record. */
  note(incoming: IncomingCall): void;
  /** Records what was remembered, as far as the record answers; a second call waits for the one under way. */
  tellLater(): Promise<void>;
}

interface World {
  readonly readFailovers: () => Promise<readonly { e164: E164; carrier: string; failover: E164 }[]>;
  readonly desk: Pick<CallDesk, 'failedOver'>;
  readonly log: Log;
}

export function createFailoverBook(world: World): FailoverBook {
  let destinations = new Map<string, E164>();
  const untold: IncomingCall[] = [];
  let telling: Promise<void> | null = null;
  return Object.freeze({
    find: (carrier: string, dnis: E164) => destinations.get(`${carrier} ${dnis}`) ?? null,

    async refresh(): Promise<void> {
      try {
        const rows = await world.readFailovers();
        destinations = new Map(rows.map((row) => [`${row.carrier} ${row.e164}`, row.failover]));
      } catch (fault) {
        world.log.warn({ fault, kept: destinations.size }, 'failovers-not-refreshed');
      }
    },

    note(incoming: IncomingCall): void {
      if (untold.some((other) => other.carrierCallId === incoming.carrierCallId)) return;
      if (untold.length >= limits.failedOverCallsKeptMax) {
        world.log.error({ carrierCallId: incoming.carrierCallId }, 'failed-over-call-not-kept');
        return;
      }
      untold.push(incoming);
    },

    tellLater(): Promise<void> {
      telling ??= tellAll().finally(() => {
        telling = null;
      });
      return telling;
    },
  });

  /** A call leaves the list once it is recorded, so what is being told is still known to `note`. */
  async function tellAll(): Promise<void> {
    for (let incoming = untold[0]; incoming !== undefined; incoming = untold[0]) {
      try {
        await world.desk.failedOver(incoming);
        untold.shift();
      } catch (fault) {
        world.log.warn({ fault, carrierCallId: incoming.carrierCallId }, 'failed-over-call-not-recorded-yet');
        return;
      }
    }
  }
}
