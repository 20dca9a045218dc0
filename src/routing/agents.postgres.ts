/**
 * Agents: who may be put on the line, on which phone, and whether they are there. Presence set by people only moves
 * between offline and ready; offered, engaged and wrapping belong to the offers.
 */
import type { UpdateQueryBuilder, UpdateResult } from 'kysely';
import type { E164 } from '../ports/e164.ts';
import type { AgentId, EnterpriseId } from '../ports/ids.ts';
import type { Db, Row, Tables } from '../records/schema.ts';

export interface NewAgent {
  readonly id: AgentId;
  readonly enterpriseId: EnterpriseId;
  readonly name: string;
  readonly phone: E164;
  readonly presence: 'offline' | 'ready';
  readonly at: number;
}

export type Agents = ReturnType<typeof createAgents>;

export function createAgents() {
  return Object.freeze({
    /** Adds an agent; null when another agent of the enterprise has this phone. */
    async add(db: Db, agent: NewAgent): Promise<Row<'agent'> | null> {
      const row = await db
        .insertInto('agent')
        .values({
          id: agent.id,
          enterprise_id: agent.enterpriseId,
          name: agent.name,
          phone: agent.phone,
          presence: agent.presence,
          presence_since: new Date(agent.at),
        })
        .onConflict((clash) => clash.columns(['enterprise_id', 'phone']).doNothing())
        .returningAll()
        .executeTakeFirst();
      return row ?? null;
    },

    /**
     * Sets presence; `busy` when the agent is being rung or talks and wants to be ready. Offline always works; ready ends
     * the wrap-up early.
     */
    async setPresence(
      db: Db,
      change: { enterpriseId: EnterpriseId; id: AgentId; presence: 'offline' | 'ready'; at: number },
    ): Promise<Row<'agent'> | 'unknown' | 'busy'> {
      const found = db
        .updateTable('agent')
        .where('id', '=', change.id)
        .where('enterprise_id', '=', change.enterpriseId);
      const allowed = change.presence === 'offline' ? found : whereFree(found);
      const row = await allowed
        .set({ presence: change.presence, presence_since: new Date(change.at), rested_at: null })
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return row;
      const known = await db
        .selectFrom('agent')
        .select('id')
        .where('id', '=', change.id)
        .where('enterprise_id', '=', change.enterpriseId)
        .executeTakeFirst();
      return known === undefined ? 'unknown' : 'busy';
    },

    /** Where an agent is rung; null when the enterprise has no such agent. */
    async phoneOf(db: Db, enterpriseId: EnterpriseId, id: AgentId): Promise<E164 | null> {
      const row = await db
        .selectFrom('agent')
        .select('phone')
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row?.phone ?? null;
    },

    /** How an agent stands; null when the enterprise has no such agent. */
    async presenceOf(db: Db, enterpriseId: EnterpriseId, id: AgentId): Promise<Row<'agent'>['presence'] | null> {
      const row = await db
        .selectFrom('agent')
        .select('presence')
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row?.presence ?? null;
    },

    /** The wrap-up that began at `since` is over; one that was ended early, or a later one, is not touched. */
    async endWrapUp(db: Db, { agentId, since, at }: { agentId: AgentId; since: number; at: number }): Promise<void> {
      await db
        .updateTable('agent')
        .set({ presence: 'ready', presence_since: new Date(at) })
        .where('id', '=', agentId)
        .where('presence', '=', 'wrapping')
        .where('presence_since', '=', new Date(since))
        .execute();
    },
  });
}

/**
 * Whoever is rung or talks is not free, even if they have gone offline meanwhile: made ready, they would be rung for a
 * second call.
 */
function whereFree(found: UpdateQueryBuilder<Tables, 'agent', 'agent', UpdateResult>) {
  return found
    .where('presence', 'in', ['offline', 'ready', 'wrapping'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('offer')
            .select('offer.id')
            .whereRef('offer.agent_id', '=', 'agent.id')
            .where('offer.state', '=', 'open'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('call')
            .innerJoin('offer', 'offer.call_id', 'call.id')
            .select('call.id')
            .where('call.ended_at', 'is', null)
            .where('offer.state', '=', 'accepted')
            .whereRef('offer.agent_id', '=', 'agent.id'),
        ),
      ),
    );
}
