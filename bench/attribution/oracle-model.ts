/**
 * The ceiling: the same weighing with rates computed from the world's own parameters, which no gateway knows. What the
 * learned model reaches is measured against it.
 */
import type { CallModel } from '../../src/numbers/attribution/call-model.ts';
import type { World } from './world.ts';

type Segment = World['segments'][number];
type Later = Extract<World['delays'][number], { medianSeconds: number }>;

/** Seconds of the generator's tap lead, over which a tap is spread evenly. */
const tapWindowSeconds = 30;

export function createOracleModel(world: World): CallModel {
  const during = sum(world.delays.filter((delay) => 'during' in delay).map(({ share }) => share));
  const later = world.delays.filter((delay): delay is Later => 'medianSeconds' in delay);
  const laterShare = 1 - during;
  const regionWeights = Array.from({ length: world.regions }, (_, index) => 1 / (index + 1));
  const regionTotal = sum(regionWeights);
  return {
    callsAfter(engagedSeconds, pages) {
      const chances = world.segments.map(
        (segment) => density(segment, engagedSeconds, pages) / segment.engagedSecondsMean,
      );
      return laterShare * mean(world.segments, chances) || 0;
    },
    liveRate(ageSeconds, pages) {
      const chances = world.segments.map((segment) => density(segment, ageSeconds, pages));
      const total = sum(chances);
      if (total === 0) return 0;
      const rates = world.segments.map(
        (segment, index) =>
          ((chances[index] ?? 0) / total) *
          segment.callProbability *
          inverseLength(ageSeconds, segment.engagedSecondsMean),
      );
      return during * sum(rates);
    },
    delayDensity(sinceSeconds) {
      if (laterShare === 0) return 0;
      return (
        sum(
          later.map(({ share, medianSeconds, sigma }) => share * logNormalDensity(sinceSeconds, medianSeconds, sigma)),
        ) / laterShare
      );
    },
    tapShare: Math.min(world.tapShare, 0.999),
    tapRate: 1e-9 / tapWindowSeconds,
    homeShare: world.aniRegionMatch,
    regionShare: (region) => (regionWeights[Number(region)] ?? 0) / regionTotal,
    strangerRate: Math.max(1e-12, world.strayCallsPerDay / 86_400 / world.numbers),
    repeatRate: (sinceSeconds) => world.repeatCallShare * logNormalDensity(sinceSeconds, 6 * 3_600, 1.5),
  };
}

/** Of a visit that has lasted so long and opened so many pages, up to a factor common to all segments. */
function density(segment: Segment, seconds: number, pages: number): number {
  const perSecond = (segment.pagesMean - 1) / segment.engagedSecondsMean;
  const stays = Math.exp(-seconds / segment.engagedSecondsMean);
  const expected = perSecond * seconds;
  const opened = expected === 0 ? (pages === 1 ? 1 : 0) : Math.exp((pages - 1) * Math.log(expected) - expected);
  return segment.share * stays * opened;
}

function mean(segments: readonly Segment[], chances: readonly number[]): number {
  const total = sum(chances);
  return sum(segments.map(({ callProbability }, index) => callProbability * ((chances[index] ?? 0) / total)));
}

/** The mean of 1/length over lengths past `age`, for exponential lengths: a call falls anywhere in its visit. */
function inverseLength(age: number, meanSeconds: number): number {
  const x = Math.max(age, 0.5) / meanSeconds;
  return (Math.exp(x) * exponentialIntegral(x)) / meanSeconds;
}

/** E1 (Abramowitz and Stegun 5.1.53 and 5.1.56). */
function exponentialIntegral(x: number): number {
  if (x <= 1) {
    const series = [-0.57721566, 0.99999193, -0.24991055, 0.05519968, -0.00976004, 0.00107857];
    return -Math.log(x) + series.reduce((total, factor, power) => total + factor * x ** power, 0);
  }
  const above = x ** 4 + 8.5733287401 * x ** 3 + 18.059016973 * x ** 2 + 8.6347608925 * x + 0.2677737343;
  const below = x ** 4 + 9.5733223454 * x ** 3 + 25.6329561486 * x ** 2 + 21.0996530827 * x + 3.9584969228;
  return (Math.exp(-x) / x) * (above / below);
}

function logNormalDensity(seconds: number, medianSeconds: number, sigma: number): number {
  const at = Math.max(seconds, 1e-3);
  const spread = Math.max(sigma, 1e-3);
  const z = Math.log(at / medianSeconds) / spread;
  return Math.exp(-0.5 * z * z) / (at * spread * Math.sqrt(2 * Math.PI));
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}
