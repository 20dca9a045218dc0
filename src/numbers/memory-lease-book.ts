/**
 * The lease book of one process: a ledger per pool decides at once, the journal commits grants in groups before they are
 * answered, and is filed into the record a moment later; beats are written each second. It starts from the record, and a
 * pool is read when it is first asked for.
 *
 * Should a second process work on the same record without Redis, the pool's fence tells: a grant decided before the other
 * took the pool is undone, the pool is read again and another number is given.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { AppError } from '../ports/errors.ts';
import type { BatchId, Ids, LeaseId, NumberId, PoolId } from '../ports/ids.ts';
import { createBeatBuffer } from './beat-buffer.ts';
import { createGrantJournal, type DecidedGrant, type Filing } from './grant-journal.ts';
import { createJournalBacklog } from './journal-backlog.ts';
import type { Answer, JournalledRecord, Lease, LeaseBeat, LeaseBook, OpenedVisit, Want } from './lease-book.ts';
import type { GivenLease, LeaseLedger } from './lease-ledger.ts';
import { createMemoryPools, type MemoryPool } from './memory-pools.ts';
import { refuseUnkeepable } from './refuse-unkeepable.ts';
import { expectedCalls } from './visit-intent.ts';
import { writeGrants } from './write-grants.ts';

export interface MemoryLeaseBookWorld {
  readonly record: JournalledRecord;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pause: (delayMs: number) => Promise<void>;
  /** Faults that nobody waits for, with a constant event name. */
  readonly logFault: (fault: unknown, event: string) => void;
}

interface Promised {
  readonly numberId: NumberId;
  readonly done: Promise<Filing>;
}

interface Waiter {
  readonly since: number;
  giveUp(): void;
}

