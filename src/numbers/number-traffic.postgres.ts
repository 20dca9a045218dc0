/**
 * What has come in on a number and who has seen it: asked before it is released, and to find numbers that strangers
 * call and numbers that have become quiet.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { NumberId } from '../ports/ids.ts';
import type { Db, Row } from '../records/schema.ts';
import type { NumberTraffic } from './residual-calls.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A pool as `readPolicy` takes it. */
type PolicyColumns = Pick<Row<'pool'>, 'policy' | 'hold_ms' | 'lease_ms' | 'rest_ms'>;

/** A number and the calls that nobody was credited with in the last day. */
export interface StrayCount {
  readonly id: NumberId;
  readonly pool: PolicyColumns;
  readonly strays: number;
}

/** A number in quarantine: since when, and when the last call came. */
export interface QuarantinedNumber {
  readonly id: NumberId;
  readonly pool: PolicyColumns;
  readonly since: number | null;
  readonly lastCallAt: number | null;
}

export const numberTraffic = Object.freeze({
  /** Everything `residualCalls` weighs, as of `now`; calls and texts count alike. */
  async read(db: Db, id: NumberId, quietDays: number, now: number): Promise<NumberTraffic> {
    const seen = await contacts(db, id, now - quietDays * dayMs);
    const known = await contacts(db, id, now - limits.attributionLookBackMs);
    const last = await db
      .selectFrom('lease')
      .select((lease) => lease.fn.max('expires_at').as('at'))
      .where('number_id', '=', id)
      .executeTakeFirst();
    const at = new Date(now);
    const hoursAgo = sql<number>`floor(extract(epoch from (${at}::timestamptz - expires_at)) / 3600)::integer`;
    const ended = await db
      .selectFrom('lease')
      .select((lease) => [hoursAgo.as('hours'), lease.fn.countAll<string>().as('leases')])
      .where('number_id', '=', id)
      .where('expires_at', '<=', at)
      .where('granted_at', '>=', new Date(now - limits.attributionLookBackMs))
      .groupBy('hours')
      .execute();
    return {
      callsSeen: seen.count,
      lastCallAt: known.lastAt,
      leasesEndedAt: last?.at?.getTime() ?? null,
      endedLeases: ended.map(({ hours, leases }) => ({ hoursAgo: hours, leases: Number(leases) })),
      callsKnown: known.count,
    };
  },

  /** Leased numbers with calls in the last day that nobody was credited with. A shared number's callers are expected. */
  async strays(db: Db, now: number): Promise<StrayCount[]> {
    const rows = await db
      .selectFrom('number')
      .innerJoin('pool', 'pool.id', 'number.pool_id')
      .innerJoin('call', 'call.number_id', 'number.id')
      .select((number) => [
        'number.id',
        'pool.policy',
        'pool.hold_ms',
        'pool.lease_ms',
        'pool.rest_ms',
        number.fn.countAll<string>().as('strays'),
      ])
      .where('number.state', '=', 'active')
      .where('call.started_at', '>=', new Date(now - dayMs))
      .where('call.direction', '=', 'inbound')
      .where((number) =>
        number.or([
          number('pool.shared_number_id', 'is', null),
          number('pool.shared_number_id', '!=', number.ref('number.id')),
        ]),
      )
      .where(
        (number) =>
          number
            .selectFrom('attribution')
            .select('attribution.decision')
            .whereRef('attribution.subject', '=', 'call.id')
            .orderBy('attribution.revision', 'desc')
            .limit(1),
        '=',
        'nobody',
      )
      .groupBy(['number.id', 'pool.id'])
      .limit(limits.numberWatchMax)
      .execute();
    return rows.map(({ id, strays, ...pool }) => ({ id, pool, strays: Number(strays) }));
  },

  /** Numbers in quarantine that stand in a pool, those there for longest first. */
  async quarantined(db: Db): Promise<QuarantinedNumber[]> {
    const rows = await db
      .selectFrom('number')
      .innerJoin('pool', 'pool.id', 'number.pool_id')
      .select((number) => [
        'number.id',
        'number.state_since',
        'pool.policy',
        'pool.hold_ms',
        'pool.lease_ms',
        'pool.rest_ms',
        number
          .selectFrom('call')
          .select((call) => call.fn.max('call.started_at').as('at'))
          .whereRef('call.number_id', '=', 'number.id')
          .where('call.direction', '=', 'inbound')
          .as('last_call_at'),
      ])
      .where('number.state', '=', 'quarantined')
      .orderBy('number.state_since')
      .limit(limits.numberWatchMax)
      .execute();
    return rows.map(({ id, state_since, last_call_at, ...pool }) => ({
      id,
      pool,
      since: state_since?.getTime() ?? null,
      lastCallAt: last_call_at?.getTime() ?? null,
    }));
  },
});

export type NumberTrafficReader = typeof numberTraffic;

async function contacts(db: Db, id: NumberId, since: number): Promise<{ count: number; lastAt: number | null }> {
  const calls = await db
    .selectFrom('call')
    .select((call) => [call.fn.countAll<string>().as('count'), call.fn.max('started_at').as('last')])
    .where('number_id', '=', id)
    .where('direction', '=', 'inbound')
    .where('started_at', '>=', new Date(since))
    .executeTakeFirstOrThrow();
  const texts = await db
    .selectFrom('number')
    .innerJoin('conversation', (join) =>
      join
        .onRef('conversation.number_id', '=', 'number.id')
        .onRef('conversation.enterprise_id', '=', 'number.enterprise_id'),
    )
    .innerJoin('message', 'message.conversation_id', 'conversation.id')
    .select((text) => [text.fn.countAll<string>().as('count'), text.fn.max('message.created_at').as('last')])
    .where('number.id', '=', id)
    .where('message.direction', '=', 'inbound')
    .where('message.created_at', '>=', new Date(since))
    .executeTakeFirstOrThrow();
  const instants = [calls.last, texts.last].flatMap((at) => (at === null ? [] : [at.getTime()]));
  return {
    count: Number(calls.count) + Number(texts.count),
    lastAt: instants.length === 0 ? null : Math.max(...instants),
  };
}
