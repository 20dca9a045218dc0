/** How an enterprise's callers call is learned from its own record, hour by hour, and a crash costs nothing. */
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import { createStartLearning } from '../../../src/numbers/attribution/learn-habits.ts';
import type { Database } from '../../../src/ports/database.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { EnterpriseId } from '../../../src/ports/ids.ts';
import type { Tables } from '../../../src/records/schema.ts';
import type { Work } from '../../../src/records/transact.ts';
import { nextPhone } from '../../support/stage-core.ts';
import { oregon, type StagedShop, stageShop } from '../../support/stage-shop.ts';
import { onEveryStore } from '../../support/stores.ts';

const hourMs = 3_600_000;

const modelsOf = (shop: StagedShop) =>
  shop.db
    .selectFrom('attribution_model')
    .selectAll()
    .where('enterprise_id', '=', shop.enterpriseId)
    .orderBy('version')
    .execute();
const daysOf = (shop: StagedShop) =>
  shop.db
    .selectFrom('habit_day')
    .select(['exposure'])
    .where('enterprise_id', '=', shop.enterpriseId)
    .orderBy('day')
    .execute();
const endedOn = ({ exposure }: { exposure: unknown }) =>
  (exposure as { ended: number[] }).ended.reduce((sum, visits) => sum + visits, 0);

/** The hour passes and the entry is worked off. */
async function learn(shop: StagedShop): Promise<void> {
  shop.clock.at += limits.attributionLearnEveryMs;
  await shop.lanes.run(`learn:${shop.enterpriseId}`);
}

test('an entry is looked for with each contact until it was seen in the record, and then once a minute', async () => {
  const clock = { at: Date.parse('2026-03-02T12:00:00Z'), now: () => clock.at };
  let asked = 0;
  const addOnce = async () => {
    asked += 1;
    return asked > 1;
  };
  const startLearning = createStartLearning({ outbox: { addOnce }, clock });
  const contact = () => startLearning({} as Work, { enterpriseId: 'ent_1' as EnterpriseId });
  await contact();
  // The first one's transaction may have been rolled back.
  await contact();
  expect(asked).toBe(2);
  await contact();
  clock.at += limits.attributionLearnSeenMs - 1;
  await contact();
  expect(asked).toBe(2);
  clock.at += 1;
  await contact();
  expect(asked).toBe(3);
});

