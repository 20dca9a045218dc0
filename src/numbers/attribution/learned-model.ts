/**
 * Rates read off the counted habits. Each count stands beside a prior that says what is usual in the field, with the
 * weight of a few calls, so that a new enterprise starts sanely and its own calls soon speak louder. Sources of the
 * priors: the delays follow a published curve for tracked calls (56 % within an hour, 81 % within five: a lognormal with
 * median 43 minutes and sigma 2.2); the others are ours.
 */
import {
  cellOf,
  cells,
  delayBin,
  delayBinStart,
  delayBins,
  delayLevel,
  engagementBins,
  middleOf,
  pageBins,
} from './bins.ts';
import type { CallModel } from './call-model.ts';
import type { Habits } from './habits.ts';

/**
 * A visit of a minute and one page calls this often once it is over, and per second while it is open. Both grow with the
 * root of the pages, the former with the root of the seconds too: more interest, more calls, but not in proportion.
 */
const usualCallsAfter = 0.004;
const usualLiveRate = 0.008 / 60;
/** Weight of what is usual, in calls. */
const usualWeight = 2;
/** Weight of a row's and a column's ratio, and of a single cell's. */
const marginWeight = 15;
const cellWeight = 6;
const delayMedianSeconds = 2_580;
const delaySigma = 2.2;
const delayWeight = 15;
const levelWeight = 300;
const usualTapShare = 0.5;
const tapWeight = 6;
/** Taps without a call: one in 10,000 seconds of visit. */
const usualTapRate = 1e-4;
const usualHomeShare = 0.6;
const homeWeight = 10;
/** Visits tell how common a region is until calls do; so many calls' worth. */
const regionWeight = 30;
const usualStrangerRate = 0.1 / 86_400;
const strangerWeight = 20;
const usualRepeats = 0.15;
const repeatWeight = 20;
const repeatMedianSeconds = 4 * 3_600;
const repeatSigma = 2.2;

const usualDelays = lognormalBins(delayMedianSeconds, delaySigma);
const usualAfter = usualCells(({ seconds, pages }) => usualCallsAfter * Math.sqrt((seconds / 60) * pages));
const usualLive = usualCells(({ pages }) => usualLiveRate * Math.sqrt(pages));
const usualRepeatDelays = lognormalBins(repeatMedianSeconds, repeatSigma);

/** The fitted rates: a `CallModel`, and the tables it reads. */
export interface Rates extends CallModel {
  /** Calls after the visit, by cell. */
  readonly after: readonly number[];
  /** Calls per second of an open visit, by cell. */
  readonly live: readonly number[];
  /** Per second, by level and delay bin. */
  readonly curves: readonly (readonly number[])[];
  readonly repeatShare: number;
  readonly repeatCurve: readonly number[];
}

/** The rates as of these counts; they do not follow them further. */
export function learnModel(habits: Habits): Rates {
  const after = ratesOf(habits.callsAfter, habits.ended, usualAfter);
  const live = ratesOf(habits.liveCalls, habits.liveSeconds, usualLive);
  const pooled = curveOf(sumLists(habits.delays), usualDelays, delayWeight);
  const curves = habits.delays.map((counts) => densities(curveOf(counts, pooled, levelWeight)));
  const repeats = densities(curveOf(habits.repeats, usualRepeatDelays, repeatWeight));
  const repeatShare = shrink(sum(habits.repeats), habits.shownCalls, usualRepeats, repeatWeight);
  const idleTaps = Math.max(0, habits.taps - habits.tappedCalls);
  const regionOf = regionShares(habits);
  return {
    after,
    live,
    curves,
    repeatShare,
    repeatCurve: repeats,
    callsAfter: (engagedSeconds, pages) => after[cellOf(engagedSeconds, pages)] ?? 0,
    liveRate: (ageSeconds, pages) => live[cellOf(ageSeconds, pages)] ?? 0,
    delayDensity: (sinceSeconds, engagedSeconds) => curves[delayLevel(engagedSeconds)]?.[delayBin(sinceSeconds)] ?? 0,
    tapShare: shrink(habits.tappedCalls, sum(habits.liveCalls), usualTapShare, tapWeight),
    tapRate: (idleTaps + 1) / (sum(habits.liveSeconds) + 1 / usualTapRate),
    homeShare: Math.min(0.99, shrink(habits.homeCalls, habits.placedCalls, usualHomeShare, homeWeight)),
    regionShare: regionOf,
    strangerRate: (habits.strangerCalls + strangerWeight) / (habits.numberSeconds + strangerWeight / usualStrangerRate),
    repeatRate: (sinceSeconds) => repeatShare * (repeats[delayBin(sinceSeconds)] ?? 0),
  };
}

