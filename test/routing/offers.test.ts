import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { AgentId, LegId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createOffers } from '../../src/routing/offers.postgres.ts';
import type { Call } from '../../src/telephony/call.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

async function setup(database: Database<Tables>) {
  const staged = await stageCore(database);
  const { db, enterpriseId, transact, ids, clock, agents } = staged;
  const offers = createOffers({ clock, ids });
  const call = async (): Promise<Call> => {
    const taken = await staged.takeCall();
    if (taken.kind !== 'taken') throw new Error('the call was not taken');
    return taken.call;
  };
  return {
    ...staged,
    call,
    /** Opens an offer for a call that found nobody when it came in. */
    offerFor: (callId: Call['id'], tried: readonly AgentId[] = []) => {
      const legId = ids.make('leg');
      return transact(async ({ tx }) => ({
        legId,
        chosen: await offers.offerNext(tx, { enterpriseId, callId, legId, tried }),
      }));
    },
    settleAs: (legId: LegId, as: 'accepted' | 'declined' | 'missed' | 'withdrawn') =>
      transact(({ tx }) => offers.settle(tx, { legId, as })),
    free: (agentId: AgentId, wrapUpMs = 0) =>
      transact(({ tx }) => offers.freeAgent(tx, { agentId, legId: ids.make('leg'), wrapUpMs })),
    set: (id: AgentId, presence: 'offline' | 'ready') =>
      agents.setPresence(db, { enterpriseId, id, presence, at: clock.at }),
    presenceOf: async (id: AgentId) =>
      (await db.selectFrom('agent').select('presence').where('id', '=', id).executeTakeFirstOrThrow()).presence,
    offersOf: (agentId: AgentId) => db.selectFrom('offer').selectAll().where('agent_id', '=', agentId).execute(),
  };
}

