/**
 * Before a contact is attributed the record must know who was shown its number until now, and we where the caller's own
 * number is at home. Done outside the contact's
 * transaction, because the embedded database has one session; when it fails the contact goes on with what the record has.
 */
import type { E164 } from '../ports/e164.ts';
import type { Db } from '../records/schema.ts';
import type { AniRegions } from './ani-region.ts';
import type { LeaseBook } from './lease-book.ts';
import type { Numbers, OwnNumber } from './numbers.postgres.ts';

/** `from`: who calls or texts; null when withheld. Resolves with the number, null where it was not found; never rejects. */
export type SettleHolders = (e164: E164, carrier: string, from: string | null) => Promise<OwnNumber | null>;

export function createSettleHolders(world: {
  readonly db: Db;
  readonly numbers: Numbers;
  readonly book: Pick<LeaseBook, 'settle'>;
  readonly regions: Pick<AniRegions, 'learn'>;
  readonly logFault: (fault: unknown, event: string) => void;
}): SettleHolders {
  return async (e164, carrier, from) => {
    let number: OwnNumber | null = null;
    try {
      await world.regions.learn(from);
      number = await world.numbers.findOwn(world.db, { e164, carrier });
      if (number !== null && number.poolId !== null) await world.book.settle(number.poolId, number.id);
    } catch (fault) {
      world.logFault(fault, 'holders-not-settled');
    }
    return number;
  };
}
