/**
 * Numbers of ours as calls, texts and leases need them: whose it is when somebody dials it, and where a caller goes when
 * nobody answers. What an operator does with them is in `stock.postgres.ts`; who has which is the lease book's.
 */
import { sql } from 'kysely';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId } from '../ports/ids.ts';
import { askTogether } from '../records/ask-together.ts';
import { byPlace, placed } from '../records/many-rows.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { NumberPlaces } from './number-place.file.ts';
import { describedColumns } from './stock.postgres.ts';

/** A number of ours as a call or text to it needs it. */
export interface OwnNumber {
  readonly id: NumberId;
  readonly enterpriseId: EnterpriseId;
  readonly e164: E164;
  readonly carrier: string;
  readonly failover: E164 | null;
  readonly poolId: PoolId | null;
}

export type Numbers = ReturnType<typeof createNumbers>;

export function createNumbers(world: { places: NumberPlaces }) {
  return Object.freeze({
    /** The number somebody dialled, when it is ours and lives with that carrier; null otherwise. */
    findOwn: askTogether(findAll),

    /** Adds a number in use, free from `freeAt` (Unix ms). False when some enterprise already has it. */
    async add(db: Db, number: OwnNumber, freeAt: number): Promise<boolean> {
      const added = await db
        .insertInto('number')
        .values({
          id: number.id,
          enterprise_id: number.enterpriseId,
          pool_id: number.poolId,
          e164: number.e164,
          carrier: number.carrier,
          state: 'active',
          failover: number.failover,
          free_at: new Date(freeAt),
          state_since: new Date(freeAt),
          ...describedColumns(await world.places.describe(number.e164)),
        })
        .onConflict((clash) => clash.column('e164').doNothing())
        .returning('id')
        .executeTakeFirst();
      return added !== undefined;
    },

    /** Every number with a failover destination: what is held in memory for the day the record is away. */
    async failovers(db: Db): Promise<{ e164: E164; carrier: string; failover: E164 }[]> {
      const rows = await db
        .selectFrom('number')
        .select(['e164', 'carrier', 'failover'])
        .where('state', '!=', 'released')
        .where('failover', 'is not', null)
        .execute();
      return rows.flatMap((row) => (row.failover === null ? [] : [{ ...row, failover: row.failover }]));
    },
  });
}

async function findAll(
  db: Db,
  asks: readonly { readonly e164: E164; readonly carrier: string }[],
): Promise<readonly (OwnNumber | null)[]> {
  const { rows } = await sql<{ place: number } & OwnNumber>`
    select asked.place, found.*
    from jsonb_to_recordset(${placed(asks)}::jsonb) as asked (place int, e164 text, carrier text)
      cross join lateral (
        select id, enterprise_id as "enterpriseId", e164, carrier, failover, pool_id as "poolId" from number
        where e164 = asked.e164 and carrier = asked.carrier and state <> 'released' limit 1
      ) as found`.execute(db);
  return byPlace(rows, asks.length, null, ({ place: _place, ...number }) => number);
}
