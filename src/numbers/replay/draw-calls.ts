/**
 * Draws who calls, and when, from the rates at which such visits call: while the visit is open, or else after it. The
 * draw is the planner's truth; what it then tells attribution is only what a gateway would see of the call.
 */
import { cellOf, delayBinStart, delayLevel } from '../attribution/bins.ts';
import type { CallTables } from './call-tables.ts';
import type { Chance } from './chance.ts';
import type { PlannedVisit } from './planned-visit.ts';
import { pagesBy } from './planned-visit.ts';
import type { Ring } from './replay-traffic.ts';

export interface DrawnCall extends Ring {
  readonly dials: number;
  /** Where the caller's number is at home. */
  readonly region: string | null;
  /** When the visitor was seen to tap the number; null when they were not. */
  readonly tappedAt: number | null;
}

/** Where the rate of an open visit may change, in seconds: the edges of the bins, and points between. */
const ageEdges = [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240] as const;
/** A tap comes so long before its call rings; ours. */
const tapLeadMs = 8_000;

/** Calls that a visit is expected to make, from its beginning to long after it. */
export function expectedOf(visit: PlannedVisit, tables: CallTables): number {
  let during = 0;
  stepThrough(visit, tables, (rate, seconds) => {
    during += rate * seconds;
    return true;
  });
  return during + afterOf(visit, tables);
}

/**
 * Draws each visitor's first call up to `until`, in the order they ring. `keep` is the share of the calls to draw, for
 * traffic with more of them than need be weighed.
 */
export function drawCalls(
  visits: readonly PlannedVisit[],
  tables: CallTables,
  chance: Chance,
  { until, keep }: { until: number; keep: number },
): DrawnCall[] {
  const regionOf = drawRegion(tables, chance);
  const delayOf = tables.delays.map((shares) => drawBin(shares));
  const calls: DrawnCall[] = [];
  for (const visit of visits) {
    const at = drawCall(visit);
    if (at === null || at >= until || chance.uniform() >= keep) continue;
    const isLive = at < visit.endsAt;
    const isTapped = isLive && chance.uniform() < tables.tapShare;
    const tappedAt = isTapped ? Math.max(visit.startsAt, at - chance.uniform() * tapLeadMs) : null;
    calls.push({ at, dials: visit.index, anyNumber: 0, region: regionOf(visit), tappedAt });
  }
  return calls.sort((left, right) => left.at - right.at);

  function drawCall(visit: PlannedVisit): number | null {
    const age = drawAge(visit, tables, chance.exponential(1));
    if (age !== null) return visit.startsAt + age * 1_000;
    if (chance.uniform() >= afterOf(visit, tables)) return null;
    const bin = delayOf[delayLevel(visit.allSeconds)]?.(chance.uniform()) ?? 0;
    const from = delayBinStart(bin);
    return visit.endsAt + (from + chance.uniform() * (delayBinStart(bin + 1) - from)) * 1_000;
  }
}

function afterOf(visit: PlannedVisit, tables: CallTables): number {
  return tables.after[cellOf(visit.allSeconds, visit.allPages)] as number;
}

/** The age at which the visit's summed rate reaches `target`; null when it ends before. */
function drawAge(visit: PlannedVisit, tables: CallTables, target: number): number | null {
  let left = target;
  let found: number | null = null;
  stepThrough(visit, tables, (rate, seconds, from) => {
    if (rate * seconds < left) {
      left -= rate * seconds;
      return true;
    }
    found = from + left / rate;
    return false;
  });
  return found;
}

/** The open visit in steps of one rate each, until `each` says that it is enough. */
function stepThrough(
  visit: PlannedVisit,
  tables: CallTables,
  each: (rate: number, seconds: number, from: number) => boolean,
): void {
  const length = (visit.endsAt - visit.startsAt) / 1_000;
  let from = 0;
  for (let index = 0; from < length; index += 1) {
    const to = Math.min(length, ageEdges[index] ?? Number.POSITIVE_INFINITY);
    const middle = (from + to) / 2;
    const rate = tables.live[cellOf(middle, pagesBy(visit, middle))] as number;
    if (!each(rate, to - from, from)) return;
    from = to;
  }
}

/** Where a visitor's number is at home: where they are, or anywhere. */
function drawRegion(tables: CallTables, chance: Chance): (visit: PlannedVisit) => string | null {
  const anywhere = drawBin(tables.regionShares);
  return ({ region }) => {
    if (region !== null && chance.uniform() < tables.homeShare) return region;
    return tables.regionShares.length === 0 ? null : String(anywhere(chance.uniform()));
  };
}

/** The place in `weights` that a uniform number falls on. */
function drawBin(weights: Float64Array): (uniform: number) => number {
  const heaped = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, index) => {
    total += weight;
    heaped[index] = total;
  });
  return (uniform) => {
    const at = uniform * total;
    let [low, high] = [0, heaped.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at < (heaped[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
