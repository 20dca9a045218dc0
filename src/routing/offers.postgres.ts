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
import { askTogether } from '../records/ask-together.ts';
import { byPlace, listed, placed } from '../records/many-rows.postgres.ts';
import type { Db } from '../records/schema.ts';

export type Chosen =
  | { readonly kind: 'agent'; readonly agentId: AgentId; readonly phone: E164 }
  | { readonly kind: 'nobody'; readonly someoneBusy: boolean };

/** A call that is to be put to somebody. */
export interface OfferWish {
  readonly enterpriseId: EnterpriseId;
  readonly callId: CallId;
  readonly legId: LegId;
  readonly tried: readonly AgentId[];
  /** Nobody else than this one. */
  readonly only?: AgentId | null;
  /** `consult`: they are asked by a colleague who still has the call. */
  readonly as?: 'call' | 'consult';
  /** Unix ms at which the caller came; callbacks that were due before have the first free agents. Null: it has no place. */
  readonly queuedAt?: number | null;
  /** The agent has asked for the call: they may be called out of their wrap-up or rest. */
  readonly isAskedFor?: boolean;
}

interface OfferEnd {
  readonly legId: LegId;
  readonly as: 'accepted' | 'declined' | 'missed' | 'withdrawn';
}

interface FreedAgent {
  readonly agentId: AgentId;
  readonly legId: LegId;
  readonly wrapUpMs: number;
}

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
}

export type Offers = ReturnType<typeof createOffers>;

export function createOffers(world: World) {
  return Object.freeze({
    /** Picks the longest-ready agent not yet tried for this call and opens an offer on `legId`. */
    offerNext: askTogether<OfferWish, Chosen>((tx, wishes) => offerAll(world, tx, wishes)),

    /** Closes the offer on a leg; an accepted one engages the agent, any other frees them. Twice is once. */
    settle: askTogether<OfferEnd, undefined>((tx, ends) => settleAll(world, tx, ends)),

    /**
     * The agent's part in the call is over: they are ready, or wrap up first. An agent who went offline meanwhile stays
     * offline. Answers whether they wrap up.
     */
    freeAgent: askTogether<FreedAgent, boolean>((tx, freed) => freeAll(world, tx, freed)),
  });
}

/**
 * Those who may be put to the same agents are served by one statement, first come first served. Where callbacks are due
 * before some of them, agents are counted for each, and each goes by itself.
 */
async function offerAll(world: World, tx: Db, wishes: readonly OfferWish[]): Promise<readonly Chosen[]> {
  const chosen = new Map<OfferWish, Chosen>();
  const guarded = await behindCallbacks(world, tx, wishes);
  const groups = Map.groupBy(wishes, (wish) => {
    const { enterpriseId, only, isAskedFor, tried, legId } = wish;
    return guarded.has(wish) ? legId : [enterpriseId, only ?? '', isAskedFor === true, ...tried].join(' ');
  });
  for (const group of groups.values()) {
    const agents = await offerGroup(world, tx, group);
    const left = group.find(({ legId }) => !agents.has(legId));
    const nobody = { kind: 'nobody', someoneBusy: left !== undefined && (await isSomeoneBusy(tx, left)) } as const;
    for (const wish of group) chosen.set(wish, agents.get(wish.legId) ?? nobody);
  }
  return wishes.map((wish) => chosen.get(wish) ?? { kind: 'nobody', someoneBusy: false });
}

/** The wishes before whose callers somebody was promised a callback that is due. */
async function behindCallbacks(world: World, tx: Db, wishes: readonly OfferWish[]): Promise<ReadonlySet<OfferWish>> {
  const queued = wishes.flatMap((wish) => (wish.queuedAt == null ? [] : [{ wish, at: new Date(wish.queuedAt) }]));
  if (queued.length === 0) return new Set();
  const asked = queued.map(({ wish, at }) => ({ enterprise_id: wish.enterpriseId, queued_at: at }));
  const { rows } = await sql<{ place: number }>`
    select asked.place
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked (place int, enterprise_id text, queued_at timestamptz)
      cross join lateral (
        select from callback where enterprise_id = asked.enterprise_id and state = 'waiting'
          and queued_at < asked.queued_at and next_at <= ${new Date(world.clock.now())} limit 1
      ) as ahead`.execute(tx);
  return new Set(rows.flatMap(({ place }) => queued[place]?.wish ?? []));
}

/** Whether there are more free agents than callbacks that were asked for before and are due: each of those keeps its turn. */
function leavesEnough(enterpriseId: EnterpriseId, queuedAt: number | null, at: Date) {
  const before = queuedAt === null ? null : new Date(queuedAt);
  return sql<boolean>`(select count(*) from callback where enterprise_id = ${enterpriseId} and state = 'waiting'
      and queued_at < ${before}::timestamptz and next_at <= ${at}) < (
    select count(*) from agent as free where free.enterprise_id = ${enterpriseId} and free.presence = 'ready'
      and (free.rested_at is null or free.rested_at <= ${at}))`;
}

interface Offered {
  readonly leg_id: LegId;
  readonly agent_id: AgentId;
  readonly phone: E164;
}

