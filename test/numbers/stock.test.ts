/** What an operator does with numbers, and what the watch over them does by itself. */
import { beforeAll, expect, test } from 'vitest';
import type { StateWish } from '../../src/numbers/number-desk.ts';
import { createRowReader } from '../../src/numbers/number-row.ts';
import { poolPolicySchema } from '../../src/numbers/pool-policy.ts';
import type { Database } from '../../src/ports/database.ts';
import type { NumberId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, nextPhone, stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const dayMs = 24 * 60 * minuteMs;

async function setup(database: Database<Tables>, numbers = 1) {
  const stage = await stageCore(database, { numbers });
  const { enterpriseId, transact, numberDesk, stock, db } = stage;
  const move = (id: NumberId, to: StateWish, reason: string | null = null) =>
    transact((work) => numberDesk.moveIn(work, { enterpriseId, id }, { to, reason, atCarrier: null }));
  const stateOf = async (id: NumberId) => (await stock.read(db, enterpriseId, id))?.state;
  const rowsOf = (list: readonly object[]) => {
    const read = createRowReader({ carrier: 'sandbox' });
    return list.map((fields, index) => {
      const one = read({ where: `numbers.${index}`, fields });
      if ('faults' in one) throw new Error(JSON.stringify(one.faults));
      return one.placed;
    });
  };
  const bring = (list: readonly object[]) => transact((work) => stage.importNumbers(work, enterpriseId, rowsOf(list)));
  return { ...stage, move, stateOf, bring, number: stage.numbers[0] ?? (await stage.addNumber()) };
}

onEveryStore('a number', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('that was called this week is not released, and the answer has the figures', async () => {
    const { number, move, takeCall, clock, stateOf } = await setup(database);
    await takeCall(number.id);
    clock.at += dayMs;
    const answer = await move(number.id, 'release');
    expect(answer).toMatchObject({ kind: 'not-releasable', residual: { callsSeen: 1, releasable: false } });
    expect(await stateOf(number.id)).toBe('active');
    clock.at += 8 * dayMs;
    expect(await move(number.id, 'release', 'not needed')).toMatchObject({
      kind: 'done',
      number: { state: 'released' },
    });
  });

  test('that rests is still answered, and its history says why it does', async () => {
    const { number, move, takeCall, stock, db } = await setup(database);
    await move(number.id, 'rest', 'too many');
    expect(await takeCall(number.id)).toMatchObject({ kind: 'taken' });
    const [latest] = await stock.history(db, number.id, 10);
    expect(latest).toMatchObject({
      from_state: 'active',
      to_state: 'resting',
      reason: 'too many',
      made_by: 'operator',
    });
  });

  test('that is released is answered no more', async () => {
    const { number, move, takeCall } = await setup(database);
    await move(number.id, 'release');
    expect(await takeCall(number.id)).toEqual({ kind: 'unknown-number' });
  });

  test('of another enterprise is not known', async () => {
    const { number, transact, numberDesk, ids } = await setup(database);
    const own = { enterpriseId: ids.make('ent'), id: number.id };
    const wish = { to: 'rest', reason: null, atCarrier: null } as const;
    expect(await transact((work) => numberDesk.moveIn(work, own, wish))).toEqual({ kind: 'unknown' });
  });

  test('that a pool shows to everybody is not taken out of use', async () => {
    const { number, move, pools, transact, policy } = await setup(database);
    await transact(({ tx }) => pools.update(tx, policy.poolId, { sharedNumberId: number.id }));
    expect(await move(number.id, 'rest')).toMatchObject({ kind: 'refused', reason: expect.stringContaining('shared') });
  });
});

onEveryStore('the watch', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('quarantines a number that strangers call too often, and frees it when it has been quiet', async () => {
    const { number, numberWatch, takeCall, stateOf, clock, pools, transact, policy, told, poolNews } =
      await setup(database);
    const heard: string[] = [];
    poolNews.listen(async (id) => heard.push(id));
    const set = { quarantine: { strayCallsPerDayMax: 2, quietDays: 3 } };
    const rules = { set, policy: poolPolicySchema.parse(set) };
    await transact(({ tx }) => pools.update(tx, policy.poolId, { rules }));
    for (let calls = 0; calls < 2; calls += 1) await takeCall(number.id);
    await numberWatch.look();
    expect(await stateOf(number.id)).toBe('active');
    await takeCall(number.id);
    await numberWatch.look();
    expect(await stateOf(number.id)).toBe('quarantined');
    clock.at += 2 * dayMs;
    await takeCall(number.id);
    clock.at += 2 * dayMs;
    await numberWatch.look();
    expect(await stateOf(number.id)).toBe('quarantined');
    clock.at += dayMs;
    await numberWatch.look();
    expect(await stateOf(number.id)).toBe('active');
    expect((await told(number.id)).map(({ type }) => type)).toEqual(['number.quarantined', 'number.activated']);
    expect(heard).toEqual([policy.poolId, policy.poolId]);
  });

  test('leaves a number alone whose callers are known, and one that everybody is shown', async () => {
    const { number, numberWatch, takeCall, stateOf, pools, transact, policy } = await setup(database);
    await transact(({ tx }) => pools.update(tx, policy.poolId, { sharedNumberId: number.id }));
    for (let calls = 0; calls < 12; calls += 1) await takeCall(number.id);
    await numberWatch.look();
    expect(await stateOf(number.id)).toBe('active');
  });
});

onEveryStore('an import', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('adds what is new, keeps what is there, and repeated changes nothing', async () => {
    const { bring, number, policy, db } = await setup(database);
    const fresh = nextPhone();
    const rows = [
      { number: number.e164, failover: nextPhone() },
      { number: fresh, poolId: policy.poolId, monthlyCost: '1.15', currency: 'USD' },
    ];
    expect(await bring(rows)).toEqual({ added: 1, kept: 1, poolIds: [policy.poolId] });
    const stored = await db.selectFrom('number').selectAll().where('e164', '=', fresh).executeTakeFirstOrThrow();
    expect(stored).toMatchObject({ state: 'active', pool_id: policy.poolId, monthly_cost: '1.1500', kind: 'did' });
    expect(stored.number_group).toMatch(/^1-\d{3}$/);
    expect(await bring(rows)).toEqual({ added: 0, kept: 2, poolIds: [] });
  });

  test('takes none when one is somebody else’s, and names it', async () => {
    const other = await stageCore(database, { numbers: 1 });
    const { importNumbers, transact, enterpriseId, db } = await stageCore(database, { numbers: 0 });
    const taken = other.numbers[0]?.e164;
    const read = createRowReader({ carrier: 'sandbox' });
    const rows = [nextPhone(), taken].flatMap((number, index) => {
      const one = read({ where: `line ${index + 2}`, fields: { number } });
      return 'placed' in one ? [one.placed] : [];
    });
    const fault = await transact((work) => importNumbers(work, enterpriseId, rows)).catch((thrown) => thrown);
    expect(fault).toMatchObject({ code: 'conflict', fields: [{ field: 'line 3: number' }] });
    expect(await db.selectFrom('number').select('id').where('enterprise_id', '=', enterpriseId).execute()).toEqual([]);
  });

  test('takes a number back that was released before', async () => {
    const { bring, number, move, stateOf } = await setup(database);
    await move(number.id, 'release');
    expect(await bring([{ number: number.e164 }])).toMatchObject({ added: 1, kept: 0 });
    expect(await stateOf(number.id)).toBe('active');
  });
});
