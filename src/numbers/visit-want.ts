/**
 * What a visit asks of the lease book: the one place where a pool's policy and what the page told meet.
 */
import type { EnterpriseId } from '../ports/ids.ts';
import { deservesNumber } from './deserves-number.ts';
import type { Want } from './lease-book.ts';
import type { Lending } from './lending.postgres.ts';
import { type NumberGroup, preferredGroups } from './preferred-groups.ts';

/** What is known of who asks. */
export interface Asker {
  readonly enterpriseId: EnterpriseId;
  /** Keyed digest of the address; null when it says nothing. */
  readonly address: string | null;
  /** A human sign was seen: pointer, touch or key. */
  readonly proven: boolean;
  /** Arrival facts, as the visit keeps them. */
  readonly facts: Readonly<Record<string, string>>;
  /** The kind of number on the page that would be replaced; null when it is not known. */
  readonly replaces: NumberGroup | null;
}

export type Wanted =
  | { readonly kind: 'want'; readonly want: Want }
  /** The page keeps the number that stands on it. */
  | { readonly kind: 'undeserved' };

export function wantOf({ policy, poolId, terms, groups }: Lending, asker: Asker): Wanted {
  const { enterpriseId, address, proven, facts, replaces } = asker;
  if (deservesNumber(policy, facts, { human: proven }).kind !== 'yes') return { kind: 'undeserved' };
  const { newPerAddressPerMinuteMax: newPerMinuteMax, livePerAddressMax, provenAboveShare } = policy.abuse;
  const want = {
    enterpriseId,
    poolId,
    groups: preferredGroups(policy, replaces, groups),
    trait: facts.region ?? null,
    terms,
    guard: { address, proven, newPerMinuteMax, livePerAddressMax, provenAboveShare },
  };
  return { kind: 'want', want };
}
