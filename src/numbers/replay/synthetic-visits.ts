/**
 * Visits for a pool that has none yet: they come by chance at the named rates, stay for an exponential time and open pages
 * as they go. The real traffic of the enterprise is better wherever there is some.
 */
import type { Chance } from './chance.ts';
import { newPlannedVisit, type PlannedVisit } from './planned-visit.ts';

export interface SyntheticTraffic {
  /** One rate for all hours, or one for each of the 24 from midnight on. */
  readonly visitsPerHour: readonly number[];
  readonly engagedSecondsMean: number;
  readonly pagesMean: number;
  /** Calls per visit, from its beginning to long after it. */
  readonly callsPerVisit: number;
  /** Share of the visits by somebody who was here before. */
  readonly returningShare: number;
  /** Callers live in so many regions; the populations fall off as 1/rank. */
  readonly regions: number;
  readonly days: number;
}

const hourMs = 3_600_000;

/** The visits in the order they start, which is 0 at the first midnight. */
export function syntheticVisits(traffic: SyntheticTraffic, chance: Chance): PlannedVisit[] {
  const { visitsPerHour, pagesMean, engagedSecondsMean } = traffic;
  const regionOf = drawRank(traffic.regions, chance);
  const people: { readonly visitorId: string; readonly region: string }[] = [];
  const visits: PlannedVisit[] = [];
  for (let hour = 0; hour < traffic.days * 24; hour += 1) {
    const rate = visitsPerHour[hour % visitsPerHour.length] ?? 0;
    if (rate <= 0) continue;
    for (let at = chance.exponential(hourMs / rate); at < hourMs; at += chance.exponential(hourMs / rate)) {
      const startsAt = hour * hourMs + at;
      const engagedSeconds = chance.exponential(engagedSecondsMean);
      const pages = 1 + countUpTo(engagedSeconds, engagedSecondsMean / (pagesMean - 1));
      const person = personArriving();
      const endsAt = startsAt + engagedSeconds * 1_000;
      visits.push(newPlannedVisit(visits.length, { ...person, startsAt, endsAt, engagedSeconds, pages }));
    }
  }
  return visits;

  function personArriving(): { readonly visitorId: string; readonly region: string } {
    const known = people[Math.floor(chance.uniform() * people.length)];
    if (known !== undefined && chance.uniform() < traffic.returningShare) return known;
    const person = { visitorId: `p${people.length}`, region: String(regionOf()) };
    people.push(person);
    return person;
  }

  /** Events up to `seconds` that come once in `mean`. */
  function countUpTo(seconds: number, mean: number): number {
    let count = 0;
    for (let at = chance.exponential(mean); at < seconds; at += chance.exponential(mean)) count += 1;
    return count;
  }
}

/** The names of the regions, as their places in a list. */
export function syntheticRegions({ regions }: SyntheticTraffic): string[] {
  return Array.from({ length: regions }, (_, index) => String(index));
}

/** Their shares among callers. */
export function syntheticShares({ regions }: SyntheticTraffic): Float64Array {
  const weights = Float64Array.from({ length: regions }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function drawRank(count: number, chance: Chance): () => number {
  const heaped: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank += 1) {
    total += 1 / rank;
    heaped.push(total);
  }
  return () => {
    const at = chance.uniform() * total;
    return Math.max(
      0,
      heaped.findIndex((upTo) => at < upTo),
    );
  };
}
