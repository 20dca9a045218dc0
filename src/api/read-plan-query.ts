/** The planner's question as it comes over the wire or from the command line, and its plan as it goes back. */
import type { z } from 'zod';
import { limits } from '../../config/limits.ts';
import type { PlanWish, PoolPlan, WishedTraffic } from '../numbers/pool-planner.ts';
import { roundShare, sayPlan } from '../numbers/print-plan.ts';
import { toIso } from '../ports/clock.ts';
import { type PlanQuery, planQuery, type planView } from './contract/plans.ts';

/** The form of the question, with this program's bounds. */
export const boundedPlanQuery = planQuery({ daysMax: limits.planDaysMax, sizeMax: limits.planSizeMax });

export function readPlanQuery(query: PlanQuery): { traffic: WishedTraffic; wish: PlanWish } {
  const { days, visitsPerHour, targetCorrect, maxOverflow, costPerNumber = null, creditFrom, sizeMax, seed } = query;
  const { engagedSecondsMean = 90, pagesMean = 2, callsPerVisit = 0.02, returningShare = 0.2, regions = 50 } = query;
  const targets = { correctMin: targetCorrect, overflowMax: maxOverflow };
  const wish = { targets, costPerNumber, creditFrom, sizeMax, seed };
  if (visitsPerHour === undefined) return { traffic: { kind: 'recorded', days }, wish };
  const spec = { visitsPerHour, engagedSecondsMean, pagesMean, callsPerVisit, returningShare, regions, days };
  return { traffic: { kind: 'synthetic', spec }, wish };
}

/** Shares with four decimals. */
export function planViewOf(plan: PoolPlan): z.infer<typeof planView> {
  const { poolId, present, smallest, targets, sizeMax, costPerNumber, creditFrom, seed, visits, callsPerVisit } = plan;
  return {
    poolId,
    present,
    smallest,
    says: sayPlan(plan),
    targets: { ...targets },
    sizeMax,
    costPerNumber,
    creditFrom,
    seed,
    basis: basisOf(plan),
    visits,
    callsPerVisit: roundShare(callsPerVisit),
    rows: plan.rows.map((row) => ({
      numbers: row.numbers,
      overflow: roundShare(row.overflow),
      correct: roundShare(row.correct),
      wrong: roundShare(row.wrong),
      open: roundShare(row.open),
      misattributed: roundShare(row.misattributed),
      margin: roundShare(row.margin),
      lastHolder: {
        correct: roundShare(row.lastHolderCorrect),
        misattributed: roundShare(row.lastHolderMisattributed),
      },
      monthlyCost: roundShare(row.monthlyCost),
      isPresent: row.isPresent,
      meetsTargets: row.meetsTargets,
    })),
  };
}

function basisOf({ basis }: PoolPlan): z.infer<typeof planView>['basis'] {
  if (basis.kind === 'synthetic') {
    return { kind: 'synthetic', visitsPerHour: [...basis.spec.visitsPerHour], days: basis.spec.days };
  }
  const { since, until, isCut, callersSeen } = basis;
  return { kind: 'recorded', since: toIso(since), until: toIso(until), isCut, callersSeen };
}
