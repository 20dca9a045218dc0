/**
 * The lease book: who has which number, right now. It is asked at every page view and beat, so it answers from memory or
 * from Redis; PostgreSQL keeps what it decided. A port with two adapters that pass one suite
 * (`test/conformance/lease-book.ts`).
 *
 * The words: a lease lasts until `expiresAt` = the later of `grantedAt + hold` and the last beat + `lease`. After it the
 * number rests for `rest`, and may then be given to somebody else. Never are two visitors holders of one number at once.
 */
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, LeaseId, NumberId, PoolId, VisitId, WebsiteId } from '../ports/ids.ts';

/** A pool's durations, in milliseconds. */
export interface LeaseTerms {
  readonly holdMs: number;
  readonly leaseMs: number;
  readonly restMs: number;
  /** How long a visitor's former number is looked for first. */
  readonly stickyMs: number;
}

/** A number as the book needs it. `group` is what a page may prefer: toll-free, or one area code. */
export interface PoolNumber {
  readonly id: NumberId;
  readonly e164: E164;
  readonly group: string;
}

/** Who wants a number, and which. */
export interface GrantWish {
  readonly leaseId: LeaseId;
  readonly visitId: VisitId;
  readonly visitorId: string | null;
  /** Groups in order of preference; no other will do. Null: any number, the one whose turn it is. */
  readonly groups: readonly string[] | null;
  readonly terms: LeaseTerms;
}

export interface Lease {
  readonly id: LeaseId;
  readonly visitId: VisitId;
  readonly visitorId: string | null;
  readonly numberId: NumberId;
  readonly e164: E164;
  /** Counts the leases of one number: 1, 2, 3 … A lease with a lower one has ended. */
  readonly generation: number;
  readonly grantedAt: number;
  readonly holdUntil: number;
  readonly expiresAt: number;
}

/** The visit that a grant belongs to; kept with it, so that no lease is ever without its visit. */
export interface OpenedVisit {
  readonly id: VisitId;
  readonly enterpriseId: EnterpriseId;
  readonly websiteId: WebsiteId;
  readonly visitorId: string | null;
  readonly arrival: Readonly<Record<string, string>>;
  readonly startedAt: number;
}

/** What the record must hold before a page is told: a visit, with its first lease or without one. */
export interface GrantRecord {
  /** Null: a later lease of a visit that the record has. */
  readonly visit: OpenedVisit | null;
  readonly lease: (Lease & { readonly enterpriseId: EnterpriseId; readonly poolId: PoolId }) | null;
}

/** What a visit asks of the book. */
export interface Want {
  readonly enterpriseId: EnterpriseId;
  readonly poolId: PoolId;
  readonly groups: readonly string[] | null;
  readonly terms: LeaseTerms;
  /** Keyed digest of the visitor's address (IPv4, or IPv6 /64); null when it is not known. */
  readonly address: string | null;
  /** A human sign was seen: pointer, touch or key. */
  readonly proven: boolean;
  readonly bounds: {
    /** Live leases for one address. */
    readonly livePerAddressMax: number;
    /** Above this share of the pool in use, only proven visits are given a number. */
    readonly provenAboveShare: number;
  };
}

export type Answer =
  | { readonly kind: 'granted'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly reason: 'exhausted' | 'address-live' | 'proof-first' };

/** A sign of life of a visit, as far as its lease is concerned. */
export interface LeaseBeat {
  readonly poolId: PoolId;
  readonly visitId: VisitId;
  readonly terms: LeaseTerms;
  readonly engagedSeconds: number;
  readonly pages: number;
}

export interface LeaseBook {
  /** Keeps a visit, and leases it a number when one is wanted. Resolves when neither can be lost any more. */
  open(visit: OpenedVisit, want: Want | null): Promise<Answer | null>;
  /** A later lease of a visit that was opened before: its first one ended, or it has proved human since. */
  grant(visit: Pick<OpenedVisit, 'id' | 'visitorId'>, want: Want): Promise<Answer>;
  /** Extends the visit's lease; null when it has none any more. What was learned reaches the record within seconds. */
  beat(beat: LeaseBeat): Promise<Lease | null>;
  /** The visitor has left: the lease ends with its hold. */
  end(ended: Pick<LeaseBeat, 'poolId' | 'visitId' | 'terms'>): Promise<void>;
  /** Before a contact on this number is attributed: the record then knows every holder so far and their last beats. */
  settle(poolId: PoolId, numberId: NumberId): Promise<void>;
  /** The pool's numbers have changed in the record. */
  refresh(poolId: PoolId): Promise<void>;
  /** Writes what is under way and stops. */
  close(): Promise<void>;
}
