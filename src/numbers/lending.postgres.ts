/** What of a pool matters to a page view: its terms, and the number that is shown when there is none to lease. */

import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { AppError } from '../ports/errors.ts';
import type { NumberId, PoolId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { LeaseTerms } from './lease-book.ts';

export interface Lending {
  readonly poolId: PoolId;
  readonly terms: LeaseTerms;
  /** Null when the pool has none, or its carrier is not there. */
  readonly shared: { readonly id: NumberId; readonly e164: E164 } | null;
}

/** `carriers`: those whose numbers can be answered here. @throws AppError `fault` when the pool is gone. */
export async function readLending(db: Db, poolId: PoolId, carriers: readonly string[]): Promise<Lending> {
  const row = await db
    .selectFrom('pool')
    .leftJoin('number', 'number.id', 'pool.shared_number_id')
    .select(['pool.hold_ms', 'pool.lease_ms', 'pool.rest_ms', 'number.id', 'number.e164', 'number.carrier'])
    .where('pool.id', '=', poolId)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('fault', { detail: `pool ${poolId} is gone` });
  const { id, e164, carrier } = row;
  const terms = { holdMs: row.hold_ms, leaseMs: row.lease_ms, restMs: row.rest_ms, stickyMs: limits.stickyMs };
  const isCarried = carrier !== null && carriers.includes(carrier);
  return { poolId, terms, shared: id !== null && e164 !== null && isCarried ? { id, e164 } : null };
}
