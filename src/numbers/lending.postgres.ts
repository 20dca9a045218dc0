/** What of a pool matters to a page view: its terms, and the number that is shown when there is none to lease. */

import type { E164 } from '../ports/e164.ts';
import { AppError } from '../ports/errors.ts';
import type { NumberId, PoolId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { LeaseTerms } from './lease-book.ts';
import { type PoolPolicy, readPolicy } from './pool-policy.ts';
import type { NumberGroup } from './preferred-groups.ts';

const dayMs = 86_400_000;

export interface Lending {
  readonly poolId: PoolId;
  readonly terms: LeaseTerms;
  readonly policy: PoolPolicy;
  /** Kinds of number in the pool, for a page to prefer some. */
  readonly groups: readonly NumberGroup[];
  /** Null when the pool has none or shows none, or its carrier is not there. */
  readonly shared: { readonly id: NumberId; readonly e164: E164 } | null;
}

/** `carriers`: those whose numbers can be answered here. @throws AppError `fault` when the pool is gone. */
export async function readLending(
  db: Db,
  poolId: PoolId,
  carriers: readonly string[],
  readGroups: (poolId: PoolId) => Promise<readonly NumberGroup[]> | readonly NumberGroup[],
): Promise<Lending> {
  const row = await db
    .selectFrom('pool')
    .leftJoin('number', 'number.id', 'pool.shared_number_id')
    .select(['pool.hold_ms', 'pool.lease_ms', 'pool.rest_ms', 'pool.policy'])
    .select(['number.id', 'number.e164', 'number.carrier'])
    .where('pool.id', '=', poolId)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('fault', { detail: `pool ${poolId} is gone` });
  const { id, e164, carrier } = row;
  const policy = readPolicy(row);
  const { holdMs, leaseMs, restMs, stickyDays, preference } = policy;
  const isShown = policy.exhaustion === 'shared' && carrier !== null && carriers.includes(carrier);
  return {
    poolId,
    terms: { holdMs, leaseMs, restMs, stickyMs: stickyDays * dayMs },
    policy,
    groups: preference === 'match' ? await readGroups(poolId) : [],
    shared: id !== null && e164 !== null && isShown ? { id, e164 } : null,
  };
}
