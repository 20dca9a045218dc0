/**
 * Visitors who come, stay a while and go, at several books at once, by the machine's clock. It keeps what the books have
 * answered, because that is what must hold whatever dies: each visit and lease is in the record, and a number is
 * somebody else's only after the last instant that was promised.
 */
import { setTimeout as pass } from 'node:timers/promises';
import type { Lease, LeaseBook, LeaseTerms, OpenedVisit, Want } from '../../src/numbers/lease-book.ts';
import { AppError } from '../../src/ports/errors.ts';
import type { PoolId, VisitId } from '../../src/ports/ids.ts';
import type { Db } from '../../src/records/schema.ts';

interface Pool {
  readonly poolId: PoolId;
  readonly terms: LeaseTerms;
  newVisit(): OpenedVisit;
  want(): Want;
}

interface Promised {
  readonly lease: Lease;
  /** The last instant that any answer has named. */
  until: number;
}

export function createLeaseLoad(pool: Pool, books: readonly LeaseBook[]) {
  const promised: Promised[] = [];
  const kept: VisitId[] = [];
  let refusals = 0;
  let unavailable = 0;
  let isOn = false;
  let visitors: Promise<void>[] = [];
  let grants = 0;
  const waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  async function come(book: LeaseBook): Promise<void> {
    const visit = pool.newVisit();
    const answer = await book.open(visit, pool.want());
    kept.push(visit.id);
    if (answer?.kind !== 'granted') {
      refusals += 1;
      return;
    }
    const one: Promised = { lease: answer.lease, until: answer.lease.expiresAt };
    promised.push(one);
    grants += 1;
    for (const { at, resolve } of waiting) if (grants >= at) resolve();
    const { poolId, terms } = pool;
    const beat = () => book.beat({ poolId, visitId: visit.id, terms, engagedSeconds: 1, pages: 1 });
    for (let beats = 0; beats < 2 && isOn; beats += 1) {
      await pass(50);
      const lease = await beat();
      if (lease?.id === one.lease.id) one.until = Math.max(one.until, lease.expiresAt);
    }
  }

  async function keepComing(book: LeaseBook): Promise<void> {
    while (isOn) {
      try {
        await come(book);
      } catch (fault) {
        if (!(fault instanceof AppError && fault.code === 'unavailable')) throw fault;
        unavailable += 1;
      }
      await pass(10);
    }
  }

  async function keepTicking(book: LeaseBook): Promise<void> {
    while (isOn) {
      await book.tick();
      await pass(250);
    }
  }

  return Object.freeze({
    start(count: number): void {
      isOn = true;
      const comers = Array.from({ length: count }, (_, index) => keepComing(books[index % books.length] as LeaseBook));
      visitors = [...comers, ...books.map(keepTicking)];
    },

    /** Resolves when so many more leases have been answered. */
    untilGranted(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ at: grants + count, resolve });
      return promise;
    },

    async stop(): Promise<void> {
      isOn = false;
      await Promise.all(visitors);
    },

    /** Compares what was answered with the record. */
    async audit(db: Db): Promise<{ readonly faults: readonly string[]; readonly granted: number; summary: string }> {
      // After a burst a book may file a moment later; this is how whoever needs the record asks for it.
      for (const book of books) await book.settle(pool.poolId, null);
      const recorded = await db
        .selectFrom('lease')
        .innerJoin('visit', 'visit.id', 'lease.visit_id')
        .select(['lease.id', 'lease.number_id', 'lease.visit_id'])
        .where('lease.pool_id', '=', pool.poolId)
        .execute();
      const visits = new Set((await db.selectFrom('visit').select('id').execute()).map(({ id }) => id));
      const rows = new Map(recorded.map((row) => [row.id, `${row.number_id} ${row.visit_id}`]));
      const lost = promised.filter(({ lease }) => rows.get(lease.id) !== `${lease.numberId} ${lease.visitId}`);
      const forgotten = kept.filter((id) => !visits.has(id));
      const doubled = overlaps(promised);
      return {
        faults: [
          ...lost.map(({ lease }) => `lost: ${lease.id}`),
          ...forgotten.map((id) => `forgotten: ${id}`),
          ...doubled.map((pair) => `doubled: ${pair}`),
        ],
        granted: promised.length,
        summary:
          `${promised.length} leases answered, ${lost.length} lost, ${doubled.length} numbers given twice; ` +
          `${refusals} visits without a number, ${forgotten.length} forgotten; ${unavailable} told to come back`,
      };
    },
  });
}

/** Leases of one number of which the later began before the earlier one's promise had run out. */
function overlaps(promised: readonly Promised[]): readonly string[] {
  const byNumber = Map.groupBy(promised, ({ lease }) => lease.numberId);
  return [...byNumber.values()].flatMap((all) => {
    const inOrder = all.toSorted((left, right) => left.lease.generation - right.lease.generation);
    return inOrder.flatMap((later, index) => {
      const earlier = inOrder[index - 1];
      const isFine = earlier === undefined || later.lease.grantedAt >= earlier.until;
      return isFine
        ? []
        : [`${earlier.lease.id} until ${earlier.until}, ${later.lease.id} at ${later.lease.grantedAt}`];
    });
  });
}
