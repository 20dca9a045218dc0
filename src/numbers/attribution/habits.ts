/**
 * What has been counted of how an enterprise's visitors call. Counts only, so that they can be added, taken back when a
 * belief is revised, and forgotten evenly. A call counts for each candidate by its probability (the expectation step of
 * EM); a confirmed call counts wholly for one. What the counts mean is in `learned-model.ts`.
 */
import { cellOf, cells, delayBins, delayLevels, engagementBins, secondsWithin } from './bins.ts';

export interface Habits {
  /** Visits that ended, by engagement and pages. */
  readonly ended: number[];
  /** Calls after the visit, likewise. */
  readonly callsAfter: number[];
  /** Calls after the visit, by level of engagement and delay. */
  readonly delays: number[][];
  /** Seconds that visits were open, by age and pages so far. */
  readonly liveSeconds: number[];
  readonly liveCalls: number[];
  /** Taps seen, and of the live calls those that followed one. */
  taps: number;
  tappedCalls: number;
  /** Calls whose caller's and visit's regions are known; and of them those at home there. */
  placedCalls: number;
  homeCalls: number;
  readonly callRegions: Record<string, number>;
  readonly visitRegions: Record<string, number>;
  strangerCalls: number;
  /** Seconds that numbers were ready to ring, summed over the numbers. */
  numberSeconds: number;
  /** Calls with a number that had called before, by the delay since; and all calls that showed one. */
  readonly repeats: number[];
  shownCalls: number;
}

export function noHabits(): Habits {
  const none = (length: number) => new Array<number>(length).fill(0);
  return {
    ended: none(cells),
    callsAfter: none(cells),
    delays: Array.from({ length: delayLevels }, () => none(delayBins)),
    liveSeconds: none(cells),
    liveCalls: none(cells),
    taps: 0,
    tappedCalls: 0,
    placedCalls: 0,
    homeCalls: 0,
    callRegions: {},
    visitRegions: {},
    strangerCalls: 0,
    numberSeconds: 0,
    repeats: none(delayBins),
    shownCalls: 0,
  };
}

/** A visit has ended: it was there to call, for so long and after so many pages. Pages are taken as evenly spread. */
export function countVisit(
  habits: Habits,
  visit: { engagedSeconds: number; pages: number; region: string | null; taps: number },
): void {
  const { engagedSeconds, pages } = visit;
  add(habits.ended, cellOf(engagedSeconds, pages), 1);
  for (let bin = 0; bin < engagementBins; bin += 1) {
    const seconds = secondsWithin(bin, engagedSeconds);
    if (seconds === 0) break;
    const age = Math.min(engagedSeconds, middleOf(bin, engagedSeconds));
    const soFar = 1 + Math.round(((pages - 1) * age) / Math.max(engagedSeconds, 1e-9));
    add(habits.liveSeconds, cellOf(age, soFar), seconds);
  }
  habits.taps += visit.taps;
  if (visit.region !== null) habits.visitRegions[visit.region] = (habits.visitRegions[visit.region] ?? 0) + 1;
}

function middleOf(bin: number, engagedSeconds: number): number {
  let from = 0;
  for (let earlier = 0; earlier < bin; earlier += 1) from += secondsWithin(earlier, Number.MAX_VALUE);
  return from + secondsWithin(bin, engagedSeconds) / 2;
}

function add(list: number[], index: number, amount: number): void {
  list[index] = Math.max(0, (list[index] ?? 0) + amount);
}
