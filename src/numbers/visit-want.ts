/**
 * What a visit asks of the lease book: the one place where a pool's policy and what the page told meet. A pool without
 * a policy of its own serves everybody with any number.
 */
import type { EnterpriseId } from '../ports/ids.ts';
import type { Want } from './lease-book.ts';
import type { Lending } from './lending.postgres.ts';

/** What is known of who asks. */
export interface Asker {
  readonly enterpriseId: EnterpriseId;
  /** Keyed digest of the address; null when it says nothing. */
  readonly address: string | null;
  /** A human sign was seen: pointer, touch or key. */
  readonly proven: boolean;
  /** The visitor's region, such as `US-OR`; null when the page did not say. */
  readonly region: string | null;
}

/** Null: this visit gets no number of its own now. */
export function wantOf(lending: Lending, asker: Asker): Want | null {
  const { poolId, terms } = lending;
  const { enterpriseId, address, proven, region } = asker;
  const guard = { address, proven, livePerAddressMax: Number.POSITIVE_INFINITY, provenAboveShare: 1 };
  return { enterpriseId, poolId, groups: null, trait: region, terms, guard };
}
