/**
 * Pools in the record: what they are called, the rules of their numbers, and the number they show to everybody when they
 * are used up.
 */
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId } from '../ports/ids.ts';
import type { Db, Row, Tx } from '../records/schema.ts';
import type { PoolPolicy } from './pool-policy.ts';
import { readPolicy } from './pool-policy.ts';
import type { NumberGroup } from './preferred-groups.ts';

export interface Pool {
  readonly id: PoolId;
  readonly enterpriseId: EnterpriseId;
  readonly name: string;
  readonly policy: PoolPolicy;
  /** The policy as it was set, without defaults. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly sharedNumberId: NumberId | null;
  readonly sharedNumber: E164 | null;
  /** How many numbers stand in it, by state. */
  readonly numbers: Readonly<Record<string, number>>;
}

export interface PoolChange {
  readonly name?: string | undefined;
  readonly sharedNumberId?: NumberId | null | undefined;
  /** Checked already; `set` is what is kept, `policy` what it means. */
  readonly rules?: { readonly set: Readonly<Record<string, unknown>>; readonly policy: PoolPolicy } | undefined;
}

export type Pools = typeof pools;

export const pools = Object.freeze({
  async insert(
    tx: Tx,
    pool: { id: PoolId; enterpriseId: EnterpriseId; name: string; rules: NonNullable<PoolChange['rules']> },
  ): Promise<void> {
    const { id, enterpriseId, name, rules } = pool;
    await tx
      .insertInto('pool')
      .values({ id, enterprise_id: enterpriseId, name, ...policyColumns(rules) })
      .execute();
  },

  async update(tx: Tx, id: PoolId, { name, sharedNumberId, rules }: PoolChange): Promise<void> {
    const set = {
      ...(name === undefined ? {} : { name }),
      ...(sharedNumberId === undefined ? {} : { shared_number_id: sharedNumberId }),
      ...(rules === undefined ? {} : policyColumns(rules)),
    };
    if (Object.keys(set).length > 0) await tx.updateTable('pool').set(set).where('id', '=', id).execute();
  },

  /** Locked until the transaction ends, so that two changes to its policy do not undo each other. */
  async lock(tx: Tx, enterpriseId: EnterpriseId, id: PoolId): Promise<Row<'pool'> | null> {
    const row = await tx
      .selectFrom('pool')
      .selectAll()
      .where('id', '=', id)
      .where('enterprise_id', '=', enterpriseId)
      .forUpdate()
      .executeTakeFirst();
    return row ?? null;
  },

  async read(db: Db, enterpriseId: EnterpriseId, id: PoolId): Promise<Pool | null> {
    const [pool] = await readPools(db, enterpriseId, { id, limit: 1 });
    return pool ?? null;
  },

  /** Newest first. */
  list: (db: Db, enterpriseId: EnterpriseId, page: { limit: number; before?: PoolId | undefined }): Promise<Pool[]> =>
    readPools(db, enterpriseId, page),

  /** The pool's number of that E.164 when it is active; null otherwise. */
  async activeNumber(db: Db, id: PoolId, e164: E164): Promise<NumberId | null> {
    const row = await db
      .selectFrom('number')
      .select('id')
      .where('pool_id', '=', id)
      .where('e164', '=', e164)
      .where('state', '=', 'active')
      .executeTakeFirst();
    return row?.id ?? null;
  },

  /** Whether some pool shows this number to everybody when it is used up. */
  async isShared(db: Db, id: NumberId): Promise<boolean> {
    const row = await db.selectFrom('pool').select('id').where('shared_number_id', '=', id).limit(1).executeTakeFirst();
    return row !== undefined;
  },

  /** The policy of a pool; null when there is no such pool. */
  async policyOf(db: Db, id: PoolId): Promise<PoolPolicy | null> {
    const row = await db
      .selectFrom('pool')
      .select(['policy', 'hold_ms', 'lease_ms', 'rest_ms'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : readPolicy(row);
  },

  /** The kinds of number a pool can lease, for `preferredGroups`. */
  async groups(db: Db, id: PoolId): Promise<NumberGroup[]> {
    const rows = await db
      .selectFrom('number')
      .select(['number_group', 'country', 'region', 'time_zones'])
      .distinctOn('number_group')
      .where('pool_id', '=', id)
      .where('state', '=', 'active')
      .where('number_group', 'is not', null)
      .orderBy('number_group')
      .execute();
    return rows.map(({ number_group, country, region, time_zones }) => ({
      name: number_group ?? '',
      country,
      region,
      timeZones: time_zones,
    }));
  },
});

function policyColumns({ set, policy }: NonNullable<PoolChange['rules']>) {
  const { holdMs, leaseMs, restMs } = policy;
  return { policy: JSON.stringify(set), hold_ms: holdMs, lease_ms: leaseMs, rest_ms: restMs };
}

async function readPools(
  db: Db,
  enterpriseId: EnterpriseId,
  wish: { id?: PoolId; limit: number; before?: PoolId | undefined },
): Promise<Pool[]> {
  let query = db
    .selectFrom('pool')
    .leftJoin('number as shared', 'shared.id', 'pool.shared_number_id')
    .selectAll('pool')
    .select('shared.e164 as shared_e164')
    .where('pool.enterprise_id', '=', enterpriseId);
  if (wish.id !== undefined) query = query.where('pool.id', '=', wish.id);
  if (wish.before !== undefined) query = query.where('pool.id', '<', wish.before);
  const rows = await query.orderBy('pool.id', 'desc').limit(wish.limit).execute();
  const counts = await countNumbers(db, rows);
  return rows.map((row) => ({
    id: row.id,
    enterpriseId: row.enterprise_id,
    name: row.name,
    policy: readPolicy(row),
    set: row.policy,
    sharedNumberId: row.shared_number_id,
    sharedNumber: row.shared_e164,
    numbers: counts.get(row.id) ?? {},
  }));
}

async function countNumbers(db: Db, rows: readonly { id: PoolId }[]): Promise<Map<PoolId, Record<string, number>>> {
  const counts = new Map<PoolId, Record<string, number>>();
  if (rows.length === 0) return counts;
  const counted = await db
    .selectFrom('number')
    .select((number) => ['pool_id', 'state', number.fn.countAll<string>().as('numbers')])
    .where(
      'pool_id',
      'in',
      rows.map(({ id }) => id),
    )
    .groupBy(['pool_id', 'state'])
    .execute();
  for (const { pool_id, state, numbers } of counted) {
    if (pool_id !== null) counts.set(pool_id, { ...counts.get(pool_id), [state]: Number(numbers) });
  }
  return counts;
}
