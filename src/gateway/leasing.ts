/**
 * Numbers lent to visits, wired: the inventory, the lease book over the record, the desk that pages talk to, and what
 * settles a number's holders before a contact is attributed; and the planner, which asks how many numbers that takes.
 */
import type { CallModel } from '../numbers/attribution/call-model.ts';
import { noHabits } from '../numbers/attribution/habits.ts';
import { learnModel } from '../numbers/attribution/learned-model.ts';
import type { LeaseBook } from '../numbers/lease-book.ts';
import { createLeaseRecord } from '../numbers/lease-record.postgres.ts';
import { readLending } from '../numbers/lending.postgres.ts';
import { createMemoryLeaseBook, type MemoryLeaseBookWorld } from '../numbers/memory-lease-book.ts';
import { createNumbers } from '../numbers/numbers.postgres.ts';
import { countCallers, readPoolToPlan, readTraffic } from '../numbers/planning-traffic.postgres.ts';
import { createPoolPlanner, type PoolPlanner } from '../numbers/pool-planner.ts';
import { runPlan } from '../numbers/replay/run-plan.thread.ts';
import { createSettleHolders } from '../numbers/settle-holders.ts';
import { createVisitRate, type VisitRate } from '../numbers/visit-rate.ts';
import { createVisitDesk } from '../numbers/welcome-visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import { pause } from '../ports/pause.timer.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import { createVisits } from '../visits/visits.postgres.ts';

/** What many processes share; each is in memory when left out. */
export interface SharedLeasing {
  readonly createLeaseBook?: (world: MemoryLeaseBookWorld) => LeaseBook;
  readonly visitRate?: VisitRate;
}

interface World extends SharedLeasing {
  readonly db: Db;
  readonly transact: Transact;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Carriers whose numbers can be answered here. */
  readonly carriers: () => readonly string[];
}

export function createLeasing(world: World) {
  const { db, transact, clock, ids, carriers } = world;
  const logFault = (fault: unknown, event: string) => world.log.warn({ fault }, event);
  const numbers = createNumbers();
  const visits = createVisits();
  const openBook = world.createLeaseBook ?? createMemoryLeaseBook;
  const leaseBook = openBook({ record: createLeaseRecord({ db, carriers }), clock, ids, pause, logFault });
  const visitDesk = createVisitDesk({
    transact,
    visits,
    book: leaseBook,
    rate: world.visitRate ?? createVisitRate(),
    readLending: (poolId) => readLending(db, poolId, carriers()),
    clock,
    ids,
  });
  const settleHolders = createSettleHolders({ db, numbers, book: leaseBook, logFault });
  const poolPlanner = createPlanner(world);
  return Object.freeze({ numbers, visits, leaseBook, visitDesk, settleHolders, poolPlanner });
}

/** Also for a program that plans without running a gateway. */
export function createPlanner({ db, clock }: Pick<World, 'db' | 'clock'>): PoolPlanner {
  return createPoolPlanner({
    readPool: (enterpriseId, poolId) => readPoolToPlan(db, enterpriseId, poolId),
    readTerms: async (poolId) => (await readLending(db, poolId, [])).terms,
    readTraffic: (pool, span) => readTraffic(db, pool.websites, span),
    countCallers: (poolId, since) => countCallers(db, poolId, since),
    readCallModel: async () => usualModel(),
    runPlan,
    clock,
  });
}

/** What is believed of visitors of whom nothing has been learned. */
export function usualModel(): CallModel {
  return learnModel(noHabits());
}