/**
 * Calls per exposure of each cell: what is usual for it, times what all calls, its row, its column and the cell itself
 * tell, each drawn towards 1 as far as it rests on few calls.
 */
function ratesOf(calls: readonly number[], exposure: readonly number[], usual: readonly number[]): number[] {
  const expectedCalls = sum(usual.map((rate, cell) => rate * (exposure[cell] ?? 0)));
  const overall = (sum(calls) + usualWeight) / (expectedCalls + usualWeight);
  const row = new Array<number>(engagementBins).fill(1);
  const column = new Array<number>(pageBins).fill(1);
  const rowOf = (cell: number) => Math.floor(cell / pageBins);
  const columnOf = (cell: number) => cell % pageBins;
  for (let round = 0; round < 3; round += 1) {
    adjust(row, rowOf, (cell) => column[columnOf(cell)] ?? 1);
    adjust(column, columnOf, (cell) => row[rowOf(cell)] ?? 1);
  }
  return Array.from({ length: cells }, (_, cell) => {
    const expected = overall * (usual[cell] ?? 0) * (row[rowOf(cell)] ?? 1) * (column[columnOf(cell)] ?? 1);
    const seen = (calls[cell] ?? 0) + cellWeight;
    return (expected * seen) / (expected * (exposure[cell] ?? 0) + cellWeight);
  });

  function adjust(ratios: number[], indexOf: (cell: number) => number, otherOf: (cell: number) => number): void {
    const seen = new Array<number>(ratios.length).fill(marginWeight);
    const expected = new Array<number>(ratios.length).fill(marginWeight);
    for (let cell = 0; cell < cells; cell += 1) {
      const index = indexOf(cell);
      seen[index] = (seen[index] ?? 0) + (calls[cell] ?? 0);
      expected[index] = (expected[index] ?? 0) + overall * (usual[cell] ?? 0) * otherOf(cell) * (exposure[cell] ?? 0);
    }
    for (let index = 0; index < ratios.length; index += 1) ratios[index] = (seen[index] ?? 1) / (expected[index] ?? 1);
  }
}

function usualCells(rateOf: (middle: { seconds: number; pages: number }) => number): number[] {
  return Array.from({ length: cells }, (_, cell) => rateOf(middleOf(cell)));
}

/** Shares of the delay bins, drawn towards `usual` with that many calls' weight. */
function curveOf(counts: readonly number[], usual: readonly number[], weight: number): number[] {
  const total = sum(counts) + weight;
  const shares = usual.map((share, bin) => ((counts[bin] ?? 0) + weight * share) / total);
  // Neighbours share a little: half an octave is finer than a few hundred calls can tell apart.
  return shares.map((share, bin) => {
    const before = shares[bin - 1] ?? share;
    const next = shares[bin + 1] ?? share;
    return 0.25 * before + 0.5 * share + 0.25 * next;
  });
}

function densities(shares: readonly number[]): number[] {
  const total = sum(shares);
  return shares.map((share, bin) => share / total / (delayBinStart(bin + 1) - delayBinStart(bin)));
}

function regionShares(habits: Habits): (region: string) => number {
  const calls = sum(Object.values(habits.callRegions));
  const visits = sum(Object.values(habits.visitRegions));
  const regions = Math.max(1, Object.keys(habits.visitRegions).length);
  return (region) => {
    const amongVisits = ((habits.visitRegions[region] ?? 0) + 1) / (visits + regions + 1);
    return ((habits.callRegions[region] ?? 0) + regionWeight * amongVisits) / (calls + regionWeight);
  };
}

function lognormalBins(medianSeconds: number, sigma: number): number[] {
  const upTo = (bin: number) =>
    bin === 0 ? 0 : bin >= delayBins ? 1 : normalShare(Math.log(delayBinStart(bin) / medianSeconds) / sigma);
  return Array.from({ length: delayBins }, (_, bin) => upTo(bin + 1) - upTo(bin));
}

/** The normal distribution's share below z (Abramowitz and Stegun 26.2.17). */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * tail;
  return z >= 0 ? 1 - above : above;
}

function shrink(seen: number, of: number, usual: number, weight: number): number {
  return (seen + usual * weight) / (of + weight);
}

function sumLists(lists: readonly (readonly number[])[]): number[] {
  return Array.from({ length: delayBins }, (_, bin) => sum(lists.map((list) => list[bin] ?? 0)));
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}
