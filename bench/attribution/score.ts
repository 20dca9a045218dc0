/**
 * How well a policy did, against the truth that only the generator knows. A call is credited to its most probable
 * candidate when that is a visit and not "nobody". Calls of the warm-up are not counted.
 */
import type { Truth } from './traffic.ts';

/** What a policy said of one call: the most probable visit, or null for nobody, and how probable. */
export interface Verdict {
  readonly visit: number | null;
  readonly probability: number;
}

export interface Score {
  readonly policy: string;
  /** Calls that had a true visit. */
  readonly calls: number;
  /** Shares of those. */
  readonly correct: number;
  readonly wrong: number;
  readonly open: number;
  /** Share of the stray calls that were credited to anybody. */
  readonly strayCredited: number;
  /** Share of the visits without a number of their own. */
  readonly overflow: number;
  /** Expected calibration error of the top probability, ten equal bins, all calls. */
  readonly ece: number;
  /** Mean squared error of the top probability, all calls. */
  readonly brier: number;
  /** Largest share of all calls that a threshold credits with 95 % precision. */
  readonly creditableAt95: number;
}

/** One bin of the reliability diagram. */
export interface ReliabilityBin {
  readonly calls: number;
  readonly meanProbability: number;
  readonly shareRight: number;
}

const bins = 10;
const precision = 0.95;

export function createScore(policy: string) {
  const tally = { correct: 0, wrong: 0, open: 0, strays: 0, strayCredited: 0, brier: 0 };
  const filled = Array.from({ length: bins }, () => ({ calls: 0, probability: 0, right: 0 }));
  const credited: { probability: number; right: boolean }[] = [];

  return Object.freeze({
    add({ visit, probability }: Verdict, truth: Truth): void {
      const right = visit === truth.visit;
      const bin = filled[Math.min(bins - 1, Math.floor(probability * bins))];
      if (bin !== undefined) {
        bin.calls += 1;
        bin.probability += probability;
        if (right) bin.right += 1;
      }
      tally.brier += (probability - (right ? 1 : 0)) ** 2;
      if (visit !== null) credited.push({ probability, right });
      if (truth.visit === null) {
        tally.strays += 1;
        if (visit !== null) tally.strayCredited += 1;
      } else if (visit === null) tally.open += 1;
      else if (right) tally.correct += 1;
      else tally.wrong += 1;
    },

    result(overflow: number): { score: Score; reliability: ReliabilityBin[] } {
      const calls = tally.correct + tally.wrong + tally.open;
      const all = calls + tally.strays;
      const error = filled.reduce((sum, bin) => sum + Math.abs(bin.probability - bin.right), 0);
      const score = {
        policy,
        calls,
        correct: share(tally.correct, calls),
        wrong: share(tally.wrong, calls),
        open: share(tally.open, calls),
        strayCredited: share(tally.strayCredited, tally.strays),
        overflow: rounded(overflow),
        ece: share(error, all),
        brier: share(tally.brier, all),
        creditableAt95: share(creditable(credited), all),
      };
      const reliability = filled.map((bin) => ({
        calls: bin.calls,
        meanProbability: share(bin.probability, bin.calls),
        shareRight: share(bin.right, bin.calls),
      }));
      return { score, reliability };
    },
  });
}

/** The most calls that lie above one threshold and of which 95 % are right; equal probabilities stand or fall together. */
function creditable(credited: { probability: number; right: boolean }[]): number {
  const sorted = [...credited].sort((left, right) => right.probability - left.probability);
  let right = 0;
  let most = 0;
  for (const [index, call] of sorted.entries()) {
    if (call.right) right += 1;
    const isLastOfItsKind = sorted[index + 1]?.probability !== call.probability;
    if (isLastOfItsKind && right >= precision * (index + 1)) most = index + 1;
  }
  return most;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole);
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
