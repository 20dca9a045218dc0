/**
 * Calls in the record: one document a call, with the columns that lists and look-ups need beside it. A save names the
 * version it was made from; a save from a stale version is refused by the database, never merged.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { CallId, EnterpriseId, VisitId } from '../ports/ids.ts';
import { askTogether } from '../records/ask-together.ts';
import type { CarrierEvent } from '../records/carrier-events.postgres.ts';
import { byPlace, listed, placed } from '../records/many-rows.postgres.ts';
import type { Db, Tx } from '../records/schema.ts';
import type { Call, Leg } from './call.ts';
import { changedLegRows, legRowsOf, writeLegs } from './leg-rows.postgres.ts';
import { directionOf } from './outbound.ts';
import { readCall } from './read-call.ts';

/** A call with the version it was read at. */
export interface StoredCall {
  readonly call: Call;
  readonly version: number;
}

interface LiveCall {
  readonly id: CallId;
  readonly enterpriseId: EnterpriseId;
  readonly carrierCallId: string | null;
}

export type Calls = ReturnType<typeof createCalls>;

export function createCalls() {
  return Object.freeze({
    /** Inserts a call that has just come in, or is to be made, as it stands by then. */
    insert: askTogether(insertAll),

    /**
     * Saves the next version of what was read; throws when somebody else saved in between (the lock makes that a fault of
     * ours).
     */
    save: askTogether(saveAll),

    /** The call is believed to be another visit's: in its document too, and whoever saves an older version is refused. */
    async setVisit(tx: Tx, id: CallId, visitId: VisitId | null): Promise<void> {
      await tx
        .updateTable('call')
        .set({
          visit_id: visitId,
          version: sql`version + 1`,
          document: sql`jsonb_set(document, '{visitId}', ${JSON.stringify(visitId)}::jsonb)`,
        })
        .where('id', '=', id)
        .execute();
    },

    /** Reads a call and keeps others from changing it until the transaction ends; null when there is none. */
    lock: askTogether(lockAll),

    /**
     * Stores what a carrier has said of a call under its key, and locks the call. `isNew`: nobody has stored it before.
     * Null, and nothing stored, when there is no such call.
     */
    lockAndStore: askTogether(lockAndStoreAll),

    /** Reads a call as it stands; null when there is none. */
    read: askTogether(readAll),

    /** The call whose caller's leg has this id at the carrier; agents' legs name their call in the callback's address. */
    findByCarrier: askTogether(findAll),

    /** Of these callers' legs at a carrier, those that no call has. */
    async unknownOf(db: Db, carrier: string, carrierCallIds: readonly string[]): Promise<string[]> {
      if (carrierCallIds.length === 0) return [];
      const { rows } = await sql<{ id: string }>`
        select id from unnest(${carrierCallIds}::text[]) as listed (id)
        where not exists (select from call where carrier = ${carrier} and carrier_call_id = listed.id)`.execute(db);
      return rows.map(({ id }) => id);
    },

    /** The carrier's ids of the latest calls that were made to an agent, or to others than agents. */
    async dialledIds(db: Db, carrier: string, { agentId }: Pick<Leg, 'agentId'>): Promise<string[]> {
      const rows = await db
        .selectFrom('leg')
        .select('carrier_call_id')
        .where('carrier', '=', carrier)
        .where('agent_id', 'is not distinct from', agentId)
        .where('carrier_call_id', 'is not', null)
        .orderBy('id', 'desc')
        .limit(limits.dialledIdsMax)
        .execute();
      return rows.flatMap((row) => (row.carrier_call_id === null ? [] : [row.carrier_call_id]));
    },

    /** Calls of a carrier that have not ended, oldest first. */
    async live(db: Db, carrier: string): Promise<LiveCall[]> {
      const rows = await db
        .selectFrom('call')
        .select(['id', 'enterprise_id', 'carrier_call_id'])
        .where('carrier', '=', carrier)
        .where('ended_at', 'is', null)
        .orderBy('started_at')
        .execute();
      return rows.map((row) => ({ id: row.id, enterpriseId: row.enterprise_id, carrierCallId: row.carrier_call_id }));
    },
  });
}

async function insertAll(tx: Db, calls: readonly Call[]): Promise<readonly undefined[]> {
  const rows = calls.map((call) => ({
    ...columnsOf(call, 1),
    enterprise_id: call.enterpriseId,
    number_id: call.numberId,
    carrier: call.carrier,
    direction: directionOf(call),
    dnis: call.dnis,
    ani: call.ani,
    attestation: call.attestation,
    started_at: new Date(call.startedAt),
  }));
  const legs = calls.flatMap(legRowsOf);
  await sql`
    with come as (
      insert into call (id, enterprise_id, number_id, carrier, carrier_call_id, direction, dnis, ani, attestation, visit_id,
        state, version, document, started_at, ended_at)
      select id, enterprise_id, number_id, carrier, carrier_call_id, direction, dnis, ani, attestation, visit_id, state,
        version, document, started_at, ended_at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as come
        (id text, enterprise_id text, number_id text, carrier text, carrier_call_id text, direction text, dnis text,
          ani text, attestation text, visit_id text, state text, version int, document jsonb, started_at timestamptz,
          ended_at timestamptz)
    )
    ${writeLegs(legs)}`.execute(tx);
  return calls.map(() => undefined);
}

