/**
 * May a number be given back? Pure: not while a visitor sees it, not while calls still come, and not while past holders
 * are still expected to call, because whoever gets the number next would answer them. The answer says which, with
 * figures.
 */
import { toIso } from '../ports/clock.ts';
import type { PoolPolicy } from './pool-policy.ts';

/** What is known of a number's traffic. Instants in Unix ms. */
export interface NumberTraffic {
  /** Calls and texts that came in within the policy's quiet days. */
  readonly callsSeen: number;
  readonly lastCallAt: number | null;
  /** When the last lease ended or will end; null: it never had one. */
  readonly leasesEndedAt: number | null;
  /** Leases that have ended, counted by whole hours since. */
  readonly endedLeases: readonly { readonly hoursAgo: number; readonly leases: number }[];
  /** Calls within the look-back of attribution, for those same leases. */
  readonly callsKnown: number;
}

export interface Residual {
  readonly releasable: boolean;
  /** One sentence each, with figures; empty when releasable. */
  readonly reasons: readonly string[];
  readonly callsSeen: number;
  readonly lastCallAt: number | null;
  readonly leasesEndedAt: number | null;
  /** Calls expected of past holders within the policy's quiet days. */
  readonly expectedCalls: number;
}

/**
 * How long after a visit people call: log-logistic through the published points of 56 % within an hour and 81 % within
 * five; median 0.725 h, shape 0.751. It has the heavy tail that delays of days need, in closed form.
 */
const medianHours = 0.725;
const shape = 0.751;

/** What is believed of a number before it has shown how many calls a lease of it brings: ours, as if seen 20 times. */
const priorCallsPerLease = 0.03;
const priorLeases = 20;

/** Share of the calls that have come `hours` after the visit. */
function called(hours: number): number {
  return hours <= 0 ? 0 : 1 / (1 + (hours / medianHours) ** -shape);
}

/** Calls that past holders will make within the next `hoursAhead`. */
function expectedCalls(traffic: Pick<NumberTraffic, 'endedLeases' | 'callsKnown'>, hoursAhead: number): number {
  const leases = traffic.endedLeases.reduce((sum, ended) => sum + ended.leases, 0);
  const callsPerLease = (traffic.callsKnown + priorCallsPerLease * priorLeases) / (leases + priorLeases);
  return traffic.endedLeases.reduce(
    (sum, ended) => sum + ended.leases * callsPerLease * (called(ended.hoursAgo + hoursAhead) - called(ended.hoursAgo)),
    0,
  );
}

/** Weighs a number's traffic as of `now` against the policy of its pool. */
export function residualCalls(traffic: NumberTraffic, policy: PoolPolicy['release'], now: number): Residual {
  const expected = expectedCalls(traffic, policy.quietDays * 24);
  const reasons: string[] = [];
  const { callsSeen, lastCallAt, leasesEndedAt } = traffic;
  if (leasesEndedAt !== null && leasesEndedAt > now) {
    reasons.push(`a visitor sees it until ${toIso(leasesEndedAt)}: rest it first`);
  }
  if (callsSeen > policy.callsMax) {
    const last = lastCallAt === null ? '' : `, the last at ${toIso(lastCallAt)}`;
    reasons.push(
      `calls or texts in the last ${policy.quietDays} days: ${callsSeen}${last}; at most ${policy.callsMax}`,
    );
  }
  if (expected > policy.expectedCallsMax) {
    const ended = leasesEndedAt === null ? 'never' : `at ${toIso(leasesEndedAt)}`;
    reasons.push(
      `${expected.toFixed(2)} calls of past holders expected in the next ${policy.quietDays} days ` +
        `(last lease ended ${ended}); at most ${policy.expectedCallsMax}`,
    );
  }
  return { releasable: reasons.length === 0, reasons, callsSeen, lastCallAt, leasesEndedAt, expectedCalls: expected };
}
