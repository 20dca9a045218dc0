/**
 * What was learned, in figures a person can check against their own experience, and how far the probabilities kept
 * their word: of the contacts whose visit is known for certain by now, how often the first belief named it.
 */
import { cells, delayBinStart, delayBins, engagementBins, engagementEdges, levelOf, pageBins } from './bins.ts';
import type { Habits } from './habits.ts';
import type { Rates } from './learned-model.ts';

export interface ModelFigures {
  /** By how long a visit was looked at; the last is open. */
  readonly callsPer100Visits: readonly {
    readonly engagedSecondsUpTo: number | null;
    readonly visits: number;
    readonly calls: number;
  }[];
  /** Of calls, the share made while the visit is open or within that time after it. */
  readonly callsWithin: { readonly oneHour: number; readonly fiveHours: number; readonly oneDay: number };
  readonly homeShare: number;
  readonly tapShare: number;
  /** Calls a caller is expected to make again. */
  readonly repeatShare: number;
  readonly strangersPerNumberAndDay: number;
}

/** `exposure`: the visits that the rates are read against; without any, every kind of visit counts alike. */
export function figuresOf(rates: Rates, exposure: Pick<Habits, 'ended' | 'liveSeconds'>): ModelFigures {
  const rows = Array.from({ length: engagementBins }, (_, row) => {
    const own = Array.from({ length: pageBins }, (__, column) => row * pageBins + column);
    const visits = sum(own.map((cell) => exposure.ended[cell] ?? 0));
    const after = sum(own.map((cell) => (exposure.ended[cell] ?? 0) * (rates.after[cell] ?? 0)));
    return {
      engagedSecondsUpTo: engagementEdges[row] ?? null,
      visits: Math.round(visits),
      calls: visits === 0 ? 0 : rounded((after / visits) * 100),
    };
  });
  const live = sum(rates.live.map((rate, cell) => rate * (exposure.liveSeconds[cell] ?? 0)));
  const within = (seconds: number) => rounded(shareWithin(rates, exposure, live, seconds));
  return {
    callsPer100Visits: rows,
    callsWithin: { oneHour: within(3_600), fiveHours: within(5 * 3_600), oneDay: within(86_400) },
    homeShare: rounded(rates.homeShare),
    tapShare: rounded(rates.tapShare),
    repeatShare: rounded(rates.repeatShare),
    strangersPerNumberAndDay: rounded(rates.strangerRate * 86_400),
  };
}

function shareWithin(rates: Rates, exposure: Pick<Habits, 'ended'>, live: number, seconds: number): number {
  const isKnown = exposure.ended.some((visits) => visits > 0);
  let [within, all] = [live, live];
  for (let cell = 0; cell < cells; cell += 1) {
    const calls = (isKnown ? (exposure.ended[cell] ?? 0) : 1) * (rates.after[cell] ?? 0);
    const curve = rates.curves[levelOf(cell)] ?? [];
    all += calls;
    for (let bin = 0; bin < delayBins; bin += 1) {
      const [from, to] = [delayBinStart(bin), delayBinStart(bin + 1)];
      within += calls * (curve[bin] ?? 0) * Math.max(0, Math.min(to, seconds) - from);
    }
  }
  return all === 0 ? 0 : within / all;
}

/** A contact whose visit is certain by now: how sure the first belief was of its most probable one, and whether rightly. */
export interface Foretold {
  readonly probability: number;
  readonly right: boolean;
}

export interface ReliabilityRow {
  readonly from: number;
  readonly to: number;
  readonly contacts: number;
  readonly foretold: number | null;
  readonly right: number | null;
}

/** Ten equal bins. */
export function reliabilityOf(foretold: readonly Foretold[]): ReliabilityRow[] {
  return Array.from({ length: 10 }, (_, bin) => {
    const own = foretold.filter(({ probability }) => Math.min(9, Math.floor(probability * 10)) === bin);
    const mean = (values: readonly number[]) => (own.length === 0 ? null : rounded(sum(values) / own.length));
    return {
      from: bin / 10,
      to: (bin + 1) / 10,
      contacts: own.length,
      foretold: mean(own.map(({ probability }) => probability)),
      right: mean(own.map(({ right }) => (right ? 1 : 0))),
    };
  });
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