async function offerGroup(world: World, tx: Db, group: readonly OfferWish[]): Promise<ReadonlyMap<LegId, Chosen>> {
  const [first] = group;
  if (first === undefined) return new Map();
  const { enterpriseId, only = null, tried, queuedAt = null, isAskedFor = false } = first;
  const at = new Date(world.clock.now());
  const wishes = group.map(({ callId, legId, as }) => ({
    id: world.ids.make('offer'),
    call_id: callId,
    leg_id: legId,
    kind: as ?? 'call',
  }));
  const { rows } = await sql<Offered>`
    with wish as (
      select place, id, call_id, leg_id, kind
      from jsonb_to_recordset(${placed(wishes)}::jsonb) as wish (place int, id text, call_id text, leg_id text, kind text)
    ), ready as materialized (
      select id, phone, presence_since from agent
      where enterprise_id = ${enterpriseId} and presence = any(${listed(isAskedFor ? ['ready', 'wrapping'] : ['ready'])})
        and (${isAskedFor}::boolean or rested_at is null or rested_at <= ${at})
        and (${isAskedFor}::boolean or ${leavesEnough(enterpriseId, group.length === 1 ? queuedAt : null, at)})
        and (${only}::text is null or id = ${only}) and id <> all(${listed(tried)})
      order by presence_since, id limit (select count(*) from wish) for update skip locked
    ), given as (
      select wish.*, agent.id as agent_id, agent.phone
      from wish join (
        select id, phone, row_number() over (order by presence_since, id) as nth from ready
      ) as agent on agent.nth = wish.place + 1
    ), rung as (
      update agent set presence = 'offered', presence_since = ${at}
      where id in (select agent_id from given)
    ), opened as (
      insert into offer (id, enterprise_id, call_id, agent_id, leg_id, state, kind, offered_at)
      select id, ${enterpriseId}, call_id, agent_id, leg_id, 'open', kind, ${at} from given
    )
    select leg_id, agent_id, phone from given`.execute(tx);
  return new Map(rows.map((row) => [row.leg_id, { kind: 'agent', agentId: row.agent_id, phone: row.phone } as const]));
}

async function settleAll(world: World, tx: Db, ends: readonly OfferEnd[]): Promise<readonly undefined[]> {
  const now = world.clock.now();
  const rows = ends.map(({ legId, as }) => ({
    leg_id: legId,
    state: as,
    from: as === 'withdrawn' ? ['open', 'accepted'] : ['open'],
    presence: as === 'accepted' ? 'engaged' : 'ready',
    rested_at: as === 'missed' ? new Date(now + limits.agentRestMs) : null,
  }));
  await sql`
    with ended as (
      select place, leg_id, state, "from", presence, rested_at
      from jsonb_to_recordset(${placed(rows)}::jsonb) as ended
        (place int, leg_id text, state text, "from" text[], presence text, rested_at timestamptz)
    ), settled as (
      update offer set state = ended.state, settled_at = ${new Date(now)}
      from ended
      where offer.leg_id = any(${listed(rows.map((row) => row.leg_id))}) and offer.leg_id = ended.leg_id
        and offer.state = any(ended."from")
      returning offer.agent_id, ended.place, ended.presence, ended.rested_at
    ), last as (
      select distinct on (agent_id) agent_id, presence, rested_at from settled order by agent_id, place desc
    )
    update agent set rested_at = coalesce(last.rested_at, agent.rested_at),
      presence = case agent.presence when 'offline' then 'offline' else last.presence end,
      presence_since = case agent.presence when 'offline' then agent.presence_since else ${new Date(now)} end
    from last where agent.id = last.agent_id`.execute(tx);
  return ends.map(() => undefined);
}

async function freeAll(world: World, tx: Db, freed: readonly FreedAgent[]): Promise<readonly boolean[]> {
  const at = new Date(world.clock.now());
  const rows = freed.map(({ agentId, legId, wrapUpMs }) => ({
    agent_id: agentId,
    leg_id: legId,
    held: 'accepted',
    presence: wrapUpMs > 0 ? 'wrapping' : 'ready',
  }));
  const changed = await sql<{ place: number; presence: string }>`
    with freed as (
      select place, agent_id, leg_id, held, presence
      from jsonb_to_recordset(${placed(rows)}::jsonb) as freed (place int, agent_id text, leg_id text, held text, presence text)
    ), done as (
      update offer set state = 'done', settled_at = ${at}
      from freed
      where offer.leg_id = any(${listed(rows.map((row) => row.leg_id))}) and offer.leg_id = freed.leg_id
        and offer.state = freed.held
    )
    update agent set presence = freed.presence, presence_since = ${at}
    from freed where agent.id = any(${listed(rows.map((row) => row.agent_id))}) and agent.id = freed.agent_id
      and agent.presence <> 'offline'
    returning freed.place, freed.presence`.execute(tx);
  return byPlace(changed.rows, freed.length, false, ({ presence }) => presence === 'wrapping');
}

async function isSomeoneBusy(tx: Db, { enterpriseId, tried }: OfferWish): Promise<boolean> {
  const untriedBusy = await tx
    .selectFrom('agent')
    .select('id')
    .where('enterprise_id', '=', enterpriseId)
    .where('presence', 'in', ['ready', 'offered', 'engaged', 'wrapping'])
    .where((agent) => (tried.length > 0 ? agent('id', 'not in', tried) : agent.lit(true)))
    .limit(1)
    .executeTakeFirst();
  return untriedBusy !== undefined;
}
