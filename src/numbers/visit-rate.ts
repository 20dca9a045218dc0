/**
 * How many visits of one address may have a number of their own: a few a minute (a pool's policy), so that a script
 * that loads pages does not empty a pool. A visit over the rate is kept and shown the shared number; nothing fails.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';

export interface VisitRate {
  /** Counts one more visit of the address (a digest; null: it says nothing) and says whether it is within the rate. */
  isWithin(address: string | null, perMinuteMax: number): Promise<boolean> | boolean;
}

/**
 * Counts in this process, without a timer for each address: an address's minute begins with its first visit, and whoever
 * was not seen for a whole minute is forgotten with all the others of that time.
 */
export function createOwnVisitRate({ clock }: { clock: Clock }): VisitRate {
  const withinMs = limits.visitsPerAddressWithinMs;
  let current = new Map<string, { visits: number; since: number }>();
  let before: typeof current = new Map();
  let turnedAt = clock.now();

  function turn(now: number): void {
    if (now - turnedAt < withinMs && now >= turnedAt && current.size < limits.visitAddressesMax) return;
    before = now - turnedAt < 2 * withinMs ? current : new Map();
    current = new Map();
    turnedAt = now;
  }

  return Object.freeze({
    isWithin(address: string | null, perMinuteMax: number): boolean {
      if (address === null) return true;
      const now = clock.now();
      turn(now);
      const known = current.get(address);
      const seen = known ?? before.get(address);
      const isSameMinute = seen !== undefined && now - seen.since < withinMs;
      const own = isSameMinute ? seen : { visits: 0, since: now };
      own.visits += 1;
      if (own !== known) current.set(address, own);
      return own.visits <= perMinuteMax;
    },
  });
}
