/**
 * Does this visit get a number of its own? Pure: the pool's policy, how the visitor arrived, and what has been seen of
 * them since. A visit that does not (yet) keeps the number that stands on the page.
 */
import type { PoolPolicy } from './pool-policy.ts';

/** Arrival facts as the visit keeps them: `gclid`, `utmMedium`, `referrer`, … */
export type ArrivalFacts = Readonly<Record<string, string | undefined>>;

/** What beats have shown of a visitor so far. */
export interface LifeSigns {
  /** A pointer, touch or key was seen on a visible page. */
  readonly human: boolean;
}

export type Deserved =
  | { readonly kind: 'yes' }
  /** Ask again at the next beat. */
  | { readonly kind: 'not-yet'; readonly reason: 'no-human-sign' }
  | { readonly kind: 'no'; readonly reason: 'arrival-not-listed' };

/** `beat` is null when the visit has just opened and nothing was seen of it. */
export function deservesNumber(
  policy: Pick<PoolPolicy, 'deserves' | 'arrivals'>,
  arrival: ArrivalFacts,
  beat: LifeSigns | null,
): Deserved {
  if (policy.arrivals !== null && !isListed(policy.arrivals, arrival)) {
    return { kind: 'no', reason: 'arrival-not-listed' };
  }
  if (policy.deserves === 'human' && beat?.human !== true) return { kind: 'not-yet', reason: 'no-human-sign' };
  return { kind: 'yes' };
}

/** One condition that holds is enough. */
function isListed(listed: NonNullable<PoolPolicy['arrivals']>, arrival: ArrivalFacts): boolean {
  const { clickIds = [], utmSources = [], utmMediums = [], referrerHosts = [] } = listed;
  const host = hostOf(arrival.referrer);
  return (
    clickIds.some((name) => (arrival[name] ?? '') !== '') ||
    utmSources.includes((arrival.utmSource ?? '').toLowerCase()) ||
    utmMediums.includes((arrival.utmMedium ?? '').toLowerCase()) ||
    referrerHosts.some((wanted) => host === wanted || host.endsWith(`.${wanted}`))
  );
}

function hostOf(referrer: string | undefined): string {
  return URL.parse(referrer ?? '')?.hostname ?? '';
}
