/**
 * The stock of numbers in the record: rows read under lock, written back with a line of history, and looked through by
 * page. Which change is allowed is decided elsewhere (`number-machine.ts`, `residual-calls.ts`).
 */
import type { Insertable } from 'kysely';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId } from '../ports/ids.ts';
import type { Db, Row, Tables, Tx } from '../records/schema.ts';
import type { NumberEvent, NumberState } from './number-machine.ts';
import type { DescribedNumber } from './number-place.file.ts';

export type StockNumber = Row<'number'>;

export type ChangedBy = Row<'number_change'>['made_by'];

/** One line of a number's history. */
export interface NumberChange {
  readonly number: Pick<StockNumber, 'id' | 'enterprise_id'>;
  readonly from: NumberState | null;
  readonly to: NumberState;
  readonly event: NumberEvent;
  readonly reason: string | null;
  readonly by: ChangedBy;
}

export interface StockWish {
  readonly limit: number;
  readonly before?: NumberId | undefined;
  readonly poolId?: PoolId | undefined;
  readonly state?: NumberState | undefined;
}

export type Stock = ReturnType<typeof createStock>;

export function createStock(world: { clock: Clock }) {
  const now = () => new Date(world.clock.now());
  return Object.freeze({
    /** One number of the enterprise, locked until the transaction ends. */
    async lock(tx: Tx, enterpriseId: EnterpriseId, id: NumberId): Promise<StockNumber | null> {
      const row = await tx
        .selectFrom('number')
        .selectAll()
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .forUpdate()
        .executeTakeFirst();
      return row ?? null;
    },

    /** A number whoever owns it, locked: for what runs on its own and not for somebody. */
    async lockAny(tx: Tx, id: NumberId): Promise<StockNumber | null> {
      const row = await tx.selectFrom('number').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row ?? null;
    },

    /** Those of `e164s` that anybody has, locked; always in the same order, so that two imports do not lock crosswise. */
    lockAll: (tx: Tx, e164s: readonly E164[]): Promise<StockNumber[]> =>
      e164s.length === 0
        ? Promise.resolve([])
        : tx
            .selectFrom('number')
            .selectAll()
            .where('e164', 'in', [...e164s])
            .orderBy('e164')
            .forUpdate()
            .execute(),

    async read(db: Db, enterpriseId: EnterpriseId, id: NumberId): Promise<StockNumber | null> {
      const row = await db
        .selectFrom('number')
        .selectAll()
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row ?? null;
    },

    /** How many were new: one that somebody is adding at this moment is waited for and left as it is. */
    async insert(tx: Tx, rows: readonly NewStock[]): Promise<number> {
      if (rows.length === 0) return 0;
      const added = await tx
        .insertInto('number')
        .values([...rows])
        .onConflict((clash) => clash.column('e164').doNothing())
        .returning('id')
        .execute();
      return added.length;
    },

    async update(tx: Tx, id: NumberId, set: Partial<NewStock>): Promise<void> {
      if (Object.keys(set).length > 0) await tx.updateTable('number').set(set).where('id', '=', id).execute();
    },

    async noteChanges(tx: Tx, changes: readonly NumberChange[]): Promise<void> {
      if (changes.length === 0) return;
      const rows = changes.map(({ number, from, to, event, reason, by }) => ({
        enterprise_id: number.enterprise_id,
        number_id: number.id,
        from_state: from,
        to_state: to,
        event,
        reason,
        made_by: by,
        at: now(),
      }));
      await tx.insertInto('number_change').values(rows).execute();
    },

    /** Newest first. */
    history: (db: Db, id: NumberId, limit: number): Promise<Row<'number_change'>[]> =>
      db
        .selectFrom('number_change')
        .selectAll()
        .where('number_id', '=', id)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    /** A page of the stock in order of the numbers themselves, each with the visit that holds it now. */
    list(db: Db, enterpriseId: EnterpriseId, wish: StockWish) {
      let query = db
        .selectFrom('number')
        .leftJoinLateral(
          (of) =>
            of
              .selectFrom('lease')
              .select(['lease.visit_id', 'lease.expires_at'])
              .whereRef('lease.number_id', '=', 'number.id')
              .orderBy('lease.generation', 'desc')
              .limit(1)
              .as('lease'),
          (join) => join.on('lease.expires_at', '>', now()),
        )
        .selectAll('number')
        .select(['lease.visit_id', 'lease.expires_at'])
        .where('number.enterprise_id', '=', enterpriseId);
      if (wish.poolId !== undefined) query = query.where('number.pool_id', '=', wish.poolId);
      if (wish.state !== undefined) query = query.where('number.state', '=', wish.state);
      const { before } = wish;
      if (before !== undefined) {
        query = query.where('number.e164', '>', (last) =>
          last
            .selectFrom('number as last')
            .select('last.e164')
            .where('last.id', '=', before)
            .where('last.enterprise_id', '=', enterpriseId),
        );
      }
      return query.orderBy('number.e164').limit(wish.limit).execute();
    },

    /** Numbers that a program without places has added; `describe` gives each its own. */
    async fillInPlaces(db: Db, describe: (e164: E164) => Promise<DescribedNumber>): Promise<number> {
      const rows = await db.selectFrom('number').select(['id', 'e164']).where('number_group', 'is', null).execute();
      for (const { id, e164 } of rows) {
        await db
          .updateTable('number')
          .set(describedColumns(await describe(e164)))
          .where('id', '=', id)
          .where('number_group', 'is', null)
          .execute();
      }
      return rows.length;
    },
  });
}

export type NewStock = Insertable<Tables['number']>;

/** What can be told of a number, as its row keeps it. */
export function describedColumns(described: DescribedNumber) {
  const { kind, country, areaCode, group, region, place, timeZones } = described;
  return {
    kind,
    country,
    area_code: areaCode,
    number_group: group,
    region,
    place,
    time_zones: [...timeZones],
  } satisfies Partial<NewStock>;
}
