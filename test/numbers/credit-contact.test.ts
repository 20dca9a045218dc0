/** Whose call or text it is, from the record's point of view: who is weighed, what is kept, and what is told. */
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { readHolders } from '../../src/numbers/attribution/holders.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { newYork, oregon, otherOregon, type StagedShop, stageShop } from '../support/stage-shop.ts';
import { onEveryStore } from '../support/stores.ts';

onEveryStore('attribution', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });
  const setup = (...plan: Parameters<typeof stageShop> extends [unknown, ...infer Rest] ? Rest : never) =>
    stageShop(database, ...plan);

  test('of a call is kept with its candidates and reasons, told once, and the call follows it', async () => {
    const shop = await setup();
    const { visitId, lease } = await shop.come();
    const id = await shop.call();
    expect(await shop.beliefs(id)).toMatchObject([
      {
        revision: 1,
        cause: 'contact',
        decision: 'credited',
        visit_id: visitId,
        threshold: 0.6,
        model_version: 0,
        candidates: [{ visitId, leaseId: lease?.id, terms: { intent: 1, tap: expect.any(Number) } }],
      },
    ]);
    const { nobody, others, candidates } = await shop.belief(id);
    expect(candidates.reduce((sum, { probability }) => sum + probability, (nobody ?? 0) + (others ?? 0))).toBeCloseTo(
      1,
      3,
    );
    const told = (await shop.told(id)).filter(({ type }) => type === 'call.attributed');
    expect(told).toMatchObject([
      { data: { callId: id, decision: 'credited', visitId, candidates: 1, revision: 1, cause: 'contact', nobody } },
    ]);
    const call = await shop.db.selectFrom('call').select('visit_id').where('id', '=', id).executeTakeFirst();
    expect(call?.visit_id).toBe(visitId);
  });

  test('names the late caller from home first, though the number is another’s by now', async () => {
    const shop = await setup();
    const first = await shop.come({ region: 'US-OR', engagedSeconds: 400, pages: 8 });
    shop.later(2);
    const second = await shop.come({ region: 'US-NY', engagedSeconds: 4, pages: 1 });
    expect(second.number).toBe(first.number);
    expect(await shop.belief(await shop.call(newYork))).toMatchObject({ visit_id: second.visitId });
    expect(await shop.belief(await shop.call(oregon))).toMatchObject({
      decision: 'credited',
      visit_id: first.visitId,
      candidates: [{ visitId: first.visitId }, { visitId: second.visitId }],
    });
  });

  test('goes to the visitor who tapped, though the number is another’s by now', async () => {
    const shop = await setup();
    const tapper = await shop.come();
    shop.later(1);
    await shop.come({ engagedSeconds: 1, pages: 1 });
    const tap = { engagedSeconds: 50, pages: 1, signals: [{ kind: 'tap', detail: {} }], at: shop.clock.at };
    await shop.transact(({ tx }) => shop.visits.beat(tx, shop.website, tapper.visitId, tap));
    shop.later(0.2);
    const { candidates } = await shop.belief(await shop.call());
    expect(candidates.find(({ visitId }) => visitId === tapper.visitId)?.terms).toMatchObject({ tap: 1 });
  });

  test('of a stranger’s call is nobody’s, and kept as that', async () => {
    const shop = await setup();
    const id = await shop.call();
    expect(await shop.beliefs(id)).toMatchObject([
      { decision: 'nobody', visit_id: null, probability: 1, nobody: 1, candidates: [] },
    ]);
    expect((await shop.told(id)).find(({ type }) => type === 'call.attributed')).toMatchObject({
      data: { visitId: null, nobody: 1, candidates: 0 },
    });
  });

  test('looks back 30 days and no further', async () => {
    const shop = await setup();
    await shop.come();
    const [number] = shop.numbers;
    const holders = (at: number) =>
      shop.transact(({ tx }) => readHolders(tx, { numberId: number?.id as never, at, address: null }));
    expect(await holders(shop.clock.at + limits.attributionLookBackMs)).toHaveLength(1);
    expect(await holders(shop.clock.at + limits.attributionLookBackMs + 1)).toHaveLength(0);
  });

  test('takes a repeat caller for who they were the first time, by call or by text', async () => {
    const shop = await setup();
    const first = await shop.come();
    expect((await shop.belief(await shop.call(oregon))).visit_id).toBe(first.visitId);
    shop.later(90);
    await shop.come({ engagedSeconds: 30, pages: 2 });
    const text = await shop.belief(await shop.text(oregon));
    expect(text).toMatchObject({ decision: 'credited', visit_id: first.visitId });
    shop.later(90);
    const again = await shop.belief(await shop.call(oregon));
    expect(again).toMatchObject({ visit_id: first.visitId });
    expect(again.candidates[0]?.terms).toMatchObject({ repeat: expect.any(Number) });
    const withheld = await shop.belief(await shop.call(null));
    expect(withheld.candidates[0]?.terms).toMatchObject({ repeat: 0 });
  });

  test('does not expect a second caller of a visit whose call has come', async () => {
    const shop = await setup();
    const { visitId } = await shop.come();
    const first = await shop.belief(await shop.call(oregon));
    const [number] = shop.numbers;
    const contacted = async (address: string | null) => {
      const wish = { numberId: number?.id as never, at: shop.clock.at + 1, address };
      const [holder] = await shop.transact(({ tx }) => readHolders(tx, wish));
      expect(holder?.visitId).toBe(visitId);
      return holder?.contacted;
    };
    expect(await contacted(null)).toBeCloseTo(first.probability, 4);
    const own = shop.secrets.fingerprint(`contact ${shop.enterpriseId} ${oregon}`);
    expect(await contacted(own)).toBe(0);
    shop.later(1);
    expect((await shop.belief(await shop.call(otherOregon))).candidates[0]?.terms).toMatchObject({
      contacted: expect.closeTo(1 - 0.98 * first.probability, 2),
    });
  });

  test('weighs the visits that were shown the shared number', async () => {
    const shop = await setup({ numbers: 2 });
    const [shared] = shop.numbers;
    await shop.db
      .updateTable('pool')
      .set({ shared_number_id: shared?.id ?? null })
      .where('id', '=', shop.website.poolId)
      .execute();
    await shop.come();
    const second = await shop.come();
    const third = await shop.come();
    expect([second.number, third.number]).toEqual([shared?.e164, shared?.e164]);
    const belief = await shop.belief(await shop.call(oregon, shared));
    expect(belief.decision).toBe('ambiguous');
    expect(new Set(belief.candidates.map(({ visitId }) => visitId))).toEqual(new Set([second.visitId, third.visitId]));
  });

  test('is certain when the text names its visit, if the visit is this enterprise’s', async () => {
    const shop = await setup();
    const { visitId } = await shop.come();
    shop.later(120);
    await shop.come();
    const credit = (reference: VisitId) =>
      shop.transact(async (work) => {
        const number = await shop.numbers.at(0);
        const own = { ...number, poolId: shop.website.poolId } as never;
        const subject = shop.ids.make('conv');
        const about = { subject, kind: 'conversation' as const, number: own, at: shop.clock.at, address: newYork };
        await creditOf(shop)(work, { ...about, reference });
        return subject;
      });
    expect(await shop.belief(await credit(visitId))).toMatchObject({ visit_id: visitId, probability: 1 });
    const stranger = (await stageShop(database)).ids.make('visit');
    expect((await shop.belief(await credit(stranger))).probability).toBeLessThan(1);
  });

  test('credits from the pool’s threshold on, else from the enterprise’s', async () => {
    const shop = await setup();
    const set = async (table: 'pool' | 'enterprise', threshold: number) => {
      const id = table === 'pool' ? shop.website.poolId : shop.enterpriseId;
      await sql`update ${sql.table(table)} set credit_threshold = ${threshold} where id = ${id}`.execute(shop.db);
    };
    await shop.come();
    await set('enterprise', 0.9999);
    expect(await shop.belief(await shop.call(null))).toMatchObject({ decision: 'ambiguous', visit_id: null });
    await set('pool', 0.5);
    expect(await shop.belief(await shop.call(null))).toMatchObject({ decision: 'credited', threshold: 0.5 });
  });

  test('of a conversation is made with its first text only', async () => {
    const shop = await setup();
    const { visitId } = await shop.come();
    const id = await shop.text('24273');
    expect(await shop.text('24273', 'Hello?')).toBe(id);
    expect(await shop.beliefs(id)).toMatchObject([{ decision: 'credited', visit_id: visitId }]);
  });
});

function creditOf(shop: StagedShop) {
  return shop.creditContact;
}
