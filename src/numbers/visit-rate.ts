/**
 * How many visits of one address may have a number of their own: a few a minute (a pool's policy), so that a script
 * that loads pages does not empty a pool. A visit over the rate is kept and shown the shared number; nothing fails.
 */
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { limits } from '../../config/limits.ts';

export interface VisitRate {
  /** Counts one more visit of the address (a digest; null: it says nothing) and says whether it is within the rate. */
  isWithin(address: string | null, perMinuteMax: number): Promise<boolean>;
}

/** Counts per process; `store` counts for all of them. */
export function createVisitRate(store: RateLimiterAbstract = new RateLimiterMemory(visitRateBounds)): VisitRate {
  return Object.freeze({
    async isWithin(address: string | null, perMinuteMax: number): Promise<boolean> {
      if (address === null) return true;
      try {
        const { consumedPoints } = await store.consume(address);
        return consumedPoints <= perMinuteMax;
      } catch (fault) {
        if (fault instanceof RateLimiterRes) return false;
        throw fault;
      }
    },
  });
}

/** What any store of the rate is made with. */
const visitRateBounds = Object.freeze({
  keyPrefix: 'visits',
  points: limits.visitsPerAddressMax,
  duration: limits.visitsPerAddressWithinMs / 1_000,
});
