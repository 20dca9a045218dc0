/**
 * A visit of the planner's traffic. It is at once what the replay moves about and what attribution weighs, because a plan
 * weighs millions of them: what a gateway would know of it by now is written into it as the replay goes on.
 */
import type { VisitId } from '../../ports/ids.ts';
import type { Holder } from '../attribution/weigh-contact.ts';
import type { Stay } from './replay-traffic.ts';

type Mutable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

export interface PlannedVisit
  extends Stay,
    Mutable<Pick<Holder, 'lastSeenAt' | 'live' | 'tappedAt' | 'engagedSeconds' | 'pages' | 'contacted'>>,
    Omit<
      Holder,
      'lastSeenAt' | 'live' | 'tappedAt' | 'engagedSeconds' | 'pages' | 'contacted' | 'visitId' | 'visitorId'
    > {
  /** When it is over. */
  readonly allSeconds: number;
  readonly allPages: number;
}

export interface PlannedFacts {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly engagedSeconds: number;
  readonly pages: number;
  readonly visitorId: string | null;
  /** By its place in the list of regions. */
  readonly region: string | null;
}

export function newPlannedVisit(index: number, facts: PlannedFacts): PlannedVisit {
  const { startsAt, endsAt, visitorId, region } = facts;
  return {
    index,
    visitId: `v${index}` as VisitId,
    leaseId: null,
    visitorId,
    trait: region,
    region,
    startsAt,
    shownAt: startsAt,
    endsAt,
    allSeconds: facts.engagedSeconds,
    allPages: facts.pages,
    lastSeenAt: startsAt,
    live: true,
    tappedAt: null,
    engagedSeconds: 0,
    pages: 1,
    contacted: 0,
  };
}

/** Back to its beginning, for the next replay. */
export function beginVisit(visit: PlannedVisit): void {
  visit.live = true;
  visit.tappedAt = null;
  visit.contacted = 0;
  seeVisit(visit, visit.startsAt);
}

/** It is over; all of it is known. */
export function endVisit(visit: PlannedVisit): void {
  visit.live = false;
  visit.lastSeenAt = visit.endsAt;
  visit.engagedSeconds = visit.allSeconds;
  visit.pages = visit.allPages;
}

/** What is known of an open visit at `at`; pages are taken as evenly spread. */
export function seeVisit(visit: PlannedVisit, at: number): void {
  visit.lastSeenAt = at;
  const age = (at - visit.startsAt) / 1_000;
  visit.engagedSeconds = Math.min(visit.allSeconds, age);
  visit.pages = pagesBy(visit, age);
}

/** Pages opened in the first `age` seconds. */
export function pagesBy({ startsAt, endsAt, allPages }: PlannedVisit, age: number): number {
  const length = (endsAt - startsAt) / 1_000;
  return length === 0 ? allPages : 1 + Math.round(((allPages - 1) * Math.min(age, length)) / length);
}
