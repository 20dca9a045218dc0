/**
 * By what rules an enterprise calls, and what it has used of them: the number it calls from where an order does not say,
 * its minutes a day, the count of the day. The row of the day is locked by whoever places a call, so that two orders at once do
 * not both take the last minute; calls under way count as long as they have lasted.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { OwnNumber } from '../numbers/numbers.postgres.ts';
import type { E164 } from '../ports/e164.ts';
import type { ConversationId, EnterpriseId, NumberId, VisitId } from '../ports/ids.ts';
import type { Db, Tx } from '../records/schema.ts';
import type { MinutesOfDay } from './may-call.ts';

/** A number that may be called from: ours, in use, able to call. */
export type CallerNumber = OwnNumber;

export interface DayMinutes extends MinutesOfDay {
  /** Before what was just added. */
  readonly before: number;
  /** In UTC, such as 2026-05-04. */
  readonly day: string;
}

export type OutboundRules = typeof outboundRules;

const columns = ['number.id', 'number.enterprise_id', 'e164', 'carrier', 'failover', 'number.pool_id'] as const;

export const outboundRules = Object.freeze({
  async read(db: Db, enterpriseId: EnterpriseId): Promise<{ from: CallerNumber | null; minutesPerDay: number }> {
    const row = await db
      .selectFrom('outbound_rule')
      .selectAll()
      .where('enterprise_id', '=', enterpriseId)
      .executeTakeFirst();
    const id = row?.from_number_id ?? null;
    const from = id === null ? null : await numberOf(db, enterpriseId, { id });
    return { from, minutesPerDay: row?.minutes_per_day ?? limits.outboundMinutesPerDay };
  },

  async write(
    db: Db,
    enterpriseId: EnterpriseId,
    wanted: { readonly fromNumberId: NumberId | null; readonly minutesPerDay: number | null },
  ): Promise<void> {
    const set = { from_number_id: wanted.fromNumberId, minutes_per_day: wanted.minutesPerDay };
    await db
      .insertInto('outbound_rule')
      .values({ enterprise_id: enterpriseId, ...set })
      .onConflict((clash) => clash.column('enterprise_id').doUpdateSet(set))
      .execute();
  },

  /** One of the enterprise's numbers that may be called from; null when it has none such. */
  numberOf,

  isOwn: async (db: Db, enterpriseId: EnterpriseId, e164: E164): Promise<boolean> => {
    const query = db.selectFrom('number').select('id').where('e164', '=', e164).where('state', '!=', 'released');
    return (await query.where('enterprise_id', '=', enterpriseId).executeTakeFirst()) !== undefined;
  },

  /** The visit's own number, or the one it was shown; `isKnown` false when the enterprise has no such visit. */
  async ofVisit(db: Db, enterpriseId: EnterpriseId, id: VisitId) {
    const visit = await db
      .selectFrom('visit')
      .select('shown_number_id')
      .where('id', '=', id)
      .where('enterprise_id', '=', enterpriseId)
      .executeTakeFirst();
    if (visit === undefined) return { isKnown: false, numberId: null };
    const lease = await db
      .selectFrom('lease')
      .select('number_id')
      .where('visit_id', '=', id)
      .orderBy('granted_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return { isKnown: true, numberId: lease?.number_id ?? visit.shown_number_id };
  },

  async ofConversation(db: Db, enterpriseId: EnterpriseId, id: ConversationId) {
    const query = db.selectFrom('conversation').select(['number_id', 'visit_id']).where('id', '=', id);
    const row = await query.where('enterprise_id', '=', enterpriseId).executeTakeFirst();
    return row === undefined ? null : { numberId: row.number_id, visitId: row.visit_id };
  },

  /** Counts calls of today (none: only asks) and tells how many minutes are used, calls under way included. */
  async countCalls(tx: Tx, enterpriseId: EnterpriseId, calls: 0 | 1, at: number): Promise<number> {
    const day = dayOf(at);
    const { minutes } = await tx
      .insertInto('outbound_day')
      .values({ enterprise_id: enterpriseId, day, calls })
      .onConflict((clash) =>
        clash.columns(['enterprise_id', 'day']).doUpdateSet({ calls: sql`outbound_day.calls + ${calls}` }),
      )
      .returning('minutes')
      .executeTakeFirstOrThrow();
    const live = await sql<{ minutes: number }>`
      select coalesce(sum(ceil((${at}::bigint - (document->'outbound'->>'answeredAt')::bigint) / 60000.0)), 0)::int as minutes
      from call where enterprise_id = ${enterpriseId} and direction = 'outbound' and ended_at is null`.execute(tx);
    return minutes + (live.rows[0]?.minutes ?? 0);
  },

  /** Adds the minutes of a call that has ended. */
  async countMinutes(tx: Tx, enterpriseId: EnterpriseId, added: number, at: number): Promise<DayMinutes> {
    const day = dayOf(at);
    const { minutes: used } = await tx
      .insertInto('outbound_day')
      .values({ enterprise_id: enterpriseId, day, minutes: added })
      .onConflict((clash) =>
        clash.columns(['enterprise_id', 'day']).doUpdateSet({ minutes: sql`outbound_day.minutes + ${added}` }),
      )
      .returning('minutes')
      .executeTakeFirstOrThrow();
    const { minutesPerDay: most } = await outboundRules.read(tx, enterpriseId);
    return { used, before: used - added, most, day };
  },

  async today(db: Db, enterpriseId: EnterpriseId, at: number): Promise<{ calls: number; minutes: number }> {
    const row = await db
      .selectFrom('outbound_day')
      .select(['calls', 'minutes'])
      .where('enterprise_id', '=', enterpriseId)
      .where('day', '=', sql<string>`${dayOf(at)}`)
      .executeTakeFirst();
    return row ?? { calls: 0, minutes: 0 };
  },
});

async function numberOf(
  db: Db,
  enterpriseId: EnterpriseId,
  which: { readonly id: NumberId } | { readonly e164: E164 },
): Promise<CallerNumber | null> {
  const query = db
    .selectFrom('number')
    .select(columns)
    .where('number.enterprise_id', '=', enterpriseId)
    .where('state', '=', 'active')
    .where(sql<boolean>`'voice' = any (capabilities)`);
  const row = await ('id' in which
    ? query.where('number.id', '=', which.id)
    : query.where('e164', '=', which.e164)
  ).executeTakeFirst();
  if (row === undefined) return null;
  const { id, e164, carrier, failover } = row;
  return { id, enterpriseId: row.enterprise_id, e164, carrier, failover, poolId: row.pool_id };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
