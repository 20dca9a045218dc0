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
import { endOfTurn } from '../ports/end-of-turn.ts';
import { AppError } from '../ports/errors.ts';
import type { BatchId, Ids, NumberId, PoolId } from '../ports/ids.ts';
import { createBeatBuffer } from './beat-buffer.ts';
import { createGrantJournal, type DecidedGrant, type Filing } from './grant-journal.ts';
import { createJournalBacklog } from './journal-backlog.ts';
import type { Answer, JournalledRecord, Lease, LeaseBeat, LeaseBook, OpenedVisit, Want } from './lease-book.ts';
import type { GivenLease } from './lease-ledger.ts';
import { type UnderWay, whenKnown } from './lease-slot.ts';
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

type Visitor = Pick<OpenedVisit, 'id' | 'visitorId'>;

/** A page that waits. */
interface Waiter {
  readonly since: number;
  /** Ends what it waits for now. */
  giveUp: (fault: unknown) => void;
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
    endOfTurn,
    newId: () => ids.make('batch'),
    clock,
    pause: world.pause,
    onFault: (fault) => world.logFault(fault, 'grants-not-written'),
  });
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

  /** Waits for what `begin` has begun; that goes on when the page is given up, and ends as it ends. */
  function wait<Value>(page: Waiter, begin: (told: (value: Value) => void, failed: Waiter['giveUp']) => void) {
    return new Promise<Value>((told, failed) => {
      page.giveUp = failed;
      begin(told, failed);
    });
  }

  /** What `act` waits for is waited for in time. */
  async function inTime<Value>(act: (page: Waiter) => Promise<Value>): Promise<Value> {
    const page: Waiter = { since: clock.now(), giveUp: () => undefined };
    waiters.add(page);
    try {
      return await act(page);
    } finally {
      waiters.delete(page);
    }
  }

  async function fileAlone(visit: OpenedVisit, page: Waiter): Promise<void> {
    const filing = await wait<Filing>(page, (told) => journal.add({ visit, lease: null, epoch: null }, told));
    if (filing !== 'filed') throw new AppError('unavailable', { detail: 'the record did not take the visit' });
  }

  /** Files the lease, and undoes it when it was not filed; until then it counts as under way. */
  function fileLease(pool: MemoryPool, given: GivenLease, grant: DecidedGrant, page: Waiter): Promise<Filing> {
    pool.ledger.await(given);
    return wait(page, (told, failed) =>
      journal.add(grant, (filing) => {
        if (filing !== 'filed') return void undo(pool, given, filing).then(told, failed);
        pool.ledger.filed(given);
        told(filing);
      }),
    );
  }

  async function give(visit: Visitor, opened: OpenedVisit | null, want: Want, page: Waiter): Promise<Answer> {
    const { enterpriseId, poolId, groups, trait, terms, guard } = want;
    const loading = () => wait<MemoryPool>(page, (told, failed) => void pools.load(poolId, terms).then(told, failed));
    const pool = pools.find(poolId) ?? (await loading());
    pool.terms = terms;
    for (let tries = 1; tries <= limits.grantTriesMax; ) {
      const { id: visitId, visitorId } = visit;
      const wish = { leaseId: ids.make('lease'), visitId, visitorId, groups, trait, terms, guard };
      const given = pool.ledger.grant(wish, clock.now());
      if (given.kind === 'under-way') {
        // A lease that is answered again or taken over must be in the record first: it may still turn out to be lost.
        await wait<void>(page, (told) => whenKnown(given.grant, told));
        continue;
      }
      if (given.kind !== 'granted') {
        if (opened !== null) await fileAlone(opened, page);
        return { kind: 'refused', reason: given.kind };
      }
      const { lease } = given;
      if (!given.isNew) {
        // After a start it may be promised for longer than the record knows.
        note(lease, { visitId, engagedSeconds: 0, pages: 1 }, false);
        return { kind: 'granted', lease };
      }
      const grant = { visit: opened, lease: { ...lease, enterpriseId, poolId }, epoch: pool.epoch };
      const filing = await fileLease(pool, given, grant, page);
      if (filing === 'filed') return { kind: 'granted', lease };
      if (filing !== 'taken') throw new AppError('unavailable', { detail: 'the record did not take the visit' });
      tries += 1;
    }
    throw new AppError('unavailable', { detail: 'the numbers of this pool keep being given by another process' });
  }

  async function undo<As extends Filing>(pool: MemoryPool, given: GivenLease, filing: As): Promise<As> {
    if (filing === 'not-filed') pool.ledger.revoke(given, clock.now());
    else if (filing === 'unknown') pool.ledger.disown(given);
    else {
      pool.lost.push(given);
      await world.pause(limits.poolTakenPauseMs);
      await pools.readAgain(pool).catch((fault: unknown) => {
        pool.ledger.stall(given);
        throw fault;
      });
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
      if (want !== null) return inTime((page) => give(visit, visit, want, page));
      await inTime((page) => fileAlone(visit, page));
      return null;
    },

    grant: (visit: Visitor, want: Want) => inTime((page) => give(visit, null, want, page)),

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
      await known(pools.all().flatMap(({ ledger }) => ledger.underWay(numberId)));
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
      const fault = new AppError('unavailable', { detail: 'the record did not take the visit in time' });
      for (const page of waiters) if (page.since <= late) page.giveUp(fault);
      writing ??= write().finally(() => {
        writing = null;
      });
      await writing;
    },

    async close(): Promise<void> {
      await known(pools.all().flatMap(({ ledger }) => ledger.underWay(null)));
      await backlog.settleAll().catch((fault: unknown) => world.logFault(fault, 'grants-not-filed'));
      await beats.flush().catch((fault: unknown) => world.logFault(fault, 'beats-not-written'));
    },
  });
}

/** Resolves once it is known what became of all of them. */
async function known(grants: readonly UnderWay[]): Promise<void> {
  await Promise.all(grants.map((grant) => new Promise<void>((told) => whenKnown(grant, told))));
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