onEveryStore('offers', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  describe('who is rung', () => {
    test('calls that ask at the same moment are given different agents, the longest ready first', async () => {
      const world = await setup(database);
      const calls = [await world.call(), await world.call(), await world.call()];
      const agents = [await world.addAgent(), await world.addAgent()];
      await world.db
        .updateTable('agent')
        .set({ presence_since: new Date(world.clock.at - 1_000) })
        .where('id', '=', agents[1] as AgentId)
        .execute();
      const offers = createOffers(world);
      const chosen = await world.transact(({ tx }) =>
        Promise.all(
          calls.map(({ id }) => {
            const legId = world.ids.make('leg');
            return offers.offerNext(tx, { enterpriseId: world.enterpriseId, callId: id, legId, tried: [] });
          }),
        ),
      );
      expect(chosen).toEqual([
        expect.objectContaining({ kind: 'agent', agentId: agents[1] }),
        expect.objectContaining({ kind: 'agent', agentId: agents[0] }),
        { kind: 'nobody', someoneBusy: true },
      ]);
    });

    test('the agent who has been ready the longest', async () => {
      const world = await setup(database);
      const { id } = await world.call();
      const later = await world.addAgent();
      const longest = await world.addAgent();
      await world.db
        .updateTable('agent')
        .set({ presence_since: new Date(world.clock.at - 1_000) })
        .where('id', '=', longest)
        .execute();
      expect((await world.offerFor(id)).chosen).toMatchObject({ kind: 'agent', agentId: longest });
      expect((await world.offerFor(id, [longest])).chosen).toMatchObject({ agentId: later });
      expect([await world.presenceOf(longest), await world.presenceOf(later)]).toEqual(['offered', 'offered']);
    });

    test('never somebody tried before, offline, or of another enterprise', async () => {
      const [world, other] = [await setup(database), await setup(database)];
      const { id } = await world.call();
      await other.addAgent();
      await world.addAgent('offline');
      const tried = await world.addAgent();
      expect((await world.offerFor(id, [tried])).chosen).toEqual({ kind: 'nobody', someoneBusy: false });
    });

    test('nobody, but soon perhaps, while an agent not yet tried is rung elsewhere', async () => {
      const world = await setup(database);
      const { id } = await world.call();
      const agent = await world.addAgent();
      await world.offerFor(id);
      expect((await world.offerFor(id)).chosen).toEqual({ kind: 'nobody', someoneBusy: true });
      expect((await world.offerFor(id, [agent])).chosen).toEqual({ kind: 'nobody', someoneBusy: false });
    });

    test('no agent twice, when eight calls come at once for three', async () => {
      const world = await setup(database);
      const agents = [await world.addAgent(), await world.addAgent(), await world.addAgent()];
      const calls = await Promise.all(Array.from({ length: 8 }, () => world.call()));
      const rung = calls.flatMap(({ legs }) => legs.map(({ agentId }) => agentId));
      expect(rung.toSorted()).toEqual(agents.toSorted());
      expect(calls.every(({ state }) => state === 'waiting')).toBe(true);
    });
  });

  describe('settling', () => {
    test.each([
      ['accepted', 'engaged'],
      ['declined', 'ready'],
      ['missed', 'ready'],
      ['withdrawn', 'ready'],
    ] as const)('an offer as %s leaves the agent %s', async (as, presence) => {
      const world = await setup(database);
      const { id } = await world.call();
      const agent = await world.addAgent();
      const { legId } = await world.offerFor(id);
      await world.settleAs(legId, as);
      expect(await world.presenceOf(agent)).toBe(presence);
      expect(await world.offersOf(agent)).toMatchObject([{ state: as, settled_at: new Date(world.clock.at) }]);
    });

    test('twice is once: what came first stands, and a later offer is not touched', async () => {
      const world = await setup(database);
      const { id } = await world.call();
      const agent = await world.addAgent();
      const first = await world.offerFor(id);
      await world.settleAs(first.legId, 'missed');
      world.clock.at += limits.agentRestMs;
      await world.offerFor(id);
      await world.settleAs(first.legId, 'declined');
      await world.settleAs(first.legId, 'accepted');
      expect((await world.offersOf(agent)).map(({ state }) => state).toSorted()).toEqual(['missed', 'open']);
      expect(await world.presenceOf(agent)).toBe('offered');
    });

    test('of a leg nobody was offered changes nothing', async () => {
      const world = await setup(database);
      await world.settleAs(world.ids.make('leg'), 'accepted');
    });

    test('a call has one accepted offer at most', async () => {
      const world = await setup(database);
      const { id } = await world.call();
      await world.addAgent();
      await world.addAgent();
      const [one, other] = [await world.offerFor(id), await world.offerFor(id)];
      await world.settleAs(one.legId, 'accepted');
      await expect(world.settleAs(other.legId, 'accepted')).rejects.toThrow('offer_one_accepted_per_call');
    });
  });

  describe('an agent who goes offline', () => {
    test.each(['accepted', 'declined', 'missed', 'withdrawn'] as const)(
      'while rung stays offline when the offer is %s',
      async (as) => {
        const world = await setup(database);
        const { id } = await world.call();
        const agent = await world.addAgent();
        const { legId } = await world.offerFor(id);
        await world.set(agent, 'offline');
        await world.settleAs(legId, as);
        expect(await world.presenceOf(agent)).toBe('offline');
      },
    );

    test('while talking stays offline when the call is over', async () => {
      const world = await setup(database);
      const { id } = await world.call();
      const agent = await world.addAgent();
      await world.settleAs((await world.offerFor(id)).legId, 'accepted');
      await world.set(agent, 'offline');
      await world.free(agent);
      expect(await world.presenceOf(agent)).toBe('offline');
    });

    test('and back while rung is not ready, and no second call rings or fails', async () => {
      const world = await setup(database);
      const agent = await world.addAgent();
      const first = await world.call();
      await world.set(agent, 'offline');
      expect(await world.set(agent, 'ready')).toBe('busy');
      expect((await world.call()).legs).toEqual([]);
      await world.runner.run(first.id, { type: 'caller-ended' });
      expect(await world.set(agent, 'ready')).toMatchObject({ presence: 'ready' });
      expect((await world.call()).legs).toMatchObject([{ agentId: agent }]);
    });

    test('and back while talking is not ready until the talk is over', async () => {
      const world = await setup(database);
      const agent = await world.addAgent();
      const { id, legs } = await world.call();
      await world.runner.run(id, { type: 'leg-accepted', legId: legs[0]?.id ?? world.ids.make('leg') });
      await world.set(agent, 'offline');
      expect(await world.set(agent, 'ready')).toBe('busy');
      await world.runner.run(id, { type: 'caller-ended' });
      expect(await world.set(agent, 'ready')).toMatchObject({ presence: 'ready' });
    });
  });

  test('an agent who is rung or talks cannot be made ready, and one nobody knows cannot be set', async () => {
    const world = await setup(database);
    const agent = await world.addAgent();
    const { id, legs } = await world.call();
    expect(await world.set(agent, 'ready')).toBe('busy');
    await world.runner.run(id, { type: 'leg-accepted', legId: legs[0]?.id ?? world.ids.make('leg') });
    expect(await world.set(agent, 'ready')).toBe('busy');
    expect(await world.set(world.ids.make('agent'), 'ready')).toBe('unknown');
  });

  test('who did not pick up is left alone for a moment, and being made ready ends that', async () => {
    const world = await setup(database);
    const { id } = await world.call();
    const agent = await world.addAgent();
    const { legId } = await world.offerFor(id);
    await world.settleAs(legId, 'missed');
    expect(await world.offerFor(id)).toMatchObject({ chosen: { kind: 'nobody', someoneBusy: true } });
    await world.set(agent, 'ready');
    expect(await world.offerFor(id)).toMatchObject({ chosen: { kind: 'agent', agentId: agent } });
  });

  test('an agent wraps up for as long as the plan says, is offered nothing meanwhile, and may be done early', async () => {
    const world = await setup(database);
    const { id } = await world.call();
    const agent = await world.addAgent();
    await world.set(agent, 'ready');
    await world.free(agent, 60_000);
    expect(await world.presenceOf(agent)).toBe('wrapping');
    expect(await world.offerFor(id)).toMatchObject({ chosen: { kind: 'nobody', someoneBusy: true } });
    expect(await world.set(agent, 'ready')).toMatchObject({ presence: 'ready' });
    await world.free(agent, 60_000);
    const since = world.clock.at;
    await world.agents.endWrapUp(world.db, { agentId: agent, since: since - 1, at: since });
    expect(await world.presenceOf(agent)).toBe('wrapping');
    await world.agents.endWrapUp(world.db, { agentId: agent, since, at: since + 60_000 });
    expect(await world.presenceOf(agent)).toBe('ready');
  });

  test('the end of a call whose plan allows for it is followed by the wrap-up, which ends by itself', async () => {
    const world = await setup(database);
    const agent = await world.addAgent();
    const { id, legs } = await world.call();
    await world.db
      .updateTable('call')
      .set({ document: sql`jsonb_set(document, '{plan,wrapUpMs}', '30000')` })
      .where('id', '=', id)
      .execute();
    await world.runner.run(id, { type: 'leg-accepted', legId: legs[0]?.id ?? world.ids.make('leg') });
    await world.runner.run(id, { type: 'caller-ended' });
    expect(await world.presenceOf(agent)).toBe('wrapping');
    world.clock.at += 30_000;
    await world.settle();
    expect(await world.presenceOf(agent)).toBe('ready');
    expect(await world.offersOf(agent)).toMatchObject([{ state: 'done' }]);
  });

  test('a call through its whole life rings, engages and frees its agent', async () => {
    const world = await setup(database);
    const agent = await world.addAgent();
    const { id, legs } = await world.call();
    const seen = [await world.presenceOf(agent)];
    await world.runner.run(id, { type: 'leg-accepted', legId: legs[0]?.id ?? world.ids.make('leg') });
    seen.push(await world.presenceOf(agent));
    await world.runner.run(id, { type: 'caller-ended' });
    seen.push(await world.presenceOf(agent));
    expect(seen).toEqual(['offered', 'engaged', 'ready']);
    expect((await world.told(id)).map(({ type }) => type)).toEqual([
      'call.received',
      'call.attributed',
      'call.offered',
      'call.answered',
      'call.ended',
    ]);
  });
});
