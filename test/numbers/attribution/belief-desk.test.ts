/** What an agent, a code or a purchase makes of a belief, on the record: revisions, events, and who follows them. */
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import type { Database } from '../../../src/ports/database.ts';
import type { VisitId } from '../../../src/ports/ids.ts';
import type { Tables } from '../../../src/records/schema.ts';
import { newYork, oregon, type StagedShop, stageShop } from '../../support/stage-shop.ts';
import { onEveryStore } from '../../support/stores.ts';

/** Two visits on one shared number, one still open and one gone, so that the mask tells them apart; one of them calls. */
async function ambiguous(database: Database<Tables>) {
  const shop = await stageShop(database, { numbers: 1 });
  const [shared] = shop.numbers;
  await shop.db
    .updateTable('pool')
    .set({ shared_number_id: shared?.id ?? null })
    .where('id', '=', shop.website.poolId)
    .execute();
  const gone = await shop.come({ engagedSeconds: 900, pages: 9 });
  shop.later(4);
  const open = await shop.come({ engagedSeconds: 3, pages: 1 });
  const id = await shop.call(oregon, shared);
  return { ...shop, shared, gone, open, id };
}

type Ambiguous = Awaited<ReturnType<typeof ambiguous>>;

const questionOf = async (shop: StagedShop, subject: string) => {
  const question = await shop.transact((work) => shop.beliefDesk.question(work, shop.about(subject)));
  if (question === null) throw new Error('no such contact');
  return question;
};
const answer = (shop: StagedShop, subject: string, choice: string, sure = false) =>
  shop.transact((work) => shop.beliefDesk.answer(work, { ...shop.about(subject), choice, sure }));

/** The choice that stands for the visit that is gone. */
const choiceOfGone = ({ choices }: Awaited<ReturnType<typeof questionOf>>) =>
  choices.find(({ says }) => says.includes('many pages'))?.id ?? '';

const attributed = async (shop: Ambiguous) =>
  (await shop.told(shop.id)).filter(({ type }) => type === 'call.attributed').map(({ data }) => data);

const visitOfCall = async ({ db, id }: Ambiguous) =>
  (await db.selectFrom('call').select(['visit_id', 'document']).where('id', '=', id).executeTakeFirst()) ?? null;

