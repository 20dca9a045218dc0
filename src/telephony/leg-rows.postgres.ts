/**
 * Legs in the record: the call's document has them whole, and they have rows of their own only for look-ups by the carrier's
 * id. So a row is written when its leg is new or has been told that id.
 */
import { sql } from 'kysely';
import { type Call, type Leg, legOf } from './call.ts';

export type LegRow = ReturnType<typeof legRow>;

/** All of a call that is new. */
export function legRowsOf(call: Call): LegRow[] {
  return call.legs.map((leg) => legRow(call, leg));
}

/** Those that differ from what was written before. */
export function changedLegRows(call: Call, before: Call): LegRow[] {
  const changed = call.legs.filter((leg) => legOf(before, leg.id)?.carrierCallId !== leg.carrierCallId);
  return [...changed.map((leg) => legRow(call, leg)), ...customerRow(call, before)];
}

/** A statement's part: writes the rows. */
export function writeLegs(legs: readonly LegRow[]) {
  return sql`
    insert into leg (id, enterprise_id, call_id, agent_id, carrier, carrier_call_id)
    select id, enterprise_id, call_id, agent_id, carrier, carrier_call_id
    from jsonb_to_recordset(${JSON.stringify(legs)}::jsonb) as leg
      (id text, enterprise_id text, call_id text, agent_id text, carrier text, carrier_call_id text)
    on conflict (id) do update set carrier_call_id = excluded.carrier_call_id`;
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
