/**
 * Calls in the record: one document a call, with the columns that lists and look-ups need beside it. A save names the
 * version it was made from; a save from a stale version is refused by the database, never merged.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { CallId, EnterpriseId, VisitId } from '../ports/ids.ts';
import type { Db, Tx } from '../records/schema.ts';
import { type Call, type Leg, readCall } from './call.ts';

/** A call with the version it was read at. */
export interface StoredCall {
  readonly call: Call;
  readonly version: number;
}

export type Calls = ReturnType<typeof createCalls>;

export function createCalls() {
  return Object.freeze({
    /** Inserts a call that has just come in. */
    async insert(tx: Tx, call: Call): Promise<void> {
      await tx
        .insertInto('call')
        .values({
          id: call.id,
          enterprise_id: call.enterpriseId,
          number_id: call.numberId,
          carrier: call.carrier,
          carrier_call_id: call.carrierCallId,
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
      await saveLegs(tx, call);
    },

    /** Saves the next version; throws when somebody else saved in between (the lock makes that a fault of ours). */
    async save(tx: Tx, call: Call, from: number): Promise<void> {
      const saved = await tx
        .updateTable('call')
        .set({
          state: call.state,
          version: from + 1,
          visit_id: call.visitId,
          document: JSON.stringify(call),
          ended_at: call.endedAt === null ? null : new Date(call.endedAt),
        })
        .where('id', '=', call.id)
        .where('version', '=', from)
        .executeTakeFirst();
      if (saved.numUpdatedRows !== 1n) throw new Error(`call ${call.id} moved on from version ${from}`);
      await saveLegs(tx, call);
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
    async live(db: Db, carrier: string): Promise<{ id: CallId; enterpriseId: EnterpriseId; carrierCallId: string }[]> {
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

async function saveLegs(tx: Tx, call: Call): Promise<void> {
  if (call.legs.length === 0) return;
  const rows = call.legs.map((leg) => ({
    id: leg.id,
    enterprise_id: call.enterpriseId,
    call_id: call.id,
    agent_id: leg.agentId,
    carrier: call.carrier,
    carrier_call_id: leg.carrierCallId,
  }));
  await tx
    .insertInto('leg')
    .values(rows)
    .onConflict((clash) =>
      clash.column('id').doUpdateSet((leg) => ({ carrier_call_id: leg.ref('excluded.carrier_call_id') })),
    )
    .execute();
}
