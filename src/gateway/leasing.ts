/**
 * Numbers lent to visits, wired: the lease book over the record, the desk that pages talk to, and what
 * settles a number's holders before a contact is attributed.
 */
import { limits } from '../../config/limits.ts';
import type { AniRegions } from '../numbers/ani-region.ts';
import type { VisitCodes } from '../numbers/attribution/visit-codes.postgres.ts';
import type { LeaseBook } from '../numbers/lease-book.ts';
import { createLeaseRecord } from '../numbers/lease-record.postgres.ts';
import { readLending } from '../numbers/lending.postgres.ts';
import { createMemoryLeaseBook, type MemoryLeaseBookWorld } from '../numbers/memory-lease-book.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { Numbers } from '../numbers/numbers.postgres.ts';
import { pools } from '../numbers/pools.postgres.ts';
import type { NumberGroup } from '../numbers/preferred-groups.ts';
import { createSettleHolders } from '../numbers/settle-holders.ts';
import { createOwnVisitRate, type VisitRate } from '../numbers/visit-rate.ts';
import { createVisitDesk } from '../numbers/welcome-visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Database } from '../ports/database.ts';
import type { Ids, PoolId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import { pause } from '../ports/pause.timer.ts';
import { createShortMemory } from '../ports/short-memory.ts';
import type { Tables } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import { createVisits } from '../visits/visits.postgres.ts';

/** What many processes share; each is in memory when left out. */
export interface SharedLeasing {
  readonly createLeaseBook?: (world: MemoryLeaseBookWorld) => LeaseBook;
  readonly visitRate?: VisitRate;
}

interface World extends SharedLeasing {
  readonly database: Database<Tables>;
  readonly transact: Transact;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly visitCodes: VisitCodes;
  readonly aniRegions: AniRegions;
  readonly numbers: Numbers;
  readonly places: NumberPlaces;
  /** Carriers whose numbers can be answered here. */
  readonly carriers: () => readonly string[];
}

export function createLeasing(world: World) {
  const { database, transact, clock, ids, carriers, numbers } = world;
  const db = database.kysely;
  const logFault = (fault: unknown, event: string) => world.log.warn({ fault }, event);
  const visits = createVisits();
  const openBook = world.createLeaseBook ?? createMemoryLeaseBook;
  const record = createLeaseRecord({ database, carriers, log: world.log });
  const leaseBook = openBook({ record, clock, ids, pause, logFault });
  // Looks at each of the pool's numbers, so it is asked more rarely than the rest of what a page view needs.
  const groups = createShortMemory<readonly NumberGroup[]>({
    clock,
    entriesMax: limits.rememberedPoolsMax,
    keepMs: () => limits.rememberedGroupsMs,
  });
  const readGroups = (poolId: PoolId) => groups.recall(poolId, () => pools.groups(db, poolId));
  const visitDesk = createVisitDesk({
    transact,
    visits,
    book: leaseBook,
    rate: world.visitRate ?? createOwnVisitRate({ clock }),
    readLending: (poolId) => readLending(db, poolId, carriers(), readGroups),
    groupOf: world.places.groupOf,
    issueCode: (visitId, poolId) => world.visitCodes.issue(db, { visitId, poolId }),
    clock,
    ids,
  });
  /** Before somebody asks the record for a visit that a page may have opened this instant. Never rejects. */
  const settleVisits = () =>
    leaseBook.settle(null, null).catch((fault: unknown) => logFault(fault, 'visits-not-settled'));
  const settleHolders = createSettleHolders({ db, numbers, book: leaseBook, regions: world.aniRegions, logFault });
  return Object.freeze({ visits, leaseBook, fileJournal: record.fileJournal, visitDesk, settleHolders, settleVisits });
}
