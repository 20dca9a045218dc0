/**
 * Offers: a call put to an agent. Choosing an agent and marking them offered is one statement under a row lock, so two
 * calls never ring the same agent and an agent who talks is not rung. Who comes first is a plain rule for now: the
 * agent who has been ready the longest. Who did not pick up is left alone for a moment, so that a phone nobody is at is
 * not rung by one call after another.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { AgentId, CallId, EnterpriseId, Ids, LegId } from '../ports/ids.ts';
import type { Row, Tx } from '../records/schema.ts';

export type Chosen =
  | { readonly kind: 'agent'; readonly agentId: AgentId; readonly phone: E164 }
  | { readonly kind: 'nobody'; readonly someoneBusy: boolean };

export type Offers = ReturnType<typeof createOffers>;

export function createOffers(world: { clock: Clock; ids: Ids }) {
  const now = () => new Date(world.clock.now());
  return Object.freeze({
    /** Picks the longest-ready agent not yet tried for this call and opens an offer on `legId`. */
    async offerNext(
      tx: Tx,
      wanted: {
        enterpriseId: EnterpriseId;
        callId: CallId;
        legId: LegId;
        tried: readonly AgentId[];
        /** Nobody else than this one. */
        only?: AgentId | null;
        /** `consult`: they are asked by a colleague who still has the call. */
        as?: 'call' | 'consult';
        /** Unix ms at which the caller came; callbacks that were due before have the first free agents. Null: it has no place. */
        queuedAt?: number | null;
        /** The agent has asked for the call: they may be called out of their wrap-up or rest. */
        isAskedFor?: boolean;
      },
    ): Promise<Chosen> {
      const agent = await pickReady(tx, wanted, now());
      if (agent === undefined) return { kind: 'nobody', someoneBusy: await isSomeoneBusy(tx, wanted) };
      await setPresence(tx, agent.id, 'offered', now());
      await tx
        .insertInto('offer')
        .values({
          id: world.ids.make('offer'),
          enterprise_id: wanted.enterpriseId,
          call_id: wanted.callId,
          agent_id: agent.id,
          leg_id: wanted.legId,
          state: 'open',
          kind: wanted.as ?? 'call',
          offered_at: now(),
        })
        .execute();
      return { kind: 'agent', agentId: agent.id, phone: agent.phone };
    },

    /** Closes the offer on a leg; an accepted one engages the agent, any other frees them. Twice is once. */
    async settle(tx: Tx, legId: LegId, as: 'accepted' | 'declined' | 'missed' | 'withdrawn'): Promise<void> {
      const settled = await tx
        .updateTable('offer')
        .set({ state: as, settled_at: now() })
        .where('leg_id', '=', legId)
        .where('state', 'in', as === 'withdrawn' ? ['open', 'accepted'] : ['open'])
        .returning('agent_id')
        .executeTakeFirst();
      if (settled === undefined) return;
      await setPresence(tx, settled.agent_id, as === 'accepted' ? 'engaged' : 'ready', now());
      if (as !== 'missed') return;
      const restedAt = new Date(world.clock.now() + limits.agentRestMs);
      await tx.updateTable('agent').set({ rested_at: restedAt }).where('id', '=', settled.agent_id).execute();
    },

    /**
     * The agent's part in a call is over: they are ready, or wrap up first. An agent who went offline meanwhile stays
     * offline. Answers whether they wrap up.
     */
    async freeAgent(tx: Tx, freed: { agentId: AgentId; legId: LegId; wrapUpMs: number }): Promise<boolean> {
      await tx
        .updateTable('offer')
        .set({ state: 'done', settled_at: now() })
        .where('leg_id', '=', freed.legId)
        .where('state', '=', 'accepted')
        .execute();
      return setPresence(tx, freed.agentId, freed.wrapUpMs > 0 ? 'wrapping' : 'ready', now());
    },
  });
}

interface Wanted {
  readonly enterpriseId: EnterpriseId;
  readonly tried: readonly AgentId[];
  readonly only?: AgentId | null;
  readonly queuedAt?: number | null;
  readonly isAskedFor?: boolean;
}

async function pickReady(
  tx: Tx,
  { enterpriseId, tried, only, queuedAt, isAskedFor = false }: Wanted,
  at: Date,
): Promise<Pick<Row<'agent'>, 'id' | 'phone'> | undefined> {
  let ready = tx
    .selectFrom('agent')
    .select(['id', 'phone'])
    .where('enterprise_id', '=', enterpriseId)
    .where('presence', 'in', isAskedFor ? ['ready', 'wrapping'] : ['ready'])
    .where((agent) => agent.or([agent.lit(isAskedFor), agent('rested_at', 'is', null), agent('rested_at', '<=', at)]));
  if (queuedAt) ready = ready.where(leavesEnough(enterpriseId, new Date(queuedAt), at));
  if (only) ready = ready.where('id', '=', only);
  if (tried.length > 0) ready = ready.where('id', 'not in', tried);
  return ready.orderBy('presence_since').orderBy('id').limit(1).forUpdate().skipLocked().executeTakeFirst();
}

/**
 * Whether there are more free agents than callbacks that were asked for before and are due: each of those keeps its turn. Agents
 * are only counted where such callbacks wait.
 */
function leavesEnough(enterpriseId: EnterpriseId, queuedAt: Date, at: Date) {
  const ahead = sql`from callback where enterprise_id = ${enterpriseId} and state = 'waiting'
    and queued_at < ${queuedAt} and next_at <= ${at}`;
  return sql<boolean>`(not exists (select 1 ${ahead}) or (select count(*) ${ahead}) < (
    select count(*) from agent as free where free.enterprise_id = ${enterpriseId} and free.presence = 'ready'
      and (free.rested_at is null or free.rested_at <= ${at})))`;
}

async function isSomeoneBusy(
  tx: Tx,
  wanted: { enterpriseId: EnterpriseId; tried: readonly AgentId[] },
): Promise<boolean> {
  const untriedBusy = await tx
    .selectFrom('agent')
    .select('id')
    .where('enterprise_id', '=', wanted.enterpriseId)
    .where('presence', 'in', ['ready', 'offered', 'engaged', 'wrapping'])
    .where((agent) => (wanted.tried.length > 0 ? agent('id', 'not in', wanted.tried) : agent.lit(true)))
    .limit(1)
    .executeTakeFirst();
  return untriedBusy !== undefined;
}

async function setPresence(tx: Tx, agentId: AgentId, presence: Row<'agent'>['presence'], at: Date): Promise<boolean> {
  const changed = await tx
    .updateTable('agent')
    .set({ presence, presence_since: at })
    .where('id', '=', agentId)
    .where('presence', '!=', 'offline')
    .executeTakeFirst();
  return presence === 'wrapping' && changed.numUpdatedRows > 0n;
}
