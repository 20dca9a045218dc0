/** Orders to call somebody, at the desk: what is refused and by what name, whom the call is made from, and what is counted. */
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { E164 } from '../../src/ports/e164.ts';
import { AppError } from '../../src/ports/errors.ts';
import type { AgentId, VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { OutboundOrder } from '../../src/telephony/outbound-desk.ts';
import { minuteMs, type StagedCore, stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const customer = '+12125550143' as E164;
const noon = Date.parse('2026-05-04T16:00:00Z');

async function setup(database: Database<Tables>) {
  const staged = await stageCore(database, { numbers: 2 });
  const { db, enterpriseId, numbers } = staged;
  await staged.destinationRules.write(db, enterpriseId, { countries: ['US'], sipHosts: [] });
  const [first, second] = numbers;
  if (first === undefined || second === undefined) throw new Error('no numbers');
  staged.clock.at = noon;
  const usual: OutboundOrder = {
    enterpriseId,
    to: customer,
    from: first.e164,
    first: 'agent',
    purpose: 'service',
    agentId: null,
    queue: null,
    product: null,
    announcement: null,
    about: null,
    ringTimeoutMs: 30_000,
    metadata: {},
  };
  const order = async (changes: Partial<OutboundOrder>) => {
    const wanted = { ...usual, ...changes };
    const where = await staged.outboundDesk.look(wanted.to);
    return staged.transact((work) => staged.outboundDesk.place(work, wanted, where));
  };
  const consent = (choice: 'opted-in' | 'opted-out', method: string) =>
    staged.transact(({ tx }) => {
      const about = { wording: 'I agree', source: 'form', at: staged.clock.at };
      return staged.consents.record(tx, { enterpriseId, address: customer, choice, method, ...about });
    });
  return { ...staged, first, second, order, consent };
}

type World = Awaited<ReturnType<typeof setup>>;
interface Refused {
  readonly prepare?: (world: World) => Promise<unknown>;
  readonly order: Partial<OutboundOrder> | ((world: World) => Partial<OutboundOrder>);
  readonly code: string;
  readonly field: string;
  readonly says: RegExp;
}

/** The satellite networks' code; no such number is given to anybody. */
const satellite = '+881';
const to = (number: string): Pick<OutboundOrder, 'to'> => ({ to: number as E164 });
const marketing = { purpose: 'marketing' } as const;
const setNumber = (set: { state?: 'resting'; capabilities?: string[]; carrier?: string }) => (world: World) =>
  world.db.updateTable('number').set(set).where('id', '=', world.first.id).execute();

const refusals: readonly (readonly [string, Refused])[] = [
  ['another country', { order: to('+442079460123'), code: 'destination-denied', field: 'to', says: /GB is not/ }],
  [
    'a satellite phone',
    { order: to(`${satellite}${'0'.repeat(9)}`), code: 'destination-denied', field: 'to', says: /\+881/ },
  ],
  ['a pay-per-call number', { order: to('+19005550123'), code: 'destination-denied', field: 'to', says: /premium/ }],
  ['a personal number', { order: to('+15005550123'), code: 'destination-denied', field: 'to', says: /premium/ }],
  ['an island that looks near', { order: to('+12425550123'), code: 'destination-denied', field: 'to', says: /BS/ }],
  ['an emergency code', { order: to('+19115550123'), code: 'destination-denied', field: 'to', says: /./ }],
  [
    'a number of our own',
    { order: ({ second }) => to(second.e164), code: 'destination-denied', field: 'to', says: /number of yours/ },
  ],
  [
    'a caller ID that is nobody’s',
    { order: { from: '+15035550199' as E164 }, code: 'caller-id-denied', field: 'from', says: /no number of yours/ },
  ],
  [
    'a caller ID that rests',
    { prepare: setNumber({ state: 'resting' }), order: {}, code: 'caller-id-denied', field: 'from', says: /active/ },
  ],
  [
    'a caller ID for texts only',
    { prepare: setNumber({ capabilities: ['sms'] }), order: {}, code: 'caller-id-denied', field: 'from', says: /call/ },
  ],
  [
    'a caller ID at a carrier without an account',
    {
      prepare: setNumber({ carrier: 'vonage' }),
      order: {},
      code: 'carrier-unavailable',
      field: 'from',
      says: /vonage/,
    },
  ],
  ['no caller ID at all', { order: { from: null }, code: 'caller-id-denied', field: 'from', says: /is known/ }],
  [
    'a contact that is not ours',
    {
      order: { about: { visitId: `visit_${'0'.repeat(26)}` as VisitId } },
      code: 'invalid-request',
      field: 'about.visitId',
      says: /visit/,
    },
  ],
  [
    'an agent who is not ours',
    {
      order: { agentId: `agent_${'0'.repeat(26)}` as AgentId },
      code: 'invalid-request',
      field: 'agentId',
      says: /no agent/,
    },
  ],
  [
    'somebody who has opted out',
    {
      prepare: ({ consent }) => consent('opted-out', 'keyword'),
      order: {},
      code: 'opted-out',
      field: 'to',
      says: /stop/,
    },
  ],
  ['marketing without consent', { order: marketing, code: 'consent-missing', field: 'purpose', says: /written/ }],
  [
    'marketing on a spoken word',
    {
      prepare: ({ consent }) => consent('opted-in', 'spoken'),
      order: marketing,
      code: 'consent-missing',
      field: 'purpose',
      says: /written/,
    },
  ],
  [
    'marketing on a consent that was revoked and given again by START',
    {
      prepare: async ({ consent }) => {
        await consent('opted-in', 'written');
        await consent('opted-out', 'keyword');
        await consent('opted-in', 'keyword');
      },
      order: marketing,
      code: 'consent-missing',
      field: 'purpose',
      says: /written/,
    },
  ],
  [
    'marketing before eight there',
    {
      prepare: async ({ consent, clock }) => {
        await consent('opted-in', 'written');
        clock.at = Date.parse('2026-05-04T11:59:00Z');
      },
      order: marketing,
      code: 'quiet-hours',
      field: 'to',
      says: /America\/New_York/,
    },
  ],
  [
    'more minutes than the day has',
    {
      prepare: ({ db, enterpriseId, outboundRules }) =>
        outboundRules.write(db, enterpriseId, { fromNumberId: null, minutesPerDay: 0 }),
      order: {},
      code: 'spend-limit',
      field: 'to',
      says: /0 minutes/,
    },
  ],
];

onEveryStore('orders to call', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test.each(refusals)('%s is refused by name, and nobody is rung', async (_what, { prepare, order, ...wanted }) => {
    const world = await setup(database);
    await world.addAgent();
    await prepare?.(world);
    const refused = await world.order(typeof order === 'function' ? order(world) : order).catch((fault) => fault);
    expect(refused).toBeInstanceOf(AppError);
    const { code, fields } = refused as AppError;
    expect({ code, fields }).toEqual({
      code: wanted.code,
      fields: [
        { field: wanted.field, problem: expect.stringMatching(wanted.says), cure: expect.stringMatching(/.{10}/) },
      ],
    });
    expect(await callsOf(world)).toEqual([]);
    expect(await world.outboundRules.today(world.db, world.enterpriseId, world.clock.at)).toEqual({
      calls: 0,
      minutes: 0,
    });
  });

  test('an agent who is offline is not rung first, one who wraps up is', async () => {
    const world = await setup(database);
    const agentId = await world.addAgent('offline');
    await expect(world.order({ agentId })).rejects.toMatchObject({ code: 'agent-unavailable' });
    await world.db.updateTable('agent').set({ presence: 'wrapping' }).where('id', '=', agentId).execute();
    const call = await world.order({ agentId });
    expect(call).toMatchObject({ state: 'preparing', legs: [{ agentId }] });
  });

  test('the number that the contact knows is called from, then the one that was set', async () => {
    const world = await setup(database);
    const { db, enterpriseId, first, second, outboundRules } = world;
    await world.addAgent();
    const taken = await world.takeCall(second.id);
    if (taken.kind !== 'taken') throw new Error('not taken');
    const about = { callId: taken.call.id };
    expect(await world.order({ from: null, about })).toMatchObject({
      dnis: second.e164,
      outbound: { about: about.callId },
    });
    await outboundRules.write(db, enterpriseId, { fromNumberId: first.id, minutesPerDay: null });
    expect(await world.order({ from: null })).toMatchObject({ dnis: first.e164 });
    await db.updateTable('number').set({ state: 'resting' }).where('id', '=', second.id).execute();
    expect(await world.order({ from: null, about })).toMatchObject({ dnis: first.e164 });
  });

  test('marketing with written consent in waking hours is placed', async () => {
    const world = await setup(database);
    await world.addAgent();
    await world.consent('opted-in', 'written');
    expect(await world.order(marketing)).toMatchObject({ state: 'preparing', outbound: { purpose: 'marketing' } });
  });

  test('minutes are counted by the begun one, calls under way too; half, four fifths and all of the day are told once', async () => {
    const world = await setup(database);
    const { db, enterpriseId, outboundRules, clock } = world;
    await world.addAgent();
    await outboundRules.write(db, enterpriseId, { fromNumberId: null, minutesPerDay: 10 });
    await talkFor(world, 4.5 * minuteMs);
    expect(await sharesTold(world)).toEqual([50]);
    const call = await answered(world);
    clock.at += 6 * minuteMs;
    await expect(world.order({})).rejects.toMatchObject({ code: 'spend-limit' });
    await world.runner.run(call.id, { type: 'caller-ended' });
    expect(await sharesTold(world)).toEqual([50, 100]);
    expect(await outboundRules.today(db, enterpriseId, clock.at)).toEqual({ calls: 2, minutes: 11 });
    clock.at += 24 * 60 * minuteMs;
    expect(await world.order({ first: 'customer' })).toMatchObject({ state: 'calling' });
  });

  test('a carrier that is away is asked for a minute, because nobody waits; then the call has failed', async () => {
    const world = await setup(database);
    const dials: number[] = [];
    Object.assign(world.carrier.voice, {
      dial: async () => {
        dials.push(world.clock.at);
        return { kind: 'unavailable', reason: 'away' };
      },
    });
    const { id } = await world.order({ first: 'customer' });
    for (let second = 0; second < 90; second += 1) {
      await world.settle();
      world.clock.at += 1_000;
    }
    expect((dials.at(-1) ?? 0) - (dials[0] ?? 0)).toBeGreaterThan(50_000);
    expect((await world.calls.read(world.db, id))?.verdict).toMatchObject({ slug: 'customer-unreachable' });
  });
});

async function callsOf({ db, enterpriseId }: StagedCore) {
  return db.selectFrom('call').select('id').where('enterprise_id', '=', enterpriseId).execute();
}

/** A customer who has picked up. */
async function answered(world: World) {
  const call = await world.order({ first: 'customer' });
  await world.settle();
  await world.runner.run(call.id, { type: 'customer-answered' });
  return call;
}

async function talkFor(world: World, durationMs: number): Promise<void> {
  const call = await answered(world);
  world.clock.at += durationMs;
  await world.runner.run(call.id, { type: 'caller-ended' });
}

async function sharesTold(world: World) {
  const told = await world.told(world.enterpriseId);
  return told.filter(({ type }) => type === 'minutes.reached').map(({ data }) => data.share);
}
