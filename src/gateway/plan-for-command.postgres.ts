/**
 * `linekeeper plan-pool`: gathers what the plan needs, has it made, and prints it. A pool that is not there yet is planned
 * without opening the record, so that works beside a running gateway and before the first start.
 */

import { planViewOf } from '../api/read-plan-query.ts';
import { drawPlan } from '../numbers/draw-plan.ts';
import type { LeaseTerms } from '../numbers/lease-book.ts';
import { type PlanWatch, type PoolPlan, type PoolPlanner, planSynthetic } from '../numbers/pool-planner.ts';
import { defaultPolicy } from '../numbers/pool-policy.ts';
import { planCsv, printPlan } from '../numbers/print-plan.ts';
import { runPlan } from '../numbers/replay/run-plan.thread.ts';
import { systemClock } from '../ports/clock.ts';
import { unreachable } from '../ports/errors.ts';
import type { PoolId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { PlanAsk } from './plan-options.ts';
import { createPlanner, usualModel } from './planning.ts';

/** What a pool does of which nothing else is said. */
const { holdMs, leaseMs, restMs, stickyDays } = defaultPolicy;
const usualTerms: LeaseTerms = { holdMs, leaseMs, restMs, stickyMs: stickyDays * 86_400_000 };

/** Makes the plan for a pool of the record. @throws Error when there is no such pool. */
export async function planPoolOfRecord(db: Db, poolId: string, ask: PlanAsk, watch: PlanWatch): Promise<PoolPlan> {
  const pools = await db.selectFrom('pool').select(['id', 'name', 'enterprise_id']).orderBy('id').execute();
  const pool = pools.find(({ id }) => id === poolId);
  if (pool === undefined) {
    const list = pools.map(({ id, name }) => `\n  ${id}  ${name}`).join('');
    throw new Error(pools.length === 0 ? 'the record holds no pool' : `no such pool; these there are:${list}`);
  }
  const planner: PoolPlanner = createPlanner({ db, clock: systemClock });
  return planner.plan({ enterpriseId: pool.enterprise_id, poolId: pool.id as PoolId }, ask.traffic, ask.wish, watch);
}

/** Makes the plan for a pool that is not there yet. */
export function planPoolAhead({ traffic, wish }: PlanAsk, watch: PlanWatch): Promise<PoolPlan> {
  if (traffic.kind !== 'synthetic') throw new Error('a pool that is not there has no traffic of its own');
  const planned = {
    poolId: null,
    present: null,
    terms: usualTerms,
    ownCost: null,
    hasShared: true,
    model: usualModel(),
  };
  return planSynthetic({ runPlan }, planned, traffic.spec, wish, watch);
}

/** The plan as it is printed. */
export function writePlan(plan: PoolPlan, form: PlanAsk['form']): string {
  switch (form) {
    case 'table':
      return printPlan(plan);
    case 'json':
      return `${JSON.stringify(planViewOf(plan))}\n`;
    case 'csv':
      return planCsv(plan);
    case 'svg':
      return drawPlan(plan);
    default:
      return unreachable(form);
  }
}
