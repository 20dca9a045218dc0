/**
 * Makes the traffic of a world: visits, calls, and the truth about each call. What a gateway can see and what only the
 * generator knows are kept apart: the replay is handed `Sighting`s and `RingingCall`s, the score alone reads `truth`.
 */
import { randomLogNormal, randomPoisson } from 'd3-random';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { World } from './world.ts';

/** One visit as a gateway sees it. Instants in ms from the world's beginning. */
export interface Sighting {
  readonly index: number;
  readonly startsAt: number;
  readonly endsAt: number;
  /** When each further page was opened. */
  readonly pagesAt: readonly number[];
  readonly region: number;
  /** The visitor's cookie. */
  readonly visitorId: string;
}

export interface RingingCall {
  readonly at: number;
  /** Null when withheld. */
  readonly ani: string | null;
  readonly region: number | null;
  /** The visit whose number is dialled; null for a stray call, which dials any number of the pool. */
  readonly dials: number | null;
  /** For a stray call: which number, as a share of the pool from 0 to 1. */
  readonly anyNumber: number;
  /** When the visitor was seen to tap the number; null when they were not. */
  readonly tappedAt: number | null;
}

export interface Truth {
  /** The visit behind the call, or behind the first call of a repeat; null for a stray call. */
  readonly visit: number | null;
  readonly repeat: boolean;
}

export interface Traffic {
  readonly visits: readonly Sighting[];
  readonly calls: readonly RingingCall[];
  /** Truth of `calls`, by index. */
  readonly truth: readonly Truth[];
}

interface Person {
  readonly id: number;
  readonly region: number;
  cookie: string;
}

type Told = RingingCall & Truth;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A tap comes so long before its call rings: the time to confirm and to connect. */
const tapLeadSeconds = 8;
/** A repeat call follows the one before after about this long (ours: the world file does not say). */
const repeatMedianSeconds = 6 * 3_600;
const repeatSigma = 1.5;

/** Plays the world's seed; the same seed makes the same traffic. */
export function makeTraffic(world: World): Traffic {
  const generator = xoroshiro128plus(world.seed | 0);
  const uniform = () => uniformFloat64(generator);
  const chance = (share: number) => uniform() < share;
  const exponential = (mean: number) => -Math.log(1 - uniform()) * mean;
  const poisson = randomPoisson.source(uniform);
  const regionOf = createRegions(world.regions, uniform);
  const people: Person[] = [];
  const visits: Sighting[] = [];
  const calls: Told[] = [];
  const endsAt = world.days * dayMs;

  function newPerson(): Person {
    const person = { id: people.length, region: regionOf(), cookie: `c${people.length}` };
    people.push(person);
    return person;
  }

  function personArriving(): Person {
    if (people.length === 0 || !chance(world.returningShare)) return newPerson();
    const person = people[Math.floor(uniform() * people.length)] as Person;
    if (chance(world.cookieLossShare)) person.cookie = `${person.cookie}x`;
    return person;
  }

  function aniOf(person: Person): { ani: string | null; region: number | null } {
    if (chance(world.withheldShare)) return { ani: null, region: null };
    return { ani: `p${person.id}`, region: aniRegions.get(person.id) ?? drawAniRegion(person) };
  }

  const aniRegions = new Map<number, number>();
  function drawAniRegion(person: Person): number {
    const region = chance(world.aniRegionMatch) ? person.region : regionOf();
    aniRegions.set(person.id, region);
    return region;
  }

  function addVisit(startsAt: number): void {
    const person = personArriving();
    const segment = pick(world.segments, uniform);
    const engagedSeconds = exponential(segment.engagedSecondsMean);
    const further = poisson(((segment.pagesMean - 1) * engagedSeconds) / segment.engagedSecondsMean)();
    const index = visits.length;
    const lengthMs = engagedSeconds * 1_000;
    visits.push({
      index,
      startsAt,
      endsAt: startsAt + lengthMs,
      pagesAt: Array.from({ length: further }, () => startsAt + uniform() * lengthMs).sort((a, b) => a - b),
      region: person.region,
      visitorId: person.cookie,
    });
    if (chance(segment.callProbability)) addCalls(person, index);
  }

  function addCalls(person: Person, visit: number): void {
    const { startsAt, endsAt: leftAt } = visits[visit] as Sighting;
    const delay = pick(world.delays, uniform);
    let at: number;
    let tappedAt: number | null = null;
    if ('during' in delay) {
      at = startsAt + uniform() * (leftAt - startsAt);
      if (chance(world.tapShare)) tappedAt = Math.max(startsAt, at - uniform() * tapLeadSeconds * 1_000);
    } else {
      at = leftAt + logNormal(delay.medianSeconds, delay.sigma) * 1_000;
    }
    calls.push({ at, ...aniOf(person), dials: visit, anyNumber: 0, tappedAt, visit, repeat: false });
    while (chance(world.repeatCallShare)) {
      at += logNormal(repeatMedianSeconds, repeatSigma) * 1_000;
      calls.push({ at, ...aniOf(person), dials: visit, anyNumber: 0, tappedAt: null, visit, repeat: true });
    }
  }

  function logNormal(medianSeconds: number, sigma: number): number {
    return randomLogNormal.source(uniform)(Math.log(medianSeconds), sigma)();
  }

  for (let hour = 0; hour < world.days * 24; hour += 1) {
    const startsAt = Array.from(
      { length: poisson(world.arrivalsPerHour[hour % 24] ?? 0)() },
      () => (hour + uniform()) * hourMs,
    );
    for (const at of startsAt.sort((a, b) => a - b)) if (at < endsAt) addVisit(at);
  }
  for (let index = poisson(world.strayCallsPerDay * world.days)(); index > 0; index -= 1) {
    const person = { id: -index, region: regionOf(), cookie: '' };
    const stray = { dials: null, anyNumber: uniform(), tappedAt: null, visit: null, repeat: false };
    calls.push({ at: uniform() * endsAt, ...aniOf(person), ...stray });
  }
  const heard = calls.filter(({ at }) => at < endsAt).sort((a, b) => a.at - b.at);
  return { visits, calls: heard.map(ringingOf), truth: heard.map(({ visit, repeat }) => ({ visit, repeat })) };
}

function ringingOf({ at, ani, region, dials, anyNumber, tappedAt }: Told): RingingCall {
  return { at, ani, region, dials, anyNumber, tappedAt };
}

/** Draws a region; the populations fall off as 1/rank. */
function createRegions(count: number, uniform: () => number): () => number {
  const heaped: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank += 1) {
    sum += 1 / rank;
    heaped.push(sum);
  }
  return () => {
    const at = uniform() * sum;
    const found = heaped.findIndex((upTo) => at < upTo);
    return found < 0 ? count - 1 : found;
  };
}

function pick<Item extends { share: number }>(list: readonly Item[], uniform: () => number): Item {
  let left = uniform();
  for (const item of list) {
    left -= item.share;
    if (left < 0) return item;
  }
  return list.at(-1) as Item;
}
