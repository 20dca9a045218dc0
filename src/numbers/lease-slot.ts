/** One number of a pool as the ledger keeps it: who has it, from when it may be given again, and where it is queued. */
import type { LeaseId, VisitId } from '../ports/ids.ts';
import { compared, type Former } from './idle-rank.ts';
import type { GrantWish, Lease, PoolNumber } from './lease-book.ts';

/** Where a number stands in the queue of busy ones. */
export interface BusyEntry {
  /** Unix ms. */
  readonly at: number;
  readonly slot: Slot;
}

/** A grant of which nobody knows yet what became of it. */
export interface UnderWay {
  readonly leaseId: LeaseId;
  /** Told once it is known; null as a rule. */
  waiting: (() => void)[] | null;
  /** It could not be undone yet: that is tried again later, and nobody waits for it. */
  isStalled: boolean;
}

export function whenKnown(grant: UnderWay, tell: () => void): void {
  grant.waiting ??= [];
  grant.waiting.push(tell);
}

export function tellWaiting(grant: UnderWay): void {
  const { waiting } = grant;
  grant.waiting = null;
  if (waiting !== null) for (const tell of waiting) tell();
}

export interface Slot {
  number: PoolNumber;
  place: 'idle' | 'busy';
  generation: number;
  lease: Lease | null;
  underWay: UnderWay | null;
  /** Earlier visits of the lease's visitor that still beat on it. */
  sharers: readonly VisitId[];
  /** From when it may be given again. */
  freeAt: number;
  /** Calls expected of the lease's visit. */
  intent: number;
  trait: string | null;
  /** The last few holders before of whom something is known, the latest last. */
  readonly former: Former[];
  /** Digest of the address the lease was given to. */
  address: string | null;
  /** Taken out of the pool: its lease runs on, and it is not given again. */
  gone: boolean;
  /** The busy queue's entry that counts. */
  queued: BusyEntry | null;
}

/** A number that nobody has had yet. */
export function newSlot(number: PoolNumber, freeAt: number): Slot {
  return {
    number,
    place: 'idle',
    generation: 0,
    lease: null,
    underWay: null,
    sharers: [],
    freeAt,
    intent: 0,
    trait: null,
    former: [],
    address: null,
    gone: false,
    queued: null,
  };
}

/** Whoever held the number so far, the latest last. */
export function holdersOf({ former, lease, trait, intent }: Slot): readonly Former[] {
  return lease === null ? former : [...former, { trait, intent, until: lease.expiresAt }];
}

/** The lease's holder joins those before; one of whom nothing is known is like nobody, and is not kept. */
export function noteHolder({ former, lease, trait, intent }: Slot): void {
  if (lease === null) return;
  if (former.length >= compared) former.shift();
  if (trait !== null) former.push({ trait, intent, until: lease.expiresAt });
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
