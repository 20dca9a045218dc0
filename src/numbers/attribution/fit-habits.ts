/**
 * Learns how people call from contacts whose caller nobody has named: expectation maximisation over traces. Each round
 * asks the model whose each contact probably was, counts it there in shares, and reads a new model off the counts. The
 * visits are the exposure, so what is fitted are the rates of a superposition of point processes, as seismologists tell
 * aftershocks from background (Marsan and Lengliné 2008). A confirmed contact counts wholly where it belongs.
 */
import { cells, delayBins, levelOf } from './bins.ts';
import { type Habits, noHabits } from './habits.ts';
import { learnModel, type Rates } from './learned-model.ts';
import { isHome, isPlaced, places, readPlace, type Trace } from './trace.ts';
import { tapWithinMs } from './weigh-contact.ts';

/** Contacts, each with the weight that forgetting has left it. */
export interface WeighedTrace {
  readonly trace: Trace;
  readonly weight: number;
}

/** The rates after `rounds` of fitting, starting from `start`. `exposure`: what of the habits visits alone tell. */
export function fitHabits(exposure: Habits, traces: readonly WeighedTrace[], start: Rates, rounds: number): Rates {
  let rates = start;
  for (let round = 0; round < rounds; round += 1) {
    const counts: Habits = { ...noHabits(), ...exposureOf(exposure) };
    const weights = weightsOf(rates);
    for (const { trace, weight } of traces) countTrace(counts, trace, weight, rates, weights);
    rates = learnModel(counts);
  }
  return rates;
}

function exposureOf(habits: Habits): Pick<Habits, 'ended' | 'liveSeconds' | 'taps' | 'visitRegions' | 'numberSeconds'> {
  const { ended, liveSeconds, taps, visitRegions, numberSeconds } = habits;
  return { ended, liveSeconds, taps, visitRegions, numberSeconds };
}

/** The rate of one holder at each place of the table, without its region. */
function weightsOf(rates: Rates): Float64Array {
  const table = new Float64Array(cells * delayBins);
  for (let cell = 0; cell < cells; cell += 1) {
    const curve = rates.curves[levelOf(cell)] ?? [];
    for (let bin = 0; bin < delayBins; bin += 1) {
      table[cell * delayBins + bin] = (rates.after[cell] ?? 0) * (curve[bin] ?? 0);
    }
  }
  return table;
}

function countTrace(counts: Habits, trace: Trace, weight: number, rates: Rates, table: Float64Array): void {
  if (trace.shown) counts.shownCalls += weight;
  if (trace.region !== null) {
    counts.callRegions[trace.region] = (counts.callRegions[trace.region] ?? 0) + weight;
  }
  if (trace.confirmed !== null) {
    countConfirmed(counts, trace, weight, rates);
    return;
  }
  const regions = regionFactors(trace.region, rates);
  let total = rates.strangerRate * (trace.repeat === null ? 1 : 1e-4);
  const stranger = total;
  const repeat = trace.repeat === null ? 0 : rates.repeatShare * (rates.repeatCurve[trace.repeat] ?? 0);
  total += repeat;
  const { after } = trace;
  const rateAt = (at: number) => {
    const place = after[at] as number;
    return (
      (after[at + 1] as number) * (table[Math.floor(place / places)] as number) * (regions[place % places] as number)
    );
  };
  for (let at = 0; at < after.length; at += 2) total += rateAt(at);
  for (const live of trace.live) total += liveWeight(live, rates, regions);
  if (!(total > 0)) return;
  const scale = weight / total;
  counts.strangerCalls += stranger * scale;
  if (trace.repeat !== null) bump(counts.repeats, trace.repeat, repeat * scale);
  const home = homeShareOf(trace.region, rates);
  for (let at = 0; at < after.length; at += 2) countAfter(counts, after[at] as number, rateAt(at) * scale, home);
  for (const live of trace.live) countLive(counts, live, liveWeight(live, rates, regions) * scale, home);
}

function countConfirmed(counts: Habits, trace: Trace, weight: number, rates: Rates): void {
  const { confirmed } = trace;
  const home = homeShareOf(trace.region, rates);
  if (confirmed?.kind === 'after') countAfter(counts, confirmed.place, weight, home);
  else if (confirmed?.kind === 'live') {
    countLive(counts, [confirmed.cell, confirmed.region, confirmed.tapped, 1], weight, home);
  } else if (confirmed?.kind === 'repeat') bump(counts.repeats, trace.repeat ?? 0, weight);
  else counts.strangerCalls += weight;
}

function countAfter(counts: Habits, at: number, share: number, home: number): void {
  const { cell, bin, region } = readPlace(at);
  bump(counts.callsAfter, cell, share);
  bump(counts.delays[levelOf(cell)] ?? [], bin, share);
  countRegion(counts, region, share, home);
}

function countLive(counts: Habits, [cell, region, tapped]: Trace['live'][number], share: number, home: number): void {
  bump(counts.liveCalls, cell, share);
  if (tapped) counts.tappedCalls += share;
  countRegion(counts, region, share, home);
}

function countRegion(counts: Habits, region: number, share: number, home: number): void {
  if (!isPlaced(region)) return;
  counts.placedCalls += share;
  if (isHome(region)) counts.homeCalls += share * home;
}

function liveWeight([cell, region, tapped, holders]: Trace['live'][number], rates: Rates, regions: number[]): number {
  const tap = tapped ? rates.tapShare / ((tapWithinMs / 1_000) * rates.tapRate) : 1 - rates.tapShare;
  return holders * (rates.live[cell] ?? 0) * tap * (regions[region] as number);
}

/** By the region's place in a trace: unknown, same, other. */
function regionFactors(region: string | null, rates: Rates): number[] {
  if (region === null) return [1, 1, 1];
  const other = 1 - rates.homeShare;
  return [1, other + rates.homeShare / rates.regionShare(region), other];
}

/** Of the callers from their visit's own region, the share who are not there by chance. */
function homeShareOf(region: string | null, rates: Rates): number {
  if (region === null) return 0;
  const byChance = (1 - rates.homeShare) * rates.regionShare(region);
  return rates.homeShare / (rates.homeShare + byChance);
}

function bump(list: number[], index: number, amount: number): void {
  list[index] = (list[index] ?? 0) + amount;
}
