/** The planner of pools, wired: for a running gateway, and for a program that plans without one. */
import type { CallModel } from '../numbers/attribution/call-model.ts';
import { noHabits } from '../numbers/attribution/habits.ts';
import { learnModel } from '../numbers/attribution/learned-model.ts';
import { createModels } from '../numbers/attribution/models.postgres.ts';
import { readLending } from '../numbers/lending.postgres.ts';
import { countCallers, readPoolToPlan, readTraffic } from '../numbers/planning-traffic.postgres.ts';
import { createPoolPlanner, type PoolPlanner } from '../numbers/pool-planner.ts';
import { runPlan } from '../numbers/replay/run-plan.thread.ts';
import type { Clock } from '../ports/clock.ts';
import type { Db } from '../records/schema.ts';

export function createPlanner({ db, clock }: { readonly db: Db; readonly clock: Clock }): PoolPlanner {
  const models = createModels({ clock });
  return createPoolPlanner({
    readPool: (enterpriseId, poolId) => readPoolToPlan(db, enterpriseId, poolId),
    readTerms: async (poolId) => (await readLending(db, poolId, [], () => [])).terms,
    readTraffic: (pool, span) => readTraffic(db, pool.websites, span),
    countCallers: (poolId, since) => countCallers(db, poolId, since),
    readCallModel: async (enterpriseId, poolId) => (await models.ofPool(db, enterpriseId, poolId)).rates,
    runPlan,
    clock,
  });
}

/** What is believed of visitors of whom nothing has been learned. */
export function usualModel(): CallModel {
  return learnModel(noHabits());
}
