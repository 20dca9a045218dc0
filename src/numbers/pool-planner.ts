/**
 * The planner as the API and the command ask it: gathers a pool's own traffic or takes a description of one, has the plan
 * carried out in a thread, and says what it rests on. One plan at a time in a process: each keeps a processor busy.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { AppError } from '../ports/errors.ts';
import type { EnterpriseId, PoolId } from '../ports/ids.ts';
import type { CallModel } from './attribution/call-model.ts';
import type { LeaseTerms } from './lease-book.ts';
import type { PlanTargets, SizePlan } from './plan-pool.ts';
import type { PoolToPlan, RecordedTraffic } from './planning-traffic.postgres.ts';
import { tablesOf } from './replay/call-tables.ts';
import type { PlanProgress, PlanTraffic } from './replay/carry-out-plan.ts';
import type { RunPlan } from './replay/run-plan.thread.ts';
import { type SyntheticTraffic, syntheticRegions } from './replay/synthetic-visits.ts';

export interface PlanWish {
  readonly targets: PlanTargets;
  /** A month; null: what the pool's numbers cost on average. */
  readonly costPerNumber: number | null;
  /** A visit is credited from this probability on. */
  readonly creditFrom: number;
  readonly sizeMax: number;
  /** The same seed makes the same plan of the same traffic. */
  readonly seed: number;
}

/** Replay the last so many days of the pool's own traffic, or this one. */
export type WishedTraffic =
  | { readonly kind: 'recorded'; readonly days: number }
  | { readonly kind: 'synthetic'; readonly spec: SyntheticTraffic };

/** What a plan rests on. */
export type PlanBasis =
  | {
      readonly kind: 'recorded';
      readonly since: number;
      readonly until: number;
      /** Older visits were left out: there were more than may be replayed. */
      readonly isCut: boolean;
      readonly callersSeen: number;
    }
  | { readonly kind: 'synthetic'; readonly spec: SyntheticTraffic };

/** The pool that a plan is about. */
export interface PlannedPool {
  /** Null: there is none yet. */
  readonly poolId: PoolId | null;
  /** Numbers it has now; null when there is none yet. */
  readonly present: number | null;
  readonly terms: LeaseTerms;
  /** Of one of its numbers, a month; null when it is not known. */
  readonly ownCost: number | null;
  /** Visits without a number of their own are shown one that can be called. */
  readonly hasShared: boolean;
}

export interface PoolPlan extends SizePlan, Omit<PlannedPool, 'ownCost'>, PlanWish {
  readonly costPerNumber: number;
  readonly basis: PlanBasis;
  readonly visits: number;
  readonly callsPerVisit: number;
}

export interface PlanWatch {
  readonly signal: AbortSignal;
  readonly progress: PlanProgress;
}

export interface PoolPlanner {
  /**
   * @throws AppError `not-found`; `conflict` when the record holds too little traffic; `too-many-requests` when another
   * plan is under way; `unavailable` when the process is stopping. The signal's reason when it is stopped.
   */
  plan(
    of: { readonly enterpriseId: EnterpriseId; readonly poolId: PoolId },
    traffic: WishedTraffic,
    wish: PlanWish,
    watch: PlanWatch,
  ): Promise<PoolPlan>;
  /** Stops what is under way; no plan is begun any more. */
  stop(): void;
}

export interface PlannerWorld {
  readonly readPool: (enterpriseId: EnterpriseId, poolId: PoolId) => Promise<PoolToPlan | null>;
  readonly readTerms: (poolId: PoolId) => Promise<LeaseTerms>;
  readonly readTraffic: (
    pool: PoolToPlan,
    span: { since: number; until: number; signal: AbortSignal },
  ) => Promise<RecordedTraffic>;
  readonly countCallers: (poolId: PoolId, since: number) => Promise<number>;
  /** How the pool's visitors call, as far as it is known. */
  readonly readCallModel: (enterpriseId: EnterpriseId, poolId: PoolId) => Promise<CallModel>;
  readonly runPlan: RunPlan;
  readonly clock: Clock;
}

/** A local number of a common carrier in the US, a month, in dollars. */
const usualCost = 1.15;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