interface Saved {
  readonly call: Call;
  readonly from: StoredCall;
}

async function saveAll(tx: Db, asks: readonly Saved[]): Promise<readonly undefined[]> {
  const rows = asks.map(({ call, from }) => columnsOf(call, from.version + 1));
  const legs = asks.flatMap(({ call, from }) => changedLegRows(call, from.call));
  // Named twice, because by their list alone the planner takes them for few.
  const saved = await sql<{ id: CallId }>`
    with filed as (${writeLegs(legs)})
    update call set state = next.state, carrier_call_id = next.carrier_call_id, version = next.version, visit_id = next.visit_id, document = next.document,
      ended_at = next.ended_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as next
      (id text, state text, carrier_call_id text, version int, visit_id text, document jsonb, ended_at timestamptz)
    where call.id = any(${listed(rows.map(({ id }) => id))}) and call.id = next.id and call.version = next.version - 1
    returning call.id`.execute(tx);
  const ids = new Set(saved.rows.map(({ id }) => id));
  const stale = asks.find(({ call }) => !ids.has(call.id));
  if (stale !== undefined) throw new Error(`call ${stale.call.id} moved on from version ${stale.from.version}`);
  return asks.map(() => undefined);
}

async function lockAll(tx: Db, ids: readonly CallId[]): Promise<readonly (StoredCall | null)[]> {
  const { rows } = await sql<{ id: CallId; document: object; version: number }>`
    select id, document, version from call where id = any(${listed(ids)}) order by id for update`.execute(tx);
  const byId = new Map(rows.map((row) => [row.id, { call: readCall(row.document), version: row.version }]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** What a carrier has said of a call. */
export interface CallWord extends Omit<CarrierEvent, 'enterpriseId'> {
  readonly callId: CallId;
}

async function lockAndStoreAll(
  tx: Db,
  words: readonly CallWord[],
): Promise<readonly ((StoredCall & { readonly isNew: boolean }) | null)[]> {
  const said = words.map(({ callId, dedupKey, receivedAt, ...word }) => ({
    ...word,
    call_id: callId,
    dedup_key: dedupKey,
    received_at: new Date(receivedAt),
  }));
  const { rows } = await sql<{ place: number; document: object; version: number; is_new: boolean }>`
    with said as (
      select place, call_id, carrier, dedup_key, kind, body, received_at
      from jsonb_to_recordset(${placed(said)}::jsonb) as said
        (place int, call_id text, carrier text, dedup_key text, kind text, body jsonb, received_at timestamptz)
    ), held as materialized (
      select id, enterprise_id, document, version from call where id = any(${listed(said.map((word) => word.call_id))})
      order by id for update
    ), stored as (
      insert into carrier_event (carrier, dedup_key, enterprise_id, kind, body, received_at)
      select said.carrier, said.dedup_key, held.enterprise_id, said.kind, said.body, said.received_at
      from said join held on held.id = said.call_id order by place
      on conflict (carrier, dedup_key) do nothing returning carrier, dedup_key
    )
    select said.place, held.document, held.version, stored.dedup_key is not null as is_new
    from said join held on held.id = said.call_id
      left join stored on stored.carrier = said.carrier and stored.dedup_key = said.dedup_key`.execute(tx);
  return byPlace(rows, words.length, null, (row) => ({
    call: readCall(row.document),
    version: row.version,
    isNew: row.is_new,
  }));
}

async function readAll(db: Db, ids: readonly CallId[]): Promise<readonly (Call | null)[]> {
  const { rows } = await sql<{ id: CallId; document: object }>`
    select id, document from call where id = any(${listed(ids)})`.execute(db);
  const byId = new Map(rows.map((row) => [row.id, row.document]));
  return ids.map((id) => (byId.has(id) ? readCall(byId.get(id)) : null));
}

async function findAll(
  db: Db,
  asks: readonly { readonly carrier: string; readonly carrierCallId: string }[],
): Promise<readonly (CallId | null)[]> {
  const asked = asks.map(({ carrier, carrierCallId }) => ({ carrier, carrier_call_id: carrierCallId }));
  const { rows } = await sql<{ place: number; id: CallId }>`
    select asked.place, found.id
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked (place int, carrier text, carrier_call_id text)
      cross join lateral (
        select id from call where carrier = asked.carrier and carrier_call_id = asked.carrier_call_id limit 1
      ) as found`.execute(db);
  return byPlace(rows, asks.length, null, ({ id }) => id);
}

function columnsOf(call: Call, version: number) {
  const { id, state, carrierCallId, visitId, endedAt } = call;
  return {
    id,
    state,
    carrier_call_id: carrierCallId,
    version,
    visit_id: visitId,
    document: call,
    ended_at: endedAt === null ? null : new Date(endedAt),
  };
}
