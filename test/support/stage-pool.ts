/**
 * A pool of numbers in a record of its own, with a clock that stands still until it is moved: what a lease book needs
 * and no more. Books are opened on it as often as a test wants; each is closed after it.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { onTestFinished } from 'vitest';
import type {
  Answer,
  JournalledRecord,
  Lease,
  LeaseBook,
  LeaseTerms,
  OpenedVisit,
  Want,
} from '../../src/numbers/lease-book.ts';
import { createLeaseRecord } from '../../src/numbers/lease-record.postgres.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Database } from '../../src/ports/database.ts';
import { createIds, type Ids, type NumberId, type VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, nextPhone, stagedAt } from './stage-core.ts';

/** What a book is made of. */
export interface BookWorld {
  readonly record: JournalledRecord;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Opens a book as one more process would, on the same record and (for one that has it) the same Redis. */
export type OpenBook = (world: BookWorld) => Promise<LeaseBook>;

export interface PoolPlan {
  readonly numbers?: number;
  readonly terms?: Partial<LeaseTerms>;
}

export type StagedPool = Awaited<ReturnType<typeof stagePool>>;

export const usualTerms: LeaseTerms = {
  holdMs: 3 * minuteMs,
  leaseMs: minuteMs,
  restMs: 5 * minuteMs,
  stickyMs: 30 * 24 * 60 * minuteMs,
};

/** Numbers are given in the order they are made here, for none of them has been leased before. */
export async function stagePool(database: Database<Tables>, openBook: OpenBook, plan: PoolPlan = {}) {
  const db = database.kysely;
  const clock = { at: stagedAt, now: () => clock.at };
  const ids = createIds({ clock, randomBytes });
  const enterpriseId = ids.make('ent');
  const poolId = ids.make('pool');
  const websiteId = ids.make('site');
  const terms = { ...usualTerms, ...plan.terms };
  const at = new Date(stagedAt);
  await db.insertInto('enterprise').values({ id: enterpriseId, name: 'Acme', created_at: at }).execute();
  await db
    .insertInto('pool')
    .values({ id: poolId, enterprise_id: enterpriseId, name: 'Main', hold_ms: 1, rest_ms: 1, lease_ms: 1 })
    .execute();
  await db
    .insertInto('website')
    .values({ id: websiteId, enterprise_id: enterpriseId, name: 'Shop', origins: [], pool_id: poolId })
    .execute();
  const record = createLeaseRecord({ database });
  const world = { record, clock, ids };

  const addNumber = async (): Promise<NumberId> => {
    const id = ids.make('num');
    const values = { id, enterprise_id: enterpriseId, pool_id: poolId, e164: nextPhone(), carrier: 'sandbox' };
    await db
      .insertInto('number')
      .values({ ...values, state: 'active', free_at: at })
      .execute();
    return id;
  };
  const numbers: NumberId[] = [];
  for (let count = 0; count < (plan.numbers ?? 1); count += 1) numbers.push(await addNumber());

  const open = async (): Promise<LeaseBook> => {
    const book = await openBook(world);
    onTestFinished(() => book.close());
    return book;
  };
  const newVisit = (visitorId: string | null = null): OpenedVisit => ({
    id: ids.make('visit'),
    enterpriseId,
    websiteId,
    visitorId,
    arrival: { url: 'https://shop.example/' },
    startedAt: clock.at,
    sharedNumberId: null,
  });
  const want = (more: Partial<Want> = {}): Want => ({
    enterpriseId,
    poolId,
    groups: null,
    trait: null,
    terms,
    ...more,
  });

  return {
    ...world,
    db,
    enterpriseId,
    poolId,
    terms,
    numbers,
    addNumber,
    open,
    newVisit,
    want,
    /** A new visit asks the book for a number. */
    async arrive(book: LeaseBook, visitorId: string | null = null, more: Partial<Want> = {}) {
      const visit = newVisit(visitorId);
      const answer = await book.open(visit, want(more));
      return { visit, answer, lease: leaseOf(answer) };
    },
    beat: (book: LeaseBook, visitId: VisitId, { engagedSeconds = 1, pages = 1 } = {}) =>
      book.beat({ poolId, visitId, terms, engagedSeconds, pages }),
    end: (book: LeaseBook, visitId: VisitId) => book.end({ poolId, visitId, terms }),
    /** Every lease in the record, with its visit's visitor; a number's generations in order. */
    async leases() {
      return db
        .selectFrom('lease')
        .innerJoin('visit', 'visit.id', 'lease.visit_id')
        .selectAll('lease')
        .select(['visit.visitor_id', 'visit.engaged_seconds', 'visit.last_beat_at'])
        .where('lease.pool_id', '=', poolId)
        .orderBy('lease.number_id')
        .orderBy('lease.generation')
        .execute();
    },
    /** Pairs of leases of one number that two visitors had at once. */
    async overlaps() {
      const { rows } = await sql<{ earlier: string; later: string }>`
        select a.id as earlier, b.id as later from lease a
          join lease b on a.number_id = b.number_id and a.generation < b.generation
          join visit va on va.id = a.visit_id join visit vb on vb.id = b.visit_id
        where a.pool_id = ${poolId} and (va.visitor_id = vb.visitor_id) is not true
          and b.granted_at < a.expires_at`.execute(db);
      return rows;
    },
  };
}

function leaseOf(answer: Answer | null): Lease | null {
  return answer?.kind === 'granted' ? answer.lease : null;
}
