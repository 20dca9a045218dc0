/**
 * What a book that starts again makes of a lease in the record. Beats reach the record within a second, so a crash may
 * have lost the last of them; a page was promised those extensions all the same. A lease that may have been extended is
 * therefore kept as if it had been, for one lease time from now.
 */
import { limits } from '../../config/limits.ts';
import type { LeaseTerms, PastLease } from './lease-book.ts';

/** From when the number may be given again, in Unix ms: whatever was promised is over by then, and its rest too. */
export function restoredFreeAt(past: Pick<PastLease, 'expiresAt'>, terms: LeaseTerms, now: number): number {
  const promisedAtMost = past.expiresAt + limits.beatFlushEveryMs + terms.leaseMs;
  return Math.max(promisedAtMost, restoredExpiry(past, terms, now)) + terms.restMs;
}

/** Until when the lease is to be kept, in Unix ms. */
export function restoredExpiry(past: Pick<PastLease, 'expiresAt'>, { leaseMs }: LeaseTerms, now: number): number {
  const mayHaveBeenExtended = past.expiresAt >= now - leaseMs - limits.beatFlushEveryMs;
  return mayHaveBeenExtended ? Math.max(past.expiresAt, now + leaseMs) : past.expiresAt;
}
