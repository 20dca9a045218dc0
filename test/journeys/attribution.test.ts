/** Whose call it is, over HTTP: an open question is put behind a mask, answered, and everybody is told. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { caller, openShop, openVisit, type Shop, theCall, toldOf } from '../support/open-shop.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const ownNumbers = 7;
const shared = '+15035550108';

/** The pool is used up, and two visits are shown the shared number: a short look, and a long one of many pages. */
async function crowdedShop(shop: Shop) {
  await Promise.all(Array.from({ length: ownNumbers }, () => openVisit(shop)));
  const [short, long] = [await openVisit(shop), await openVisit(shop)];
  // Through Redis a visit reaches the record a moment after its page was answered.
  for (const { visit } of [short, long]) {
    await expect.poll(async () => (await shop.api.send('GET', `/v1/visits/${visit.id}`)).status).toBe(200);
  }
  await shop.api.must('POST', `/v1/visits/${long.visit.id}/beat`, {
    as: 'page',
    body: { engagedSeconds: 300, pages: 9 },
  });
  return { short, long };
}

onEveryDeployment('whose call it is', (deployment) => {
  test('is asked when it is not clear, answered behind a mask, and certain by a keyed code', async () => {
    const shop = await openShop(await deployment.open());
    const { api, receiver } = shop;
    const { short, long } = await crowdedShop(shop);
    expect([short.number, long.number]).toMatchObject([
      { e164: shared, shared: true, code: expect.stringMatching(/^\d{5}$/) },
      { e164: shared, shared: true, code: expect.stringMatching(/^\d{5}$/) },
    ]);
    await api.must('PUT', '/v1/attribution/threshold', { body: { threshold: 0.9 } });
    await createPhones(api).dial(caller, shared);
    const { id, attribution, visitId } = await theCall(shop);
    expect([visitId, attribution]).toEqual([
      null,
      { decision: 'ambiguous', visitId: null, probability: expect.any(Number), revision: 1, cause: 'contact' },
    ]);

    const path = `/v1/calls/${id}/attribution`;
    const question = await api.must('GET', `${path}/question`);
    expect(JSON.stringify(question)).not.toMatch(/visit_|pricing|shop\.example/);
    const { choice } = question.choices.find(({ says }: { says: string }) => says.includes('many pages'));
    const headers = { 'idempotency-key': 'answer-1' };
    const answered = await api.must('POST', `${path}/confirm`, { body: { choice }, headers });
    expect(await api.must('POST', `${path}/confirm`, { body: { choice }, headers })).toEqual(answered);
    expect(answered.revisions).toMatchObject([
      { revision: 1, threshold: 0.9, modelVersion: 0, nobody: expect.any(Number) },
      { revision: 2, cause: 'agent-confirmed', decision: 'credited', visitId: long.visit.id },
    ]);
    expect(answered.revisions[0].candidates[0].terms).toContainEqual({
      name: 'intent',
      factor: 1,
      says: expect.stringMatching(/still open/),
    });
    await receiver.waitFor('call.attributed', id);

    expect(await api.must('POST', `/v1/calls/${id}/code`, { body: { code: '00000' } })).toMatchObject({
      matched: false,
      triesLeft: 4,
      attribution: { revision: 2 },
    });
    expect(await api.must('POST', `/v1/calls/${id}/code`, { body: { code: short.number.code } })).toMatchObject({
      matched: true,
      attribution: { revision: 3, cause: 'code-keyed', visitId: short.visit.id, probability: 1 },
    });
    expect(await theCall(shop)).toMatchObject({ visitId: short.visit.id });
    await expect.poll(() => toldOf(shop, id).filter((type) => type === 'call.attributed')).toHaveLength(3);
  });

  test('is refused to be confirmed by what nobody asked, and not found where there is no such call', async () => {
    const shop = await openShop(await deployment.open());
    const { api } = shop;
    const { number } = await openVisit(shop);
    await createPhones(api).dial(caller, number.e164);
    const { id } = await theCall(shop);
    const path = `/v1/calls/${id}/attribution`;
    const refused = await api.send('POST', `${path}/confirm`, { body: { choice: 'visit_01k00000000000000000000000' } });
    expect([refused.status, refused.body.fields[0]]).toMatchObject([
      400,
      { field: 'choice', cure: expect.any(String) },
    ]);
    expect((await api.send('POST', `${path}/confirm`, { body: {} })).body.fields[0].field).toBe('choice');
    for (let tries = 0; tries < 5; tries += 1)
      await api.must('POST', `/v1/calls/${id}/code`, { body: { code: '00000' } });
    expect(await api.send('POST', `/v1/calls/${id}/code`, { body: { code: '00000' } })).toMatchObject({ status: 429 });
    expect((await api.send('POST', `/v1/calls/${id}/code`, { body: { code: 'abc' } })).body.fields[0].field).toBe(
      'code',
    );
    const unknown = 'call_01k00000000000000000000000';
    for (const [method, what] of [
      ['GET', 'attribution'],
      ['GET', 'attribution/question'],
      ['POST', 'attribution/confirm'],
      ['POST', 'code'],
    ] as const) {
      const body = what === 'code' ? { code: '12345' } : { choice: 'x' };
      const ask = method === 'GET' ? {} : { body };
      expect((await api.send(method, `/v1/calls/${unknown}/${what}`, ask)).status).toBe(404);
      expect((await api.send(method, `/v1/calls/${id}/${what}`, { ...ask, as: 'page' })).status).toBe(403);
    }
    const foreign = { threshold: 0.7, poolId: 'pool_01k00000000000000000000000' };
    expect((await api.send('PUT', '/v1/attribution/threshold', { body: foreign })).status).toBe(404);
  });

  test('is asked of texts alike, and what was learned is told in figures', async () => {
    const shop = await openShop(await deployment.open());
    const { api } = shop;
    const { number, visit } = await openVisit(shop);
    await createPhones(api).act('/messages', { from: caller, to: number.e164, body: 'Are you open?' });
    const [conversation] = (await api.must('GET', '/v1/conversations')).items;
    const path = `/v1/conversations/${conversation.id}/attribution`;
    const { none } = await api.must('GET', `${path}/question`);
    const denied = await api.must('POST', `${path}/confirm`, { body: { choice: none } });
    expect(denied.revisions[1]).toMatchObject({ cause: 'agent-denied', revision: 2 });
    const known = await api.must('POST', `${path}/confirm`, { body: { choice: visit.id, sure: true } });
    expect(known).toMatchObject({ subject: conversation.id });
    expect(known.revisions[2]).toMatchObject({ visitId: visit.id, probability: 1, nobody: 0 });
    expect((await api.must('GET', '/v1/conversations')).items[0].visitId).toBe(visit.id);
    await createPhones(api).dial('+12125550143', number.e164);
    const sale = { externalId: 'order-1', kind: 'sale', visitId: visit.id, value: '12.00', currency: 'USD' };
    await api.must('POST', '/v1/conversions', { body: { ...sale, occurredAt: new Date().toISOString() } });
    const { id } = await theCall(shop);
    expect((await api.must('GET', `/v1/calls/${id}/attribution`)).revisions).toMatchObject([
      { cause: 'contact' },
      { cause: 'purchase-matched' },
    ]);
    const model = await api.must('GET', '/v1/attribution/model');
    expect(model).toMatchObject({ version: 0, contacts: 0, figures: { callsPer100Visits: expect.any(Array) } });
    const told = model.reliability.filter(({ contacts }: { contacts: number }) => contacts > 0);
    expect(told).toMatchObject([{ contacts: 1, right: 1 }]);
  });
});
