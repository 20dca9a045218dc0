/**
 * The lease book: who has which number, right now. It is asked at every page view and beat, so it answers from memory or
 * from Redis; PostgreSQL keeps what it decided. A port with two adapters that pass one suite
 * (`test/conformance/lease-book.ts`).
 *
 * The words: a lease lasts until `expiresAt` = the later of `grantedAt + hold` and the last beat + `lease`. After it the
 * number rests for `rest`, and may then be given to somebody else. Never are two visitors holders of one number at once.
 * Two visits of one visitor (two tabs) share their number: the later one holds the lease, beats of either extend it.
 */
import type { E164 } from '../ports/e164.ts';
import type { BatchId, EnterpriseId, LeaseId, NumberId, PoolId, VisitId, WebsiteId } from '../ports/ids.ts';

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
  /** What tells this caller from others later: the visit's region; null when it is not known. */
  readonly trait: string | null;
  readonly terms: LeaseTerms;
  /** Left out: whoever asks is served. */
  readonly guard?: GrantGuard | undefined;
}

/** Who is to be refused though a number is free: bots take numbers by the dozen and never show a human sign. */
export interface GrantGuard {
  /** Keyed digest of the visitor's address (IPv4, or IPv6 /64); null when it is not known. Never written down. */
  readonly address: string | null;
  /** A human sign was seen: pointer, touch or key. */
  readonly proven: boolean;
  /** Visits of one address in a minute that are given a number; a book of one process leaves that to `visit-rate.ts`. */
  readonly newPerMinuteMax?: number | undefined;
  /** Live leases for one address. */
  readonly livePerAddressMax: number;
  /** From this share of the pool in use on, only proven visits are given a number. 1: never. */
  readonly provenAboveShare: number;
}

export type Refusal = 'exhausted' | 'address-new' | 'address-live' | 'proof-first';

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
  /** What the page shows when it gets no number of its own; kept, so that callers of the shared number can be found. */
  readonly sharedNumberId: NumberId | null;
}

/** What the record must hold before a page is told: a visit, with its first lease or without one. */
export interface GrantRecord {
  /** Null: a later lease of a visit that the record has. */
  readonly visit: OpenedVisit | null;
  readonly lease: (Lease & { readonly enterpriseId: EnterpriseId; readonly poolId: PoolId }) | null;
}

/** What a visit asks of the book. */
export interface Want extends Pick<GrantWish, 'groups' | 'trait' | 'terms' | 'guard'> {
  readonly enterpriseId: EnterpriseId;
  readonly poolId: PoolId;
}

export type Answer =
  | { readonly kind: 'granted'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** A sign of life of a visit, as far as its lease is concerned. */
export interface LeaseBeat {
  readonly poolId: PoolId;
  readonly visitId: VisitId;
  readonly terms: LeaseTerms;
  readonly engagedSeconds: number;
  readonly pages: number;
}

export interface LeaseBook {
  /**
   * Keeps a visit, and leases it a number when one is wanted (null otherwise). Resolves when neither can be lost any more.
   * @throws AppError `unavailable` when that could not be had in time; the page then changes nothing.
   */
  open(visit: OpenedVisit, want: Want | null): Promise<Answer | null>;
  /**
   * A later lease of a visit that was opened before: its first one ended, or it has proved human since. A visit that has
   * a live one is answered with that.
   */
  grant(visit: Pick<OpenedVisit, 'id' | 'visitorId'>, want: Want): Promise<Answer>;
  /** Extends the visit's lease; null when it has none any more. What was learned reaches the record within seconds. */
  beat(beat: LeaseBeat): Promise<Lease | null>;
  /** The visitor has left: the lease ends with its hold. */
  end(ended: Pick<LeaseBeat, 'poolId' | 'visitId' | 'terms'>): Promise<void>;
  /**
   * Before a contact on this number is attributed, and outside any transaction: the record then knows every holder so far
   * and their last beats. No number: every visit opened so far, of all pools when none is named. A book that cannot reach what it needs gives up in time and throws; the contact goes on.
   */
  settle(poolId: PoolId | null, numberId: NumberId | null): Promise<void>;
  /** The pool's numbers have changed in the record. */
  refresh(poolId: PoolId): Promise<void>;
  /** Called each second: writes the beats learned since, gives up what has waited too long. Never rejects. */
  tick(): Promise<void>;
  /** Writes what is under way and stops. */
  close(): Promise<void>;
}

/** What the record is told of a visit and its lease; only ever raises what it has. Instants in Unix ms. */
export interface BeatRecord {
  readonly visitId: VisitId;
  /** The lease that the visit's number is held under; it may be a later visit's of the same visitor. */
  readonly leaseId: LeaseId;
  readonly at: number;
  readonly engagedSeconds: number;
  readonly pages: number;
  readonly expiresAt: number;
  /** The lease was ended: `expiresAt` may then be earlier than what the record has. */
  readonly ended: boolean;
}

/** A lease as the record has it, with what its visit was worth. */
export interface PastLease extends Lease {
  readonly trait: string | null;
  readonly engagedSeconds: number;
  readonly pages: number;
}

/** A pool as the record has it. */
export interface PoolStock {
  /** By id: numbers that nobody has had yet are given in this order. */
  readonly numbers: readonly PoolNumber[];
  /** The last few leases of each number, the earliest first. */
  readonly past: readonly PastLease[];
  /** Changes when the numbers do. */
  readonly stamp: string;
}

/** The record behind a book (`lease-record.postgres.ts`). */
export interface LeaseRecord {
  /** Writes grants, however often they come; resolves with the leases that the record has afterwards. */
  fileGrants(grants: readonly GrantRecord[]): Promise<ReadonlySet<LeaseId>>;
  /** Writes beats; resolves with those of their leases that the record knows, undefined for all of them. */
  fileBeats(beats: readonly BeatRecord[]): Promise<ReadonlySet<LeaseId> | undefined>;
  readPool(poolId: PoolId): Promise<PoolStock>;
  /** Cheaper than reading the pool to see whether its numbers have changed. */
  readStamp(poolId: PoolId): Promise<string>;
}

/** Grants of one group commit. */
export interface GrantBatch {
  /** Ours: the same batch may be written again. */
  readonly id: BatchId;
  readonly grants: readonly GrantRecord[];
  /** The epochs under which the leases were decided, of each of their pools. */
  readonly epochs: ReadonlyMap<PoolId, number>;
}

/** Where grants stand between their commit and the record (`journal-record.postgres.ts`). */
export interface JournalRecord {
  /** Writes the batch, or nothing when some of its pools stand at another epoch; resolves with those. */
  writeBatch(batch: GrantBatch): Promise<ReadonlySet<PoolId>>;
  /**
   * From now on this process alone gives the pool's numbers. Resolves with the pool's epoch: a new one, unless it still
   * stands at `epoch`.
   */
  takePool(poolId: PoolId, epoch: number): Promise<number>;
  /** Moves these batches into the record; those that are there already, or nowhere, make no difference. */
  fileBatches(ids: readonly BatchId[]): Promise<void>;
  /** Moves whatever the journal has, whoever wrote it. */
  fileJournal(): Promise<void>;
  /** Which of the leases the record has once everything is filed. */
  filedOf(leases: readonly LeaseId[]): Promise<ReadonlySet<LeaseId>>;
}

/** What a book without Redis writes to. */
export type JournalledRecord = LeaseRecord & JournalRecord;
