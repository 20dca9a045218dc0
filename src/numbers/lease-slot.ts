/** One number of a pool as the ledger keeps it: who has it, from when it may be given again, and where it is queued. */
import type { LeaseId, VisitId } from '../ports/ids.ts';
import type { Former } from './idle-rank.ts';
import type { GrantWish, Lease, PoolNumber } from './lease-book.ts';

export interface Slot {
  number: PoolNumber;
  place: 'idle' | 'busy';
  generation: number;
  lease: Lease | null;
  /** Its grant of which nobody knows yet what became of it. */
  underWay: LeaseId | null;
  /** Earlier visits of the lease's visitor that still beat on it. */
  sharers: readonly VisitId[];
  /** From when it may be given again. */
  freeAt: number;
  /** Calls expected of the lease's visit. */
  intent: number;
  trait: string | null;
  /** The holders before, the latest last. */
  former: readonly Former[];
  /** Digest of the address the lease was given to. */
  address: string | null;
  /** Taken out of the pool: its lease runs on, and it is not given again. */
  gone: boolean;
  /** Only the busy queue's entry with this ticket counts. */
  ticket: number;
}

const none: readonly never[] = [];

/** A number that nobody has had yet. */
export function newSlot(number: PoolNumber, freeAt: number): Slot {
  return {
    number,
    place: 'idle',
    generation: 0,
    lease: null,
    underWay: null,
    sharers: none,
    freeAt,
    intent: 0,
    trait: null,
    former: none,
    address: null,
    gone: false,
    ticket: 0,
  };
}

/** Whoever held the number so far, the latest last. */
export function holdersOf({ former, lease, trait, intent }: Slot): readonly Former[] {
  return lease === null ? former : [...former, { trait, intent, until: lease.expiresAt }];
}

/** The lease that lasts beyond `now`, if there is one. */
export function liveLease(slot: Slot | undefined, now: number): Lease | null {
  const lease = slot?.lease ?? null;
  return lease !== null && lease.expiresAt > now ? lease : null;
}

/** The lease that follows on this number. */
export function leaseOf(slot: Slot, { terms, leaseId, visitId, visitorId }: GrantWish, now: number): Lease {
  return {
    id: leaseId,
    visitId,
    visitorId,
    numberId: slot.number.id,
    e164: slot.number.e164,
    generation: slot.generation + 1,
    grantedAt: now,
    holdUntil: now + terms.holdMs,
    expiresAt: now + Math.max(terms.holdMs, terms.leaseMs),
  };
}