onEveryStore('habits', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('are learned by one entry an enterprise, which its first contact makes and which comes again', async () => {
    const shop = await stageShop(database);
    await shop.come({ region: 'US-OR' });
    await Promise.all([shop.call(oregon), shop.call(nextPhone()), shop.call(null)]);
    const entries = () =>
      shop.db
        .selectFrom('outbox')
        .select(['state', 'due_at'])
        .where('lane', '=', `learn:${shop.enterpriseId}`)
        .execute();
    expect(await entries()).toMatchObject([{ state: 'pending' }]);
    expect(await modelsOf(shop)).toEqual([]);
    await shop.lanes.run(`learn:${shop.enterpriseId}`);
    await learn(shop);
    await learn(shop);
    expect(await entries()).toMatchObject([{ state: 'pending', due_at: new Date(shop.clock.at + hourMs) }]);
    expect(await modelsOf(shop)).toMatchObject([{ version: 1, pool_id: null, contacts: 3, confirmed: 0 }]);
  });

  test('decide the next contact, which names the model it was weighed by', async () => {
    const shop = await stageShop(database);
    await shop.come();
    expect(await shop.belief(await shop.call())).toMatchObject({ model_version: 0 });
    await learn(shop);
    expect(await shop.belief(await shop.call(null))).toMatchObject({ model_version: 1 });
    await learn(shop);
    expect(await shop.belief(await shop.call(null))).toMatchObject({ model_version: 2 });
  });

  test('are those of the callers: who calls late from far away teaches both', async () => {
    const shop = await stageShop(database, { numbers: 30 });
    const homeShare = async () =>
      ((await modelsOf(shop)).at(-1)?.rates as { homeShare: number } | undefined)?.homeShare ?? 1;
    await shop.come({ region: 'US-NY' });
    await shop.call(null);
    await learn(shop);
    const before = await homeShare();
    for (let caller = 0; caller < 12; caller += 1) {
      const { visitId, number } = await shop.come({
        region: caller % 2 === 0 ? 'US-NY' : 'US-TX',
        engagedSeconds: 300,
      });
      shop.later(20);
      const own = shop.numbers.find(({ e164 }) => e164 === number);
      const id = await shop.call(`+150355501${String(caller + 10)}` as E164, own);
      const known = { ...shop.about(id), choice: visitId, sure: true };
      await shop.transact((work) => shop.beliefDesk.answer(work, known));
    }
    await learn(shop);
    expect((await modelsOf(shop)).at(-1)).toMatchObject({ contacts: 13, confirmed: 12 });
    expect(await homeShare()).toBeLessThan(before - 0.15);
  });

  test('count each day’s visits once, however often and late the day is counted', async () => {
    const shop = await stageShop(database, { numbers: 3 });
    for (const engagedSeconds of [3, 200]) await shop.come({ engagedSeconds, region: 'US-OR', tap: true });
    await shop.call(null);
    await learn(shop);
    await learn(shop);
    expect((await daysOf(shop)).map(endedOn)).toEqual([2]);
    expect((await daysOf(shop))[0]?.exposure).toMatchObject({ taps: 2, visitRegions: { 'US-OR': 2 } });
    shop.clock.at += 24 * hourMs;
    await shop.come({ engagedSeconds: 10 });
    await learn(shop);
    expect((await daysOf(shop)).map(endedOn)).toEqual([2, 1]);
    const [first] = await daysOf(shop);
    expect(first?.exposure).toMatchObject({ numberSeconds: 3 * 86_400 });
  });

  test('forget what is past the window', async () => {
    const shop = await stageShop(database);
    await shop.come();
    const id = await shop.call();
    shop.clock.at += limits.attributionLearnWindowMs + 24 * hourMs;
    await learn(shop);
    expect((await modelsOf(shop)).at(-1)).toMatchObject({ contacts: 0 });
    const kept = await shop.db.selectFrom('attribution_trace').select('trace').where('subject', '=', id).execute();
    expect(kept).toEqual([{ trace: null }]);
    expect((await daysOf(shop)).length).toBeLessThanOrEqual(61);
  });

  test('stay as they were when learning breaks half-way, and are learned an hour later', async () => {
    const shop = await stageShop(database);
    await shop.come();
    await shop.call();
    await learn(shop);
    const broken = await shop.db
      .selectFrom('attribution_trace')
      .select(['subject', 'trace'])
      .where('enterprise_id', '=', shop.enterpriseId)
      .executeTakeFirstOrThrow();
    const setTrace = (trace: unknown) =>
      shop.db
        .updateTable('attribution_trace')
        .set({ trace: JSON.stringify(trace) })
        .where('subject', '=', broken.subject)
        .execute();
    await setTrace({ shown: true, region: null, confirmed: null });
    await shop.call();
    await learn(shop);
    expect((await modelsOf(shop)).map(({ version }) => version)).toEqual([1]);
    await setTrace(broken.trace);
    await learn(shop);
    expect((await modelsOf(shop)).map(({ version }) => version)).toEqual([1, 2]);
  });

  test('that another program has written in another shape are as good as none', async () => {
    const shop = await stageShop(database);
    await shop.db
      .insertInto('attribution_model')
      .values({
        enterprise_id: shop.enterpriseId,
        pool_id: null,
        version: 9,
        rates: '{"after":[]}',
        contacts: 1,
        confirmed: 0,
        at: new Date(shop.clock.at),
      })
      .execute();
    await shop.come();
    expect(await shop.belief(await shop.call())).toMatchObject({ model_version: 0, decision: 'credited' });
  });
});
