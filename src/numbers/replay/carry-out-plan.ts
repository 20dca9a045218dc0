/**
 * A plan from its order: plain values that can cross to another thread, and what comes back. Everything that takes long
 * happens in here, so that a gateway can have it done beside its telephony.
 */
import { limits } from '../../../config/limits.ts';
import type { LeaseTerms } from '../lease-book.ts';
import { type PlanTargets, planPool, type SizePlan } from '../plan-pool.ts';
import { type CallTables, modelOfTables, scaleTables } from './call-tables.ts';
import { createChance } from './chance.ts';
import { type DrawnCall, drawCalls, expectedOf } from './draw-calls.ts';
import type { PlannedVisit } from './planned-visit.ts';
import { recordedVisits, type VisitColumns } from './recorded-visits.ts';
import { createScoreSize } from './score-size.ts';
import { type SyntheticTraffic, syntheticShares, syntheticVisits } from './synthetic-visits.ts';

export type PlanTraffic =
  | {
      readonly kind: 'recorded';
      readonly columns: VisitColumns;
      /** Unix ms: no call after it is known. */
      readonly until: number;
      /** Callers who were heard while these visits went on; null: take the habits' own word for how many call. */
      readonly callersSeen: number | null;
    }
  | { readonly kind: 'synthetic'; readonly spec: SyntheticTraffic };

export interface PlanOrder {
  readonly traffic: PlanTraffic;
  readonly habits: CallTables;
  readonly terms: LeaseTerms;
  readonly hasShared: boolean;
  readonly creditFrom: number;
  readonly present: number | null;
  readonly sizeMax: number;
  readonly targets: PlanTargets;
  readonly costPerNumber: number;
  readonly seed: number;
}

export interface CarriedOut extends SizePlan {
  readonly visits: number;
  /** Calls expected of one visit. */
  readonly callsPerVisit: number;
}

export type PlanProgress = (numbers: number, done: number) => void;

const dayMs = 86_400_000;
/** Calls seen are believed against the habits' word with the weight of so many. */
const habitWeight = 10;
/** Numbers begin without a history: so much of the traffic, at most two days, is played and not counted. */
const warmUpShare = 1 / 7;

export function carryOutPlan(order: PlanOrder, progress: PlanProgress): CarriedOut {
  const { traffic, terms, hasShared, creditFrom, targets, costPerNumber, present, sizeMax } = order;
  const visits = visitsOf(order);
  const begin = visits[0]?.startsAt ?? 0;
  const until = traffic.kind === 'recorded' ? traffic.until : traffic.spec.days * dayMs;
  const habits = traffic.kind === 'recorded' ? order.habits : withRegions(order.habits, traffic.spec);
  const { tables, expected } = fitCalls(visits, habits, traffic);
  const score = createScoreSize({
    visits,
    draws: drawAll(visits, tables, { until, expected, seed: order.seed }),
    model: modelOfTables(tables),
    terms,
    hasShared,
    creditFrom,
    countFrom: begin + Math.min(2 * dayMs, (until - begin) * warmUpShare),
  });
  const start = present !== null && present > 0 ? present : guessSize(visits, terms, until - begin);
  const plan = planPool({ score, start, present, sizeMax, targets, costPerNumber, progress });
  return { ...plan, visits: visits.length, callsPerVisit: visits.length === 0 ? 0 : expected / visits.length };
}

function visitsOf({ traffic, terms, seed }: PlanOrder): PlannedVisit[] {
  if (traffic.kind === 'recorded') return recordedVisits(traffic.columns, terms.leaseMs);
  return syntheticVisits(traffic.spec, createChance(seed, 0));
}

function withRegions(habits: CallTables, spec: SyntheticTraffic): CallTables {
  return { ...habits, regionShares: syntheticShares(spec) };
}

/** The habits, made to expect as many calls as are known to come. */
function fitCalls(
  visits: readonly PlannedVisit[],
  habits: CallTables,
  traffic: PlanTraffic,
): { tables: CallTables; expected: number } {
  const usual = visits.reduce((sum, visit) => sum + expectedOf(visit, habits), 0);
  if (usual === 0) return { tables: habits, expected: 0 };
  const wanted = wantedCalls(traffic, visits.length, usual);
  const factor = wanted / usual;
  return { tables: scaleTables(habits, factor), expected: wanted };
}

function wantedCalls(traffic: PlanTraffic, visits: number, usual: number): number {
  if (traffic.kind === 'synthetic') return traffic.spec.callsPerVisit * visits;
  if (traffic.callersSeen === null) return usual;
  return (usual * (traffic.callersSeen + habitWeight)) / (usual + habitWeight);
}

/** Enough draws that chance matters little, and no more calls than that. */
function drawAll(
  visits: readonly PlannedVisit[],
  tables: CallTables,
  { until, expected, seed }: { until: number; expected: number; seed: number },
): DrawnCall[][] {
  const wished = Math.ceil(limits.planCallsWanted / Math.max(1, expected));
  const affordable = Math.floor(limits.planVisitsMax / Math.max(1, visits.length));
  const draws = Math.max(1, Math.min(wished, affordable, limits.planDrawsMax));
  const keep = Math.min(1, limits.planCallsWanted / Math.max(1, expected));
  return Array.from({ length: draws }, (_, draw) =>
    drawCalls(visits, tables, createChance(seed, draw + 1), { until, keep }),
  );
}

/** Twice the numbers that are busy on average, when nobody knows better. */
function guessSize(visits: readonly PlannedVisit[], { leaseMs, restMs, holdMs }: LeaseTerms, lengthMs: number): number {
  const busyMs = visits.reduce(
    (sum, { startsAt, endsAt }) => sum + Math.max(holdMs, endsAt - startsAt + leaseMs) + restMs,
    0,
  );
  return Math.max(4, Math.ceil((2 * busyMs) / Math.max(1, lengthMs)));
}
