/**
 * Runs known traffic through the real lease ledger on a virtual clock and tells a policy what happens, in order: a visit
 * was shown a number, a visit ended, a call rang. The planner asks it how large a pool must be, the benchmark how well
 * attribution does; both see the pool that a gateway would have had. Instants are ms on any one scale.
 */
import type { E164 } from '../../ports/e164.ts';
import type { LeaseId, NumberId, VisitId } from '../../ports/ids.ts';
import type { idleRank } from '../idle-rank.ts';
import type { LeaseTerms } from '../lease-book.ts';
import { createLeaseLedger } from '../lease-ledger.ts';

/** One visit as a gateway sees it. */
export interface Stay {
  /** Its place in the traffic. */
  readonly index: number;
  readonly visitId: VisitId;
  readonly visitorId: string | null;
  /** What tells its caller from others: the region. */
  readonly trait: string | null;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** One call. */
export interface Ring {
  readonly at: number;
  /** The visit whose number is dialled; null for a stranger, who dials any number of the pool. */
  readonly dials: number | null;
  /** For a stranger: which number, as a share of the pool from 0 to 1. */
  readonly anyNumber: number;
}

export interface ReplayPolicy<Visit extends Stay, Call extends Ring> {
  readonly numbers: number;
  readonly terms: LeaseTerms;
  /** `false`: the numbers' former holders are not compared with the newcomer. */
  readonly tellsApart?: boolean;
  /** Which idle number is given next; left out, the product's own order. */
  readonly rank?: typeof idleRank;
  /** `told`: the page says that it is left, and the lease ends with its hold. `silent`: it runs out by itself. */
  readonly ends: 'told' | 'silent';
  /** Calls expected of an ended visit, for the rank. */
  intentOf(visit: Visit): number;
  /** A visit came and was given this number, or the shared one (the index after the last). */
  shown?(visit: Visit, numberIndex: number): void;
  ended?(visit: Visit): void;
  /** A call rang on that number; `holders` are all visits that were shown it, oldest first. */
  called(call: Call, index: number, holders: readonly Visit[], numberIndex: number): void;
}

export interface Replayed {
  /** Visits from the given instant on, and how many of them were given no number of their own. */
  readonly visits: number;
  readonly overflowed: number;
}

/** Visitors whose former numbers are remembered: all there are. */
const visitorsMax = 1_000_000;
/** Before any instant of the traffic. */
const longAgo = -1e12;
/** Beyond any instant of the traffic: a visit that goes on sends beats, the ledger need only know it has not ended. */
const longMs = 1e12;

/**
 * A replay of these visits, which stand in the order they start; it may run any number of times. Calls stand in the order
 * they ring. What comes at one instant comes in this order: call, end, start.
 */
export function createReplay<Visit extends Stay>(visits: readonly Visit[]) {
  const ends = [...visits].sort((left, right) => left.endsAt - right.endsAt);

  return function replay<Call extends Ring>(
    calls: readonly Call[],
    policy: ReplayPolicy<Visit, Call>,
    from: number,
  ): Replayed {
    const { numbers, terms } = policy;
    const ledger = createLeaseLedger({ visitorsMax, ...(policy.rank === undefined ? {} : { rank: policy.rank }) });
    ledger.setNumbers(Array.from({ length: numbers }, numberAt), longAgo);
    const held: Visit[][] = Array.from({ length: numbers + 1 }, () => []);
    const numberOf = new Int32Array(visits.length);
    const going = { ...terms, leaseMs: longMs };
    const next = { end: 0, call: 0 };
    let counted = 0;
    let overflowed = 0;

    function playUntil(at: number): void {
      for (;;) {
        const end = ends[next.end];
        const call = calls[next.call];
        const endsAt = end?.endsAt ?? Number.POSITIVE_INFINITY;
        const callsAt = call?.at ?? Number.POSITIVE_INFINITY;
        if (Math.min(endsAt, callsAt) > at || (end === undefined && call === undefined)) return;
        if (end !== undefined && endsAt < callsAt) {
          next.end += 1;
          finish(end);
        } else if (call !== undefined) {
          const number = call.dials === null ? Math.floor(call.anyNumber * numbers) : (numberOf[call.dials] as number);
          policy.called(call, next.call, held[number] as Visit[], number);
          next.call += 1;
        }
      }
    }

    /** A silent end leaves the lease at what its beats made of it: the grant has counted them in already. */
    function finish(visit: Visit): void {
      const isTold = policy.ends === 'told';
      ledger.beat(visit.visitId, isTold ? going : terms, policy.intentOf(visit), visit.endsAt);
      if (isTold) ledger.end(visit.visitId, terms, visit.endsAt);
      policy.ended?.(visit);
    }

    for (const visit of visits) {
      playUntil(visit.startsAt);
      const { visitId, visitorId, trait, startsAt } = visit;
      const beaten = { ...terms, leaseMs: visit.endsAt - startsAt + terms.leaseMs };
      const wish = {
        // A lease of its own each time: the ledger tells a number's holders before by it.
        leaseId: visitId as string as LeaseId,
        visitId,
        visitorId,
        groups: null,
        trait: policy.tellsApart === false ? null : trait,
        terms: policy.ends === 'told' ? going : beaten,
      };
      const grant = ledger.grant(wish, startsAt);
      const number = grant.kind === 'granted' ? Number(grant.lease.numberId) : numbers;
      numberOf[visit.index] = number;
      held[number]?.push(visit);
      policy.shown?.(visit, number);
      if (startsAt < from) continue;
      counted += 1;
      if (number === numbers) overflowed += 1;
    }
    playUntil(Number.POSITIVE_INFINITY);
    return { visits: counted, overflowed };
  };
}

/** Numbers are known by their index. */
function numberAt(_: unknown, index: number) {
  return { id: String(index) as NumberId, e164: '' as E164, group: '' };
}
