/** Callbacks over the whole inside of the gateway: asked for, in whose turn, tried again, given up, not needed any more. */
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { AgentId, CallId, LegId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { LegFact } from '../../src/telephony/leg-report.ts';
import { routePlanSchema } from '../../src/telephony/plan/route-plan.ts';
import { minuteMs, stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const customer = '+12125550143' as E164;
const another = '+12125550144' as E164;

async function setup(database: Database<Tables>) {
  const staged = await stageCore(database);
  const { db, enterpriseId, clock } = staged;
  await staged.destinationRules.write(db, enterpriseId, { countries: ['US'], sipHosts: [] });
  const plan = routePlanSchema.parse({ callbackAfterMs: 30_000, waitMs: 300_000 });
  await staged.planDesk.save({ enterpriseId, scope: 'enterprise' }, plan);
  clock.at = Date.parse('2026-05-04T16:00:00Z');
  const agentId = await staged.addAgent();
  let reports = 0;
  const world = {
    ...staged,
    agentId,
    /** The agent is free, or taken by something else. */
    async setAgent(presence: 'ready' | 'engaged', id: AgentId = agentId): Promise<void> {
      await db.updateTable('agent').set({ presence, rested_at: null }).where('id', '=', id).execute();
    },
    /** A caller who waits while every agent is busy. */
    async waitingCaller(ani: E164): Promise<CallId> {
      const taken = await staged.takeCall(undefined, ani);
      if (taken.kind !== 'taken') throw new Error('not taken');
      return taken.call.id;
    },
    read: async (id: CallId) => {
      const call = await staged.calls.read(db, id);
      if (call === null) throw new Error('no such call');
      return call;
    },
    report: (callId: CallId, legId: LegId | null, fact: LegFact) => {
      reports += 1;
      return staged.callDesk.hear({
        carrier: 'sandbox',
        dedupKey: `${callId}:${reports}`,
        callId,
        legId,
        carrierCallId: legId === null ? null : `SC-${legId}`,
        fact,
        raw: {},
      });
    },
    /** Time passes, and what falls due is done. */
    async pass(ms: number): Promise<void> {
      for (const end = clock.at + ms; clock.at < end; ) {
        clock.at = Math.min(end, clock.at + 3_000);
        await staged.settle();
      }
    },
    callbacksOf: () => staged.callbacks.list(db, enterpriseId, { limit: 50 }),
    toldOf: async (subject: string) => (await staged.told(subject)).map(({ type }) => type),
  };
  /** A caller who has waited long enough, takes the offer and hangs up. */
  const ask = async (ani: E164): Promise<CallId> => {
    const id = await world.waitingCaller(ani);
    await world.pass(33_000);
    const { turn } = await world.read(id);
    await world.report(id, null, { what: 'keys', digits: '1', turn });
    return id;
  };
  /** The call that is made for the callback: its agent takes it. */
  const accept = async (callId: CallId): Promise<LegId> => {
    const [leg] = (await world.read(callId)).legs;
    if (leg === undefined) throw new Error('no agent is rung');
    await world.report(callId, leg.id, { what: 'answered' });
    await world.report(callId, leg.id, { what: 'keys', digits: '1' });
    await staged.settle();
    return (await world.read(callId)).outbound?.legId as LegId;
  };
  return { ...world, ask, accept };
}

type World = Awaited<ReturnType<typeof setup>>;

/** The latest call that was made for the only callback. */
async function madeFor({ callbacksOf }: World): Promise<CallId> {
  const [callback] = await callbacksOf();
  if (!callback?.last_call_id) throw new Error('no call was made');
  return callback.last_call_id;
}

onEveryStore('callbacks', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('one is asked for by a key, and kept: the agent is rung first, then the customer, with the same queue and visit', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    const asked = await world.ask(customer);
    const first = await world.read(asked);
    expect(first).toMatchObject({ state: 'ended', verdict: { outcome: 'callback', slug: 'callback-requested' } });
    const [callback] = await world.callbacksOf();
    expect(callback).toMatchObject({ state: 'waiting', call_id: asked, customer, attempts: 0 });
    expect(callback?.queued_at.getTime()).toBe(first.startedAt);
    await world.pass(minuteMs);
    expect((await world.callbacksOf())[0]?.state).toBe('waiting');
    await world.setAgent('ready');
    await world.pass(3_000);
    const made = await madeFor(world);
    expect(await world.read(made)).toMatchObject({
      state: 'preparing',
      ani: customer,
      dnis: first.dnis,
      visitId: first.visitId,
      outbound: { first: 'agent', purpose: 'service', about: asked, callbackId: callback?.id },
      legs: [{ agentId: world.agentId, state: 'dialling' }],
    });
    const beliefs = await world.db
      .selectFrom('attribution')
      .select(['decision', 'visit_id', 'probability', 'candidates'])
      .where('subject', 'in', [asked, made])
      .execute();
    expect(beliefs).toHaveLength(2);
    expect(beliefs[0]).toEqual(beliefs[1]);
    const theirLeg = await world.accept(made);
    await world.report(made, theirLeg, { what: 'answered' });
    expect(await world.read(made)).toMatchObject({ state: 'bridged', carrierCallId: `SC-${theirLeg}` });
    await world.report(made, theirLeg, { what: 'ended', reason: 'completed' });
    expect((await world.callbacksOf())[0]).toMatchObject({ state: 'completed', attempts: 1, why: 'answered' });
    expect(await world.toldOf(callback?.id ?? '')).toEqual([
      'callback.requested',
      'callback.started',
      'callback.completed',
    ]);
    expect(await world.toldOf(made)).toEqual([
      'call.placed',
      'call.offered',
      'call.dialled',
      'call.reached',
      'call.answered',
      'call.ended',
    ]);
    const directions = (await world.told(made)).map(({ data }) => data.direction);
    expect(new Set(directions)).toEqual(new Set(['outbound']));
  });

  test('whoever came before keeps their turn, callers and callbacks alike', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    const early = await world.waitingCaller(another);
    await world.pass(3_000);
    await world.ask(customer);
    const late = await world.waitingCaller('+12125550145' as E164);
    await world.report(early, null, { what: 'keys', digits: '', turn: (await world.read(early)).turn });
    await world.setAgent('ready');
    await world.pass(3_000);
    expect((await world.read(early)).legs, 'who came first is served first').toHaveLength(1);
    expect((await world.callbacksOf())[0]?.state).toBe('waiting');
    const second = await world.addAgent();
    await world.pass(3_000);
    const made = await world.read(await madeFor(world));
    expect(made.legs, 'then the callback').toMatchObject([{ agentId: second }]);
    expect((await world.read(late)).legs, 'and who came last waits').toEqual([]);
  });

  test('a customer who is not reached is tried again after a pause, three times in all', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    for (const attempt of [1, 2, 3]) {
      await world.setAgent('ready');
      await world.pass(attempt === 1 ? 3_000 : limits.callbackPauseMs + 3_000);
      const made = await madeFor(world);
      const theirLeg = await world.accept(made);
      await world.report(made, theirLeg, { what: 'ended', reason: 'busy' });
      const state = attempt === 3 ? 'failed' : 'waiting';
      expect((await world.callbacksOf())[0]).toMatchObject({ state, attempts: attempt, why: 'customer-busy' });
    }
    const [callback] = await world.callbacksOf();
    expect((await world.toldOf(callback?.id ?? '')).at(-1)).toBe('callback.failed');
  });

  test('an agent who does not take it costs the customer no attempt and no turn', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    await world.setAgent('ready');
    await world.pass(3_000);
    const made = await madeFor(world);
    const [leg] = (await world.read(made)).legs;
    await world.report(made, leg?.id as LegId, { what: 'ended', reason: 'no-answer' });
    expect((await world.callbacksOf())[0]).toMatchObject({ state: 'waiting', attempts: 0, why: 'no-agent' });
    await world.setAgent('ready');
    await world.pass(limits.agentRestMs + 3_000);
    expect(await madeFor(world)).not.toBe(made);
  });

  test('a caller who calls again is not called back', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    await world.waitingCaller(customer);
    const [callback] = await world.callbacksOf();
    expect(callback).toMatchObject({ state: 'cancelled', why: 'called-again' });
    await world.setAgent('ready');
    await world.pass(minuteMs);
    expect(await world.toldOf(callback?.id ?? '')).toEqual(['callback.requested', 'callback.cancelled']);
  });

  test('one who has called again where no callbacks are offered is not called back either', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    await world.planDesk.remove({ enterpriseId: world.enterpriseId, scope: 'enterprise' });
    const again = await world.waitingCaller(customer);
    await world.report(again, null, { what: 'ended', reason: 'completed' });
    await world.setAgent('ready');
    await world.pass(3_000);
    expect((await world.callbacksOf())[0]).toMatchObject({
      state: 'cancelled',
      why: 'called-again',
      last_call_id: null,
    });
  });

  test('at night only those are called who asked a short while ago, and nobody after a day', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    // Four in the morning in New York.
    world.clock.at = Date.parse('2026-05-05T08:00:00Z');
    await world.setAgent('ready');
    await world.pass(3_000);
    const [callback] = await world.callbacksOf();
    expect(callback).toMatchObject({ state: 'waiting', next_at: new Date('2026-05-05T12:00:00Z') });
    world.clock.at = Date.parse('2026-05-05T12:00:00Z');
    await world.pass(3_000);
    expect(await world.read(await madeFor(world))).toMatchObject({ state: 'preparing' });
  });

  test('one that nobody could make within a day has failed', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    world.clock.at += limits.callbackLifeMs;
    await world.settle();
    expect((await world.callbacksOf())[0]).toMatchObject({ state: 'failed', why: 'too-late' });
  });

  test('none is offered to a caller who withholds their number, or whose number may not be called', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    for (const ani of [null, '+442079460123' as E164]) {
      const taken = await world.takeCall(undefined, ani);
      if (taken.kind !== 'taken') throw new Error('not taken');
      await world.pass(60_000);
      expect(await world.read(taken.call.id)).toMatchObject({ state: 'waiting', isCallbackOffered: false });
    }
  });

  test('who says nothing to the offer waits on where they were, and is asked once', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    const id = await world.waitingCaller(customer);
    await world.pass(33_000);
    const offered = await world.read(id);
    expect(offered).toMatchObject({ state: 'menu', room: 2 });
    await world.report(id, null, { what: 'keys', digits: '', turn: offered.turn });
    expect(await world.read(id)).toMatchObject({ state: 'waiting', plan: { waitUntil: offered.plan.waitUntil } });
    await world.pass(60_000);
    expect(await world.read(id)).toMatchObject({ state: 'waiting' });
    await world.setAgent('ready');
    await world.pass(6_000);
    expect((await world.read(id)).legs).toHaveLength(1);
  });

  test('a cancelled one is not called, one under way is not cancelled', async () => {
    const world = await setup(database);
    await world.setAgent('engaged');
    await world.ask(customer);
    const [callback] = await world.callbacksOf();
    const cancel = () =>
      world.transact((work) => world.callbackLedger.cancel(work, world.enterpriseId, callback?.id as never));
    expect(await cancel()).toMatchObject({ state: 'cancelled', why: 'asked' });
    expect(await cancel()).toBe('over');
    await world.ask(another);
    await world.setAgent('ready');
    await world.pass(6_000);
    const [second] = await world.callbacksOf();
    expect(second?.state).toBe('calling');
    const under = await world.transact((work) =>
      world.callbackLedger.cancel(work, world.enterpriseId, second?.id as never),
    );
    expect(under).toBe('calling');
  });
});
