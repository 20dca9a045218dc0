/**
 * The pools of the lease book in memory: each is read from the record when it is first asked for, and again when its
 * numbers have changed there or another process turns out to give them too.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolId } from '../ports/ids.ts';
import type { BeatRecord, JournalledRecord, LeaseTerms, PoolStock } from './lease-book.ts';
import { createLeaseLedger, type GivenLease, type LeaseLedger } from './lease-ledger.ts';
import { restoredExpiry, restoredFreeAt } from './restore-lease.ts';
import { expectedCalls } from './visit-intent.ts';

export interface MemoryPool {
  readonly id: PoolId;
  readonly ledger: LeaseLedger;
  terms: LeaseTerms;
  stamp: string;
  /** Under which its stock was read; a grant decided under an earlier one than the record's is not kept. */
  epoch: number;
  checkedAt: number;
  reading: Promise<void> | null;
  /** Leases that another process was faster with: undone at the instant the pool is read again, not before. */
  lost: GivenLease[];
}

export function createMemoryPools({ record, clock }: { record: JournalledRecord; clock: Clock }) {
  const pools = new Map<PoolId, MemoryPool>();
  const loading = new Map<PoolId, Promise<MemoryPool>>();

  async function load(id: PoolId, terms: LeaseTerms): Promise<MemoryPool> {
    const { stock, epoch } = await take(id, 0);
    const ledger = createLeaseLedger({ visitorsMax: limits.formerVisitorsMax });
    const pool = { id, ledger, terms, stamp: '', epoch, checkedAt: clock.now(), reading: null, lost: [] };
    await fileRaised(takeStock(pool, stock, clock.now()));
    pools.set(id, pool);
    return pool;
  }

  /** The pool is ours first, then all that others have granted is in the record, then it is read. */
  async function take(id: PoolId, known: number): Promise<{ stock: PoolStock; epoch: number }> {
    const epoch = await record.takePool(id, known);
    await record.fileJournal();
    return { stock: await record.readPool(id), epoch };
  }

  /** Joins no reading that began before: what it saw may be older than what the caller knows. */
  async function readAgain(pool: MemoryPool): Promise<void> {
    await pool.reading?.catch(() => undefined);
    pool.reading ??= read(pool).finally(() => {
      pool.reading = null;
    });
    return pool.reading;
  }

  async function read(pool: MemoryPool): Promise<void> {
    const lost = pool.lost;
    pool.lost = [];
    try {
      const { stock, epoch } = await take(pool.id, pool.epoch);
      pool.epoch = epoch;
      for (const given of lost) pool.ledger.revoke(given, clock.now());
      await fileRaised(takeStock(pool, stock, clock.now()));
    } catch (fault) {
      pool.lost.push(...lost);
      throw fault;
    }
  }

  /** What is kept longer than the record says must be in it, or a second crash would forget the promise. */
  async function fileRaised(raised: readonly BeatRecord[]): Promise<void> {
    for (let from = 0; from < raised.length; from += limits.beatsPerWriteMax) {
      await record.fileBeats(raised.slice(from, from + limits.beatsPerWriteMax));
    }
  }

  return Object.freeze({
    /** The pool; not a promise when it is there, because every page view asks. */
    find: (id: PoolId): MemoryPool | undefined => pools.get(id),

    all: (): readonly MemoryPool[] => [...pools.values()],

    load(id: PoolId, terms: LeaseTerms): Promise<MemoryPool> {
      const underWay = loading.get(id) ?? load(id, terms).finally(() => loading.delete(id));
      loading.set(id, underWay);
      return underWay;
    },

    readAgain,

    /** Reads those pools again whose numbers have changed in the record, or whose lost leases could not be undone. */
    async check(): Promise<void> {
      const due = [...pools.values()].filter((pool) => clock.now() - pool.checkedAt >= limits.poolCheckEveryMs);
      for (const pool of due) {
        pool.checkedAt = clock.now();
        if (pool.lost.length > 0 || (await record.readStamp(pool.id)) !== pool.stamp) await readAgain(pool);
      }
    },
  });
}

/** Resolves with the leases that are now promised for longer than the record says. */
function takeStock(pool: MemoryPool, stock: PoolStock, now: number): BeatRecord[] {
  const { ledger, terms } = pool;
  pool.stamp = stock.stamp;
  ledger.setNumbers(stock.numbers, 0);
  const taken = stock.past.filter(({ engagedSeconds, pages, trait, ...lease }) => {
    const expiresAt = restoredExpiry(lease, terms, now);
    const intent = expectedCalls({ engagedSeconds, pages });
    return ledger.restore({ ...lease, expiresAt }, restoredFreeAt(lease, terms, now), { intent, trait });
  });
  ledger.sweep(now);
  return taken.flatMap(
    ({ id: leaseId, numberId, visitId, grantedAt: at, engagedSeconds, pages, expiresAt: recorded }) => {
      const held = ledger.holderOf(numberId, now);
      if (held?.id !== leaseId || held.expiresAt <= recorded) return [];
      return [{ visitId, leaseId, at, engagedSeconds, pages, expiresAt: held.expiresAt, ended: false }];
    },
  );
}
