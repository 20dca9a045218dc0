/**
 * Calls in the record: one document a call, with the columns that lists and look-ups need beside it. A save names the
 * version it was made from; a save from a stale version is refused by the database, never merged.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { CallId, EnterpriseId, VisitId } from '../ports/ids.ts';
import type { CarrierEvent } from '../records/carrier-events.postgres.ts';
import type { Db, Tx } from '../records/schema.ts';
import { type Call, type Leg, legOf, readCall } from './call.ts';
import { directionOf } from './outbound.ts';

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
    /** Inserts a call that has just come in, or is to be made. */
    async insert(tx: Tx, call: Call): Promise<void> {
      await tx
        .insertInto('call')
        .values({
          id: call.id,
          enterprise_id: call.enterpriseId,
          number_id: call.numberId,
          carrier: call.carrier,
          carrier_call_id: call.carrierCallId,
          direction: directionOf(call),
          dnis: call.dnis,
          ani: call.ani,
          attestation: call.attestation,
          visit_id: call.visitId,
          state: call.state,
          version: 1,
          document: JSON.stringify(call),
          started_at: new Date(call.startedAt),
          ended_at: call.endedAt === null ? null : new Date(call.endedAt),
        })
        .execute();
      await insertLegs(tx, call);
    },

    /**
     * Saves the next version of what was read; throws when somebody else saved in between (the lock makes that a fault of
     * ours). Legs have rows of their own only for look-ups: those that are new or have been told their id are written.
     */
    async save(tx: Tx, call: Call, from: StoredCall): Promise<void> {
      const legs = [...changedLegs(call, from.call).map((leg) => legRow(call, leg)), ...customerRow(call, from.call)];
      const written =
        legs.length === 0
          ? sql``
          : sql`with legs as (
              insert into leg (id, enterprise_id, call_id, agent_id, carrier, carrier_call_id)
              select id, enterprise_id, call_id, agent_id, carrier, carrier_call_id
              from jsonb_to_recordset(${JSON.stringify(legs)}::jsonb) as leg
                (id text, enterprise_id text, call_id text, agent_id text, carrier text, carrier_call_id text)
              on conflict (id) do update set carrier_call_id = excluded.carrier_call_id
            )`;
      const saved = await sql<{ id: CallId }>`${written}
        update call set state = ${call.state}, carrier_call_id = ${call.carrierCallId}, version = ${from.version + 1}, visit_id = ${call.visitId},
          document = ${JSON.stringify(call)}, ended_at = ${call.endedAt === null ? null : new Date(call.endedAt)}
        where id = ${call.id} and version = ${from.version} returning id`.execute(tx);
      if (saved.rows.length !== 1) throw new Error(`call ${call.id} moved on from version ${from.version}`);
    },

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

    /** Reads a call and keeps others from changing it until the transaction ends. */
    async lock(tx: Tx, id: CallId): Promise<StoredCall | null> {
      const row = await tx
        .selectFrom('call')
        .select(['document', 'version'])
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? null : { call: readCall(row.document), version: row.version };
    },

    /**
     * Stores what a carrier has said of a call under its key, and locks the call. `isNew`: nobody has stored it before.
     * Null, and nothing stored, when there is no such call.
     */
    async lockAndStore(
      tx: Tx,
      id: CallId,
      event: Omit<CarrierEvent, 'enterpriseId'>,
    ): Promise<(StoredCall & { readonly isNew: boolean }) | null> {
      const { rows } = await sql<{ document: object; version: number; is_new: boolean }>`
        with held as (select enterprise_id, document, version from call where id = ${id} for update),
          stored as (
            insert into carrier_event (carrier, dedup_key, enterprise_id, kind, body, received_at)
            select ${event.carrier}, ${event.dedupKey}, enterprise_id, ${event.kind}, ${JSON.stringify(event.body)}::jsonb,
              ${new Date(event.receivedAt)}
            from held on conflict (carrier, dedup_key) do nothing returning 1
          )
        select document, version, exists (select from stored) as is_new from held`.execute(tx);
      const [row] = rows;
      return row === undefined ? null : { call: readCall(row.document), version: row.version, isNew: row.is_new };
    },

    /** Reads a call as it stands. */
    async read(db: Db, id: CallId): Promise<Call | null> {
      const row = await db.selectFrom('call').select('document').where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : readCall(row.document);
    },

    /** The call whose caller's leg has this id at the carrier; agents' legs name their call in the callback's address. */
    async findByCarrier(db: Db, carrier: string, carrierCallId: string): Promise<CallId | null> {
      const row = await db
        .selectFrom('call')
        .select('id')
        .where('carrier', '=', carrier)
        .where('carrier_call_id', '=', carrierCallId)
        .executeTakeFirst();
      return row?.id ?? null;
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

function changedLegs({ legs }: Call, before: Call): readonly Leg[] {
  return legs.filter((leg) => {
    const known = legOf(before, leg.id);
    return known === undefined || known.carrierCallId !== leg.carrierCallId;
  });
}

/** The customer's leg of a call that we make has a row once it has been dialled: a repeated dial must tell it from its own. */
function customerRow(call: Call, before: Call) {
  const { outbound, carrierCallId } = call;
  if (outbound === null || carrierCallId === before.carrierCallId) return [];
  return [legRow(call, { id: outbound.legId, agentId: null, carrierCallId })];
}

function legRow(call: Call, leg: Pick<Leg, 'id' | 'agentId' | 'carrierCallId'>) {
  return {
    id: leg.id,
    enterprise_id: call.enterpriseId,
    call_id: call.id,
    agent_id: leg.agentId,
    carrier: call.carrier,
    carrier_call_id: leg.carrierCallId,
  };
}

async function insertLegs(tx: Tx, call: Call): Promise<void> {
  if (call.legs.length === 0) return;
  await tx
    .insertInto('leg')
    .values(call.legs.map((leg) => legRow(call, leg)))
    .execute();
}
