/**
 * Callbacks in the record: one row for each caller who asked for one. Their order is that in which the callers came
 * (`queued_at`), among all of an enterprise, because any agent may take any call.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import type { CallbackId, CallId, EnterpriseId } from '../ports/ids.ts';
import type { Db, Row, Tx } from '../records/schema.ts';

export type Callback = Row<'callback'>;

export interface CallbackPage {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly state?: Callback['state'] | undefined;
}

/** How a callback stands among everybody who waits. */
export interface Turn {
  /** Callbacks that are due and were asked for before. */
  readonly ahead: number;
  /** Callers who came before and for whom no phone rings. */
  readonly callers: number;
  readonly freeAgents: number;
}

export type Callbacks = typeof callbacks;

export const callbacks = Object.freeze({
  /** Adds one; false when this call has one already. */
  async add(tx: Tx, row: Omit<Callback, 'attempts' | 'last_call_id' | 'ended_at' | 'why'>): Promise<boolean> {
    const added = await tx
      .insertInto('callback')
      .values(row)
      .onConflict((clash) => clash.column('call_id').doNothing())
      .returning('id')
      .executeTakeFirst();
    return added !== undefined;
  },

  /** Whether the enterprise has as many as may wait; then no more are offered. */
  async isFull(db: Db, enterpriseId: EnterpriseId): Promise<boolean> {
    const { count } = await db
      .selectFrom('callback')
      .select((all) => all.fn.countAll<string>().as('count'))
      .where('enterprise_id', '=', enterpriseId)
      .where('state', '=', 'waiting')
      .executeTakeFirstOrThrow();
    return Number(count) >= limits.callbacksOpenMax;
  },

  read: (db: Db, id: CallbackId): Promise<Callback | undefined> =>
    db.selectFrom('callback').selectAll().where('id', '=', id).executeTakeFirst(),

  lock: (tx: Tx, id: CallbackId): Promise<Callback | undefined> =>
    tx.selectFrom('callback').selectAll().where('id', '=', id).forUpdate().executeTakeFirst(),

  /** Changes one that stands in this state still; false when somebody of the same transaction has changed that. */
  async change(
    tx: Tx,
    { id, state }: Pick<Callback, 'id' | 'state'>,
    to: Partial<Pick<Callback, 'state' | 'attempts' | 'next_at' | 'last_call_id' | 'ended_at' | 'why'>>,
  ): Promise<boolean> {
    const changed = await tx
      .updateTable('callback')
      .set(to)
      .where('id', '=', id)
      .where('state', '=', state)
      .returning('id')
      .executeTakeFirst();
    return changed !== undefined;
  },

  /** Those of a customer that wait, locked. */
  waitingOf: (tx: Tx, enterpriseId: EnterpriseId, customer: E164): Promise<Callback[]> =>
    tx
      .selectFrom('callback')
      .selectAll()
      .where('enterprise_id', '=', enterpriseId)
      .where('customer', '=', customer)
      .where('state', '=', 'waiting')
      .orderBy('id')
      .forUpdate()
      .execute(),

  /** Whether the customer has called again since they asked. */
  async hasCalledSince(db: Db, { enterprise_id, customer, asked_at }: Callback): Promise<boolean> {
    const again = await db
      .selectFrom('call')
      .select('id')
      .where('enterprise_id', '=', enterprise_id)
      .where('started_at', '>=', asked_at)
      .where('ani', '=', customer)
      .where('direction', '=', 'inbound')
      .limit(1)
      .executeTakeFirst();
    return again !== undefined;
  },

  async turnOf(db: Db, { enterprise_id, queued_at }: Callback, at: number): Promise<Turn> {
    const now = new Date(at);
    const { rows } = await sql<{ ahead: number; callers: number; free: number }>`
      select
        (select count(*) from callback where enterprise_id = ${enterprise_id} and state = 'waiting'
          and queued_at < ${queued_at} and next_at <= ${now})::int as ahead,
        (select count(*) from call where enterprise_id = ${enterprise_id} and state = 'waiting' and ended_at is null
          and direction = 'inbound' and started_at < ${queued_at}
          and not exists (select from offer where offer.call_id = call.id and offer.state = 'open'))::int as callers,
        (select count(*) from agent where enterprise_id = ${enterprise_id} and presence = 'ready'
          and (rested_at is null or rested_at <= ${now}))::int as free`.execute(db);
    const [row] = rows;
    return { ahead: row?.ahead ?? 0, callers: row?.callers ?? 0, freeAgents: row?.free ?? 0 };
  },

  list(db: Db, enterpriseId: EnterpriseId, page: CallbackPage): Promise<Callback[]> {
    let query = db.selectFrom('callback').selectAll().where('enterprise_id', '=', enterpriseId);
    if (page.before !== undefined) query = query.where('id', '<', page.before as CallbackId);
    if (page.state !== undefined) query = query.where('state', '=', page.state);
    return query.orderBy('id', 'desc').limit(page.limit).execute();
  },

  async originOf(db: Db, id: CallId): Promise<{ visitId: Callback['visit_id'] } | undefined> {
    return db.selectFrom('call').select('visit_id as visitId').where('id', '=', id).executeTakeFirst();
  },
});
