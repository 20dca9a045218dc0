/** Numbers ordered from a carrier and given back: once, whatever the carrier answers and however often it is asked. */
import { beforeAll, expect, test } from 'vitest';
import type { NumberSupplier } from '../../src/numbers/number-supplier.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, nextPhone, stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';
import { stageSupplier } from './staged-supply.ts';

const unavailable = { kind: 'unavailable', reason: 'sandbox 503' } as const;
const refused = { kind: 'refused', reason: 'sandbox says no' } as const;
const hourMs = 60 * minuteMs;

async function setup(database: Database<Tables>) {
  const stage = await stageCore(database, { numbers: 0 });
  const staged = stageSupplier();
  stage.suppliers.set('sandbox', staged.supplier);
  const e164 = nextPhone();
  const order = {
    enterpriseId: stage.enterpriseId,
    e164,
    carrier: 'sandbox',
    poolId: stage.policy.poolId,
    failover: null,
    monthlyCost: '1.00',
    currency: 'USD',
  };
  const place = async () => {
    await stage.places.learn([e164]);
    const answer = await stage.transact((work) => stage.numberDesk.orderIn(work, order));
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    return answer.number.id;
  };
  /** Works the lanes, and lets the pauses between tries pass. */
  const workFor = async (pauses: number) => {
    for (let pause = 0; pause <= pauses; pause += 1) {
      await stage.settle();
      stage.clock.at += hourMs;
    }
  };
  const read = async (id: Awaited<ReturnType<typeof place>>) => {
    const number = await stage.stock.read(stage.db, stage.enterpriseId, id);
    if (number === null) throw new Error('the number is gone');
    return number;
  };
  const move = (id: Awaited<ReturnType<typeof place>>, to: 'release' | 'activate' | 'rest') =>
    stage.transact((work) =>
      stage.numberDesk.moveIn(work, { enterpriseId: stage.enterpriseId, id }, { to, reason: null, atCarrier: null }),
    );
  const told = async (id: string) => (await stage.told(id)).map(({ type }) => type);
  return { ...stage, ...staged, e164, place, workFor, read, move, tell: told };
}

/** How many numbers are in the account. */
const held = (list: Awaited<ReturnType<NumberSupplier['list']>>) => ('numbers' in list ? list.numbers.length : null);

onEveryStore('ordering a number', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('buys it, points it here, and then has it in use', async () => {
    const { place, workFor, read, asked, tell } = await setup(database);
    const id = await place();
    expect(await read(id)).toMatchObject({ state: 'ordered', task: 'buy', kind: 'did' });
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'active', task: null, verdict: null, managed: true });
    expect(asked).toEqual(['list', 'buy', 'setWebhooks']);
    expect(await tell(id)).toEqual(['number.ordered', 'number.activated']);
  });

  test('does not buy again what was bought when the answer was lost', async () => {
    const { place, workFor, read, asked, script, shop } = await setup(database);
    script.buy.push('lost');
    const id = await place();
    await workFor(1);
    expect(await read(id)).toMatchObject({ state: 'active' });
    expect(asked).toEqual(['list', 'buy', 'list', 'setWebhooks']);
    expect(held(await shop.list())).toBe(1);
  });

  test('waits out a carrier that is away, and gives up with a verdict that says to look', async () => {
    const { place, workFor, read, script, tell } = await setup(database);
    script.list.push(...Array.from({ length: 8 }, () => unavailable));
    const id = await place();
    await workFor(8);
    const { state, verdict, task } = await read(id);
    expect({ state, task }).toEqual({ state: 'released', task: null });
    expect(verdict).toMatchObject({ task: 'buy', slug: 'carrier-unavailable', fault: 'carrier', retry: true });
    expect(verdict?.detail).toMatch(/^sandbox 503; it may have been bought: order it again/);
    expect(await tell(id)).toEqual(['number.ordered', 'number.released']);
  });

  test('that the carrier refuses ends as released with its reason, and may be ordered again', async () => {
    const { place, workFor, read, script } = await setup(database);
    script.buy.push(refused);
    const id = await place();
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'released', verdict: { slug: 'refused', retry: false } });
    expect(await place()).toBe(id);
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'active', verdict: null });
  });

  test('that was bought but cannot be pointed here rests until it is provisioned', async () => {
    const { place, workFor, read, script, transact, numberDesk, enterpriseId, move } = await setup(database);
    script.setWebhooks.push(refused);
    const id = await place();
    await workFor(0);
    expect(await read(id)).toMatchObject({
      state: 'resting',
      verdict: { task: 'provision', slug: 'webhooks-refused' },
    });
    await transact((work) => numberDesk.provisionIn(work, { enterpriseId, id }));
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'resting', task: null, verdict: null });
    expect(await move(id, 'activate')).toMatchObject({ kind: 'done', number: { state: 'active' } });
  });

  test('twice at once orders it once', async () => {
    const { place, workFor, shop } = await setup(database);
    const placed = await Promise.allSettled([place(), place()]);
    expect(placed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await workFor(0);
    expect(held(await shop.list())).toBe(1);
  });
});

onEveryStore('giving a number back', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('that was bought here ends it at the carrier, and rests it until then', async () => {
    const { place, workFor, read, move, shop, tell } = await setup(database);
    const id = await place();
    await workFor(0);
    expect(await move(id, 'release')).toMatchObject({ kind: 'done', number: { state: 'resting', task: 'release' } });
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'released', task: null });
    expect(held(await shop.list())).toBe(0);
    expect(await tell(id)).toEqual(['number.ordered', 'number.activated', 'number.rested', 'number.released']);
  });

  test('whose answer was lost is released once the carrier no longer has it', async () => {
    const { place, workFor, read, move, script } = await setup(database);
    const id = await place();
    await workFor(0);
    script.release.push('lost');
    await move(id, 'release');
    await workFor(1);
    expect(await read(id)).toMatchObject({ state: 'released', verdict: null });
  });

  test('is not done when an operator wanted it back meanwhile', async () => {
    const { place, workFor, read, move, shop, asked } = await setup(database);
    const id = await place();
    await workFor(0);
    await move(id, 'release');
    await move(id, 'activate');
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'active', task: null });
    expect(asked).not.toContain('release');
    expect(held(await shop.list())).toBe(1);
  });

  test('that the carrier refuses stays ours, with the reason, and the contact centre is told', async () => {
    const { place, workFor, read, move, script, tell } = await setup(database);
    const id = await place();
    await workFor(0);
    script.release.push(refused);
    await move(id, 'release');
    await workFor(0);
    expect(await read(id)).toMatchObject({ state: 'resting', verdict: { task: 'release', slug: 'refused' } });
    expect((await tell(id)).at(-1)).toBe('number.refused');
  });
});