export function createPoolPlanner(world: PlannerWorld): PoolPlanner {
  const stopping = new AbortController();
  let isBusy = false;

  /** Runs `act` alone, until it ends or somebody stops it. */
  async function alone<Answer>(watch: PlanWatch, act: (watch: PlanWatch) => Promise<Answer>): Promise<Answer> {
    if (isBusy) throw new AppError('too-many-requests', { detail: 'another plan is being made; one at a time' });
    isBusy = true;
    try {
      const signal = AbortSignal.any([watch.signal, stopping.signal]);
      signal.throwIfAborted();
      return await act({ ...watch, signal });
    } finally {
      isBusy = false;
    }
  }

  async function planRecorded(
    pool: PoolToPlan,
    planned: PlannedPool & { readonly model: CallModel },
    days: number,
    wish: PlanWish,
    watch: PlanWatch,
  ): Promise<PoolPlan> {
    const until = world.clock.now();
    const span = { since: until - days * dayMs, until, signal: watch.signal };
    const { visits, regions, since, isCut } = await world.readTraffic(pool, span);
    if (since === null || visits.count < limits.planVisitsLeast || until - since < limits.planSpanLeastMs) {
      throw new AppError('conflict', { detail: tooLittle(visits.count, since === null ? 0 : until - since) });
    }
    const callersSeen = await world.countCallers(pool.id, since);
    const traffic = { kind: 'recorded', columns: visits, until, callersSeen } as const;
    const basis = { kind: 'recorded', since, until, isCut, callersSeen } as const;
    return carryOut(world, { ...planned, regions, traffic, basis }, wish, watch);
  }

  return Object.freeze({
    plan: (
      of: { readonly enterpriseId: EnterpriseId; readonly poolId: PoolId },
      traffic: WishedTraffic,
      wish: PlanWish,
      watch: PlanWatch,
    ) =>
      alone(watch, async (watched) => {
        const pool = await world.readPool(of.enterpriseId, of.poolId);
        if (pool === null) throw new AppError('not-found', { detail: 'no such pool' });
        const terms = await world.readTerms(pool.id);
        const model = await world.readCallModel(of.enterpriseId, pool.id);
        const planned = {
          poolId: pool.id,
          present: pool.numbers,
          terms,
          hasShared: pool.hasShared,
          ownCost: pool.costPerNumber,
          model,
        };
        if (traffic.kind === 'recorded') return planRecorded(pool, planned, traffic.days, wish, watched);
        return planSynthetic(world, planned, traffic.spec, wish, watched);
      }),
    stop: () => stopping.abort(new AppError('unavailable', { detail: 'the gateway is stopping' })),
  });
}

/** A plan for described traffic. @throws AppError `invalid-request` when there is more of it than may be replayed. */
export async function planSynthetic(
  world: { readonly runPlan: RunPlan },
  planned: PlannedPool & { readonly model: CallModel },
  spec: SyntheticTraffic,
  wish: PlanWish,
  watch: PlanWatch,
): Promise<PoolPlan> {
  refuseTooMuch(spec);
  const traffic = { kind: 'synthetic', spec } as const;
  return carryOut(world, { ...planned, regions: syntheticRegions(spec), traffic, basis: traffic }, wish, watch);
}

async function carryOut(
  world: { readonly runPlan: RunPlan },
  given: PlannedPool & {
    readonly model: CallModel;
    readonly regions: readonly string[];
    readonly traffic: PlanTraffic;
    readonly basis: PlanBasis;
  },
  wish: PlanWish,
  watch: PlanWatch,
): Promise<PoolPlan> {
  const { poolId, present, terms, hasShared, traffic, basis } = given;
  const costPerNumber = wish.costPerNumber ?? given.ownCost ?? usualCost;
  const habits = tablesOf(given.model, given.regions);
  const plan = await world.runPlan({ ...wish, costPerNumber, traffic, habits, terms, hasShared, present }, watch);
  return { ...plan, ...wish, costPerNumber, poolId, present, terms, hasShared, basis };
}

/** More visits than may be replayed would keep a processor busy for minutes. */
function refuseTooMuch({ visitsPerHour, days }: SyntheticTraffic): void {
  const perHour = visitsPerHour.reduce((sum, rate) => sum + rate, 0) / Math.max(1, visitsPerHour.length);
  const visits = perHour * days * 24;
  if (visits <= limits.planVisitsMax) return;
  const problem = `makes ${Math.round(visits)} visits over ${days} days; a plan replays up to ${limits.planVisitsMax}`;
  const daysThatFit = Math.floor(limits.planVisitsMax / (perHour * 24));
  const cure = daysThatFit >= 1 ? `send days=${daysThatFit}` : 'split the traffic over several pools';
  throw new AppError('invalid-request', { fields: [{ field: 'visitsPerHour', problem, cure }] });
}

function tooLittle(visits: number, spanMs: number): string {
  const hours = Math.round(spanMs / hourMs);
  return (
    `the record holds ${visits} visits to this pool over ${hours} hours, and a plan needs ${limits.planVisitsLeast} ` +
    'over a day or more: describe the traffic with visitsPerHour instead'
  );
}