onEveryStore('a belief', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('that is ambiguous is asked about behind a mask, and an answer makes the next revision', async () => {
    const shop = await ambiguous(database);
    const before = await shop.belief(shop.id);
    const question = await questionOf(shop, shop.id);
    expect(await questionOf(shop, shop.id)).toEqual(question);
    expect(question.choices).toHaveLength(2);
    expect(JSON.stringify(question)).not.toMatch(/visit_|shop\.example|boilers|\+1/);
    expect(await answer(shop, shop.id, choiceOfGone(question))).toEqual({ kind: 'revised', revision: 2 });
    const after = await shop.belief(shop.id);
    expect(after).toMatchObject({
      revision: 2,
      cause: 'agent-confirmed',
      decision: 'credited',
      visit_id: shop.gone.visitId,
    });
    expect(after.probability).toBeLessThan(0.999);
    expect((await shop.beliefs(shop.id))[0]).toMatchObject({
      id: before.id,
      probability: before.probability,
      revision: 1,
    });
    expect(await visitOfCall(shop)).toMatchObject({
      visit_id: shop.gone.visitId,
      document: { visitId: shop.gone.visitId },
    });
    expect(await attributed(shop)).toMatchObject([
      { revision: 1, cause: 'contact' },
      { revision: 2, cause: 'agent-confirmed', decision: 'credited', visitId: shop.gone.visitId },
    ]);
  });

  test('is asked about the same way though the visits behind it go on', async () => {
    const shop = await ambiguous(database);
    const question = await questionOf(shop, shop.id);
    await shop.visitDesk.beat(shop.website, shop.open.visitId, { engagedSeconds: 500, pages: 12, signals: [] });
    expect(await questionOf(shop, shop.id)).toEqual(question);
    expect(await answer(shop, shop.id, choiceOfGone(question), true)).toMatchObject({ kind: 'revised' });
    expect(await shop.belief(shop.id)).toMatchObject({ visit_id: shop.gone.visitId, probability: 1 });
  });

  test('changes nothing when the same is said twice, and follows the later word when it changes', async () => {
    const shop = await ambiguous(database);
    const question = await questionOf(shop, shop.id);
    await answer(shop, shop.id, choiceOfGone(question));
    expect(await answer(shop, shop.id, choiceOfGone(question))).toEqual({ kind: 'repeated', revision: 2 });
    expect(await attributed(shop)).toHaveLength(2);
    shop.later(1);
    expect(await answer(shop, shop.id, question.noneId)).toEqual({ kind: 'revised', revision: 3 });
    expect(await shop.belief(shop.id)).toMatchObject({ cause: 'agent-denied', revision: 3 });
    expect(
      (await shop.belief(shop.id)).candidates.find(({ visitId }) => visitId === shop.gone.visitId)?.probability ?? 0,
    ).toBeLessThan(0.5);
    expect(await shop.beliefs(shop.id)).toHaveLength(3);
  });

  test('of two answers at once is revised by one after the other', async () => {
    const shop = await ambiguous(database);
    const { choices } = await questionOf(shop, shop.id);
    const heard = await Promise.all(choices.map(({ id }) => answer(shop, shop.id, id)));
    expect(heard.map((one) => ('revision' in one ? one.revision : one.kind)).toSorted()).toEqual([2, 3]);
    expect((await shop.beliefs(shop.id)).map(({ revision }) => revision)).toEqual([1, 2, 3]);
  });

  test('takes no choice of another contact, no made-up one, and no other enterprise’s visit', async () => {
    const shop = await ambiguous(database);
    const other = await ambiguous(database);
    const { choices } = await questionOf(other, other.id);
    await questionOf(shop, shop.id);
    for (const choice of [choices[0]?.id ?? '', 'f'.repeat(24), other.gone.visitId]) {
      expect(await answer(shop, shop.id, choice)).toEqual({ kind: 'unknown-choice' });
    }
    expect(await answer(shop, other.id, choices[0]?.id ?? '')).toEqual({ kind: 'unknown-contact' });
    expect(await shop.beliefs(shop.id)).toHaveLength(1);
  });

  test('is certain when the contact centre names the visit; the caller’s next call follows it', async () => {
    const shop = await ambiguous(database);
    await answer(shop, shop.id, shop.gone.visitId);
    expect(await shop.belief(shop.id)).toMatchObject({ visit_id: shop.gone.visitId, probability: 1, nobody: 0 });
    shop.later(30);
    const again = await shop.belief(await shop.call(oregon, shop.shared));
    expect(again).toMatchObject({ decision: 'credited', visit_id: shop.gone.visitId });
    const kept = await shop.db
      .selectFrom('attribution_trace')
      .select(['latest', 'confirmed_visit_id'])
      .where('subject', '=', shop.id)
      .execute();
    expect(kept).toEqual([{ latest: 2, confirmed_visit_id: shop.gone.visitId }]);
  });

  test('is certain when the code the visit was shown is keyed; wrong ones are counted', async () => {
    const shop = await ambiguous(database);
    const codes = [shop.gone, shop.open].map(({ code }) => code);
    expect(codes).toEqual([expect.stringMatching(/^[1-9]\d{4}$/), expect.stringMatching(/^[1-9]\d{4}$/)]);
    const key = (code: string) =>
      shop.transact((work) => shop.beliefDesk.codeKeyed(work, { ...shop.about(shop.id), code }));
    expect(await key('00000')).toEqual({ kind: 'unknown-code', triesLeft: limits.codeTriesPerCallMax - 1 });
    expect(await key(shop.gone.code ?? '')).toEqual({ kind: 'revised', revision: 2 });
    expect(await key(shop.gone.code ?? '')).toEqual({ kind: 'repeated', revision: 2 });
    expect(await shop.belief(shop.id)).toMatchObject({
      cause: 'code-keyed',
      visit_id: shop.gone.visitId,
      probability: 1,
    });
    for (let tries = 1; tries < limits.codeTriesPerCallMax; tries += 1) await key('00000');
    expect(await key(shop.open.code ?? '')).toEqual({ kind: 'too-many-tries' });
  });

  test('takes a code only on the number it was shown with, and only while it lasts', async () => {
    const shop = await ambiguous(database);
    const elsewhere = await ambiguous(database);
    const key = (code: string) =>
      shop.transact((work) => shop.beliefDesk.codeKeyed(work, { ...shop.about(shop.id), code }));
    const foreign = [elsewhere.gone.code, elsewhere.open.code].find(
      (code) => code !== shop.gone.code && code !== shop.open.code,
    );
    expect(await key(foreign ?? '')).toMatchObject({ kind: 'unknown-code' });
    shop.clock.at += limits.visitCodeLifeMs + 1;
    expect(await key(shop.gone.code ?? '')).toMatchObject({ kind: 'unknown-code' });
  });

  test('is moved by a purchase soon after, once, and made certain by one on the call itself', async () => {
    const shop = await ambiguous(database);
    const before = await shop.belief(shop.id);
    const buy = (key: string, subject: string | null, visitId: VisitId = shop.gone.visitId) => {
      const purchase = { enterpriseId: shop.enterpriseId, visitId, subject, key, at: shop.clock.at };
      return shop.transact((work) => shop.beliefDesk.purchaseMatched(work, purchase));
    };
    shop.later(60);
    expect(await buy('order-1', null)).toEqual({ kind: 'revised', revision: 2 });
    expect(await buy('order-1', null)).toEqual({ kind: 'repeated', revision: 2 });
    const after = await shop.belief(shop.id);
    const share = (belief: typeof before) =>
      belief.candidates.find(({ visitId }) => visitId === shop.gone.visitId)?.probability ?? 0;
    expect(share(after)).toBeGreaterThan(share(before));
    expect(after.cause).toBe('purchase-matched');
    expect(await buy('order-2', shop.id)).toEqual({ kind: 'revised', revision: 3 });
    expect(await shop.belief(shop.id)).toMatchObject({ visit_id: shop.gone.visitId, probability: 1 });
    shop.clock.at += limits.purchaseAfterContactMs;
    expect(await buy('order-3', null)).toBeNull();
    expect(await buy('order-4', null, shop.ids.make('visit'))).toBeNull();
  });

  test('hears of a sale by its event, and of nothing else', async () => {
    const shop = await ambiguous(database);
    const { enterpriseId, gone } = shop;
    const hear = (type: string, data: Record<string, unknown>) =>
      shop.transact((work) => shop.hearConversion(work, { enterpriseId, subject: gone.visitId, type, data }));
    const occurredAt = new Date(shop.clock.at + 1_000).toISOString();
    const sale = { kind: 'sale', conversionId: 'cnv_1', visitId: gone.visitId, callId: null, occurredAt };
    await hear('call.outcome', sale);
    await hear('conversion.recorded', { ...sale, kind: 'refund' });
    await hear('conversion.recorded', { ...sale, visitId: null });
    expect(await shop.beliefs(shop.id)).toHaveLength(1);
    await hear('conversion.recorded', sale);
    await hear('conversion.recorded', sale);
    expect(await shop.beliefs(shop.id)).toMatchObject([{ revision: 1 }, { revision: 2, cause: 'purchase-matched' }]);
  });

  test('of a conversation is revised alike, and the conversation follows it', async () => {
    const shop = await stageShop(database);
    const first = await shop.come();
    shop.later(3);
    await shop.come({ pages: 1 });
    const id = await shop.text(newYork);
    expect(await answer(shop, id, first.visitId)).toEqual({ kind: 'revised', revision: 2 });
    const row = await shop.db.selectFrom('conversation').select('visit_id').where('id', '=', id).executeTakeFirst();
    expect(row?.visit_id).toBe(first.visitId);
    const told = (await shop.told(id)).filter(({ type }) => type === 'conversation.attributed');
    expect(told.map(({ data }) => data)).toMatchObject([
      { revision: 1 },
      { revision: 2, conversationId: id, visitId: first.visitId, probability: 1, nobody: 0 },
    ]);
  });

  test('written by an older program can be revised too', async () => {
    const shop = await ambiguous(database);
    await shop.db.deleteFrom('attribution_trace').where('subject', '=', shop.id).execute();
    await shop.db
      .updateTable('attribution')
      .set({ nobody: null, others: null, threshold: null, model_version: null })
      .where('subject', '=', shop.id)
      .execute();
    expect(await answer(shop, shop.id, shop.gone.visitId)).toEqual({ kind: 'revised', revision: 2 });
  });
});
