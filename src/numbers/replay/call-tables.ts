/**
 * A call model as plain tables: they can be handed to another thread, drawn from as well as read, and scaled to the
 * number of calls that are known to come. They hold what the model says at one point of each bin (`attribution/bins.ts`),
 * which is all a learned model has.
 */
import { cellOf, cells, delayBin, delayBinStart, delayBins, delayLevel, delayLevels } from '../attribution/bins.ts';
import type { CallModel } from '../attribution/call-model.ts';

export interface CallTables {
  /** Calls after a visit, by cell of engagement and pages. */
  readonly after: Float64Array;
  /** Calls per second of an open visit, by cell of age and pages so far. */
  readonly live: Float64Array;
  /** Shares of the delay bins, by level of engagement; each adds up to 1. */
  readonly delays: readonly Float64Array[];
  readonly tapShare: number;
  readonly tapRate: number;
  readonly homeShare: number;
  readonly strangerRate: number;
  /** Share of the callers who live there, by the region's place in the list that the tables were made with. */
  readonly regionShares: Float64Array;
}

/** A point in each bin of engagement, in seconds, and in each bin of pages. */
const secondsPoints = [2.5, 7.5, 15, 30, 60, 120, 240, 480, 960, 1_920] as const;
const pagePoints = [1, 2, 3, 4, 7, 10, 16] as const;
/** A point in each level of engagement. */
const levelPoints = [20, 100, 600] as const;

/** What the model says at each bin's point, and of each of the regions. */
export function tablesOf(model: CallModel, regions: readonly string[]): CallTables {
  const after = new Float64Array(cells);
  const live = new Float64Array(cells);
  for (const seconds of secondsPoints) {
    for (const pages of pagePoints) {
      const cell = cellOf(seconds, pages);
      after[cell] = model.callsAfter(seconds, pages);
      live[cell] = model.liveRate(seconds, pages);
    }
  }
  const delays = Array.from({ length: delayLevels }, () => new Float64Array(delayBins));
  for (const point of levelPoints) {
    const shares = delays[delayLevel(point)];
    for (let bin = 0; shares !== undefined && bin < delayBins; bin += 1) {
      const width = delayBinStart(bin + 1) - delayBinStart(bin);
      shares[bin] = model.delayDensity(delayBinStart(bin) + width / 2, point) * width;
    }
  }
  const { tapShare, tapRate, homeShare, strangerRate } = model;
  return {
    after,
    live,
    delays: delays.map(sharesOf),
    tapShare,
    tapRate,
    homeShare,
    strangerRate,
    regionShares: Float64Array.from(regions, (region) => model.regionShare(region)),
  };
}

/** The same habits with `factor` times the calls of visitors. */
export function scaleTables(tables: CallTables, factor: number): CallTables {
  const scaled = (list: Float64Array) => list.map((rate) => rate * factor);
  return { ...tables, after: scaled(tables.after), live: scaled(tables.live) };
}

/** The tables as the model they came from. Regions are named by their place in the list. */
export function modelOfTables(tables: CallTables): CallModel {
  const densities = tables.delays.map((shares) =>
    shares.map((share, bin) => share / (delayBinStart(bin + 1) - delayBinStart(bin))),
  );
  return {
    callsAfter: (engagedSeconds, pages) => tables.after[cellOf(engagedSeconds, pages)] as number,
    liveRate: (ageSeconds, pages) => tables.live[cellOf(ageSeconds, pages)] as number,
    delayDensity: (since, engagedSeconds) => densities[delayLevel(engagedSeconds)]?.[delayBin(since)] ?? 0,
    tapShare: tables.tapShare,
    tapRate: tables.tapRate,
    homeShare: tables.homeShare,
    strangerRate: tables.strangerRate,
    regionShare: (region) => Math.max(1e-6, tables.regionShares[Number(region)] ?? 0),
    // Each visitor calls once here: a repeated call is credited as the first one was, and would change no share.
    repeatRate: () => 0,
  };
}

function sharesOf(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? weights.map((weight) => weight / total) : weights.map(() => 1 / weights.length);
}