export function createMemoryLeaseBook(world: MemoryLeaseBookWorld): LeaseBook {
  const { record, ids } = world;
  const clock = neverBack(world.clock);
  const pools = createMemoryPools({ record, clock });
  const beats = createBeatBuffer(record.fileBeats);
  const backlog = createJournalBacklog({
    fileBatches: record.fileBatches,
    clock,
    pause: world.pause,
    onFault: (fault) => world.logFault(fault, 'grants-not-filed'),
  });
  const journal = createGrantJournal({
    commit: (id: BatchId, grants: readonly DecidedGrant[]) => writeGrants({ record, backlog }, id, grants),
    onUnknown: backlog.add,
    hasRoom: backlog.hasRoom,
    makeRoom: backlog.fileSome,
    newId: () => ids.make('batch'),
    clock,
    pause: world.pause,
    onFault: (fault) => world.logFault(fault, 'grants-not-written'),
  });
  const promised = new Map<LeaseId, Promised>();
  const waiters = new Set<Waiter>();
  /** One at a time: while the record is away ticks go on coming. */
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    backlog.look();
    await writeBeats().catch((fault: unknown) => world.logFault(fault, 'beats-not-written'));
    await pools.check().catch((fault: unknown) => world.logFault(fault, 'pool-not-read'));
  }

  /** What is told of a visit or a lease that the record does not have would be lost on it. */
  async function writeBeats(): Promise<void> {
    await backlog.settle(beats.subjects());
    await beats.flush(({ visitId, numberId }) => backlog.has(visitId) || backlog.has(numberId));
  }

  /** What the page is told in time: the grant itself goes on, and ends as it ends. */
  function inTime<Value>(under: Promise<Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const giveUp = () => reject(new AppError('unavailable', { detail: 'the record did not take the visit in time' }));
    const waiter: Waiter = { since: clock.now(), giveUp };
    waiters.add(waiter);
    under.then(
      (value) => {
        waiters.delete(waiter);
        resolve(value);
      },
      (fault: unknown) => {
        waiters.delete(waiter);
        reject(fault);
      },
    );
    return promise;
  }

  async function fileAlone(visit: OpenedVisit): Promise<void> {
    const filing = await journal.add({ visit, lease: null, epoch: null });
    if (filing !== 'filed') throw new AppError('unavailable', { detail: 'the record did not take the visit' });
  }

  /** Files the lease, and undoes it when it was not filed; until then it counts as under way. */
  function fileLease(pool: MemoryPool, given: GivenLease, grant: DecidedGrant): Promise<Filing> {
    const { id, numberId } = given.lease;
    pool.ledger.await(given.lease);
    const done = journal.add(grant).then((filing) => {
      if (filing !== 'filed') return undo(pool, given, filing).finally(() => promised.delete(id));
      pool.ledger.filed(given.lease);
      promised.delete(id);
      return filing;
    });
    promised.set(id, { numberId, done });
    return done;
  }

  async function give(
    visit: Pick<OpenedVisit, 'id' | 'visitorId'>,
    opened: OpenedVisit | null,
    want: Want,
  ): Promise<Answer> {
    const pool = pools.find(want.poolId) ?? (await pools.load(want.poolId, want.terms));
    pool.terms = want.terms;
    const { groups, trait, terms, guard } = want;
    const who = { visitId: visit.id, visitorId: visit.visitorId, terms };
    for (let tries = 1; tries <= limits.grantTriesMax; tries += 1) {
      // Nothing may come between the last look and the grant.
      for (let other = underWay(pool, who); other !== undefined; other = underWay(pool, who)) await settled([other]);
      const wish = { ...who, leaseId: ids.make('lease'), groups, trait, guard };
      const given = pool.ledger.grant(wish, clock.now());
      if (given.kind !== 'granted') {
        if (opened !== null) await fileAlone(opened);
        return { kind: 'refused', reason: given.kind };
      }
      if (!given.isNew) {
        // After a start it may be promised for longer than the record knows.
        note(given.lease, { visitId: visit.id, engagedSeconds: 0, pages: 1 }, false);
        return { kind: 'granted', lease: given.lease };
      }
      const { enterpriseId, poolId } = want;
      const grant = { visit: opened, lease: { ...given.lease, enterpriseId, poolId }, epoch: pool.epoch };
      const filing = await fileLease(pool, given, grant);
      if (filing === 'filed') return { kind: 'granted', lease: given.lease };
      if (filing !== 'taken') throw new AppError('unavailable', { detail: 'the record did not take the visit' });
    }
    throw new AppError('unavailable', { detail: 'the numbers of this pool keep being given by another process' });
  }

  /** A lease that is answered again or taken over must be in the record first: it may still turn out to be lost. */
  function underWay(pool: MemoryPool, who: Parameters<LeaseLedger['heldBy']>[0]): Promised | undefined {
    const own = pool.ledger.heldBy(who, clock.now());
    return own === null ? undefined : promised.get(own.id);
  }

  async function undo<As extends Filing>(pool: MemoryPool, given: GivenLease, filing: As): Promise<As> {
    if (filing === 'not-filed') pool.ledger.revoke(given, clock.now());
    else if (filing === 'unknown') pool.ledger.disown(given);
    else {
      pool.lost.push(given);
      await world.pause(limits.poolTakenPauseMs);
      await pools.readAgain(pool);
    }
    return filing;
  }

  function note(
    lease: Lease,
    { visitId, engagedSeconds, pages }: Pick<LeaseBeat, 'visitId' | 'engagedSeconds' | 'pages'>,
    ended: boolean,
  ): void {
    const { id: leaseId, numberId, expiresAt } = lease;
    beats.note({ visitId, leaseId, numberId, at: clock.now(), engagedSeconds, pages, expiresAt, ended });
  }

  return Object.freeze({
    async open(visit: OpenedVisit, want: Want | null): Promise<Answer | null> {
      refuseUnkeepable(visit);
      if (want !== null) return inTime(give(visit, visit, want));
      await inTime(fileAlone(visit));
      return null;
    },

    grant: (visit: Pick<OpenedVisit, 'id' | 'visitorId'>, want: Want) => inTime(give(visit, null, want)),

    async beat(beat: LeaseBeat): Promise<Lease | null> {
      const pool = pools.find(beat.poolId) ?? (await pools.load(beat.poolId, beat.terms));
      const lease = pool.ledger.beat(beat.visitId, beat.terms, expectedCalls(beat), clock.now());
      if (lease !== null) note(lease, beat, false);
      return lease;
    },

    async end({ poolId, visitId, terms }: Pick<LeaseBeat, 'poolId' | 'visitId' | 'terms'>): Promise<void> {
      const pool = pools.find(poolId) ?? (await pools.load(poolId, terms));
      const lease = pool.ledger.end(visitId, terms, clock.now());
      if (lease !== null) note(lease, { visitId, engagedSeconds: 0, pages: 1 }, true);
    },

    async settle(poolId: PoolId | null, numberId: NumberId | null): Promise<void> {
      // Of a pool that is not ours another process may have left something, the one before us too.
      if (poolId === null || pools.find(poolId) === undefined) await record.fileJournal();
      if (numberId === null) return backlog.settleAll();
      const own = [...promised.values()].filter((one) => one.numberId === numberId);
      await settled(own);
      await backlog.settle([numberId, ...beats.visitsOf(numberId)]);
      await beats.flushNumber(numberId);
    },

    async refresh(poolId: PoolId): Promise<void> {
      const pool = pools.find(poolId);
      if (pool !== undefined) await pools.readAgain(pool);
    },

    async tick(): Promise<void> {
      const late = clock.now() - limits.grantPatienceMs;
      journal.giveUp(late);
      for (const waiter of waiters) if (waiter.since <= late) waiter.giveUp();
      writing ??= write().finally(() => {
        writing = null;
      });
      await writing;
    },

    async close(): Promise<void> {
      await settled([...promised.values()]);
      await backlog.settleAll().catch((fault: unknown) => world.logFault(fault, 'grants-not-filed'));
      await beats.flush().catch((fault: unknown) => world.logFault(fault, 'beats-not-written'));
    },
  });
}

/** However they end. */
async function settled(all: readonly Promised[]): Promise<void> {
  await Promise.allSettled(all.map(({ done }) => done));
}

/** A machine's clock may be set back; a lease that was seen to end must not live again. */
function neverBack(clock: Clock): Clock {
  let latest = 0;
  return {
    now() {
      latest = Math.max(latest, clock.now());
      return latest;
    },
  };
}
