/**
 * Runs a world's traffic through the real lease ledger and asks a policy about each call, on a virtual clock. The policy
 * sees a holder as the gateway would at that instant: pages and seconds so far, the last sign of life, a tap.
 */

import type { Holder } from '../../src/numbers/attribution/weigh-contact.ts';
import type { LeaseTerms } from '../../src/numbers/lease-book.ts';
import { createLeaseLedger } from '../../src/numbers/lease-ledger.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { LeaseId, NumberId, VisitId } from '../../src/ports/ids.ts';
import type { RingingCall, Sighting, Traffic } from './traffic.ts';

export interface Policy {
  readonly numbers: number;
  readonly terms: LeaseTerms;
  readonly rank: (freeAt: number, intent: number) => number;
  /** Whether newcomers are kept apart from former holders of their own region. */
  readonly tellsApart: boolean;
  /** Calls expected of an ended visit, for the rank. */
  intentOf(visit: Sighting): number;
  ended?(visit: Sighting): void;
  /** A call rang on that number; `holders` are all visits that were shown it, oldest first. */
  called(call: RingingCall, index: number, holders: readonly Sighting[], numberIndex: number): void;
}

/** Resolves to the share of visits after `from` that were given no number of their own. */
export function replayWorld(traffic: Traffic, policy: Policy, from: number): { overflow: number } {
  const { numbers, terms } = policy;
  const ledger = createLeaseLedger({ visitorsMax: 1_000_000, rank: policy.rank });
  ledger.setNumbers(
    Array.from({ length: numbers }, (_, index) => ({ id: String(index) as NumberId, e164: '' as E164, group: '' })),
    -1e12,
  );
  const held: Sighting[][] = Array.from({ length: numbers + 1 }, () => []);
  const numberOf = new Int32Array(traffic.visits.length).fill(-1);
  const ends = [...traffic.visits].sort((left, right) => left.endsAt - right.endsAt);
  const tally = { visits: 0, overflow: 0, end: 0, call: 0 };
  // A visit that goes on sends beats; the ledger only needs to know that it has not ended.
  const going = { ...terms, leaseMs: 1e12 };

  function playUntil(at: number): void {
    for (;;) {
      const end = ends[tally.end];
      const call = traffic.calls[tally.call];
      const endsAt = end?.endsAt ?? Number.POSITIVE_INFINITY;
      const callsAt = call?.at ?? Number.POSITIVE_INFINITY;
      if (Math.min(endsAt, callsAt) > at || Math.min(endsAt, callsAt) === Number.POSITIVE_INFINITY) return;
      if (end !== undefined && endsAt < callsAt) {
        tally.end += 1;
        const visitId = idOf(end);
        ledger.beat(visitId, going, policy.intentOf(end), end.endsAt);
        ledger.end(visitId, terms, end.endsAt);
        policy.ended?.(end);
      } else if (call !== undefined) {
        const numberIndex = call.dials === null ? Math.floor(call.anyNumber * numbers) : (numberOf[call.dials] ?? 0);
        policy.called(call, tally.call, held[numberIndex] ?? [], numberIndex);
        tally.call += 1;
      }
    }
  }

  for (const visit of traffic.visits) {
    playUntil(visit.startsAt);
    const wish = {
      leaseId: '' as LeaseId,
      visitId: idOf(visit),
      visitorId: visit.visitorId,
      groups: null,
      trait: policy.tellsApart ? String(visit.region) : null,
      terms: going,
    };
    const grant = ledger.grant(wish, visit.startsAt);
    const index = grant.kind === 'granted' ? Number(grant.lease.numberId) : numbers;
    numberOf[visit.index] = index;
    held[index]?.push(visit);
    if (visit.startsAt < from) continue;
    tally.visits += 1;
    if (index === numbers) tally.overflow += 1;
  }
  playUntil(Number.POSITIVE_INFINITY);
  return { overflow: tally.visits === 0 ? 0 : tally.overflow / tally.visits };
}

function idOf(visit: Sighting): VisitId {
  return `v${visit.index}` as VisitId;
}

/** The visit behind an id of ours. */
export function indexOf(visitId: VisitId): number {
  return Number(visitId.slice(1));
}

/** What the gateway knew of a visit at `at`. */
export function holderAt(visit: Sighting, at: number, tappedAt: number | null, contacted: number): Holder {
  const live = visit.endsAt > at;
  const lastSeenAt = Math.min(visit.endsAt, at);
  let pages = 1;
  for (const openedAt of visit.pagesAt) if (openedAt <= at) pages += 1;
  return {
    visitId: idOf(visit),
    leaseId: null,
    visitorId: visit.visitorId,
    shownAt: visit.startsAt,
    lastSeenAt,
    live,
    tappedAt,
    engagedSeconds: (lastSeenAt - visit.startsAt) / 1_000,
    pages,
    region: String(visit.region),
    contacted,
  };
}
