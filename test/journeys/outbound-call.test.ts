/** A contact centre calls a customer over the API, on the sandbox: what is refused at once, and a click to call to its end. */
import { describe, expect, test } from 'vitest';
import { embeddedDeployment } from '../support/deployments.ts';
import { openShop, openVisit, toldOf } from '../support/open-shop.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const customer = '+12125550143';
const usual = { to: customer, purpose: 'service' };

/** Field that is wrong, and the body that has it wrong; `null`: the body itself. */
const rubbish: readonly (readonly [string | null, unknown])[] = [
  ['purpose', { to: customer }],
  ['purpose', { ...usual, purpose: 'love' }],
  ['to', { purpose: 'service' }],
  ['to', { ...usual, to: '911' }],
  ['to', { ...usual, to: '+1911' }],
  ['to', { ...usual, to: '2125550143' }],
  ['to', { ...usual, to: 'sip:ada@acme.example' }],
  ['to', { ...usual, to: ['+12125550143', '+12125550144'] }],
  ['from', { ...usual, from: 'Acme' }],
  ['first', { ...usual, first: 'both' }],
  ['agentId', { ...usual, agentId: 'ada' }],
  ['queue', { ...usual, agentId: `agent_${'0'.repeat(26)}`, queue: 'sales' }],
  ['queue', { ...usual, queue: 'Not A Slug' }],
  ['announcement', { ...usual, announcement: 'two\nlines' }],
  ['ringTimeoutMs', { ...usual, ringTimeoutMs: 10 ** 9 }],
  ['metadata', { ...usual, metadata: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, 'v'])) }],
  ['metadata.k', { ...usual, metadata: { k: 'v'.repeat(300) } }],
  [null, []],
  [null, 'call them'],
];

describe('a call that the contact centre makes', () => {
  const deployment = embeddedDeployment();
  const setup = async () => {
    const shop = await openShop(await deployment.open());
    return { shop, phones: createPhones(shop.api), api: shop.api };
  };

  test('is refused for rubbish, without a key, for marketing unasked and over the day’s minutes; nothing is kept', async () => {
    const { api } = await setup();
    for (const [field, body] of rubbish) {
      const refused = await api.send('POST', '/v1/calls', { body });
      expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
      if (field === null) continue;
      const fields = refused.body.fields as { field: string; problem: string; cure: string }[];
      expect(
        fields.map((fault) => fault.field),
        JSON.stringify(body),
      ).toContain(field);
      for (const fault of fields) expect([fault.problem, fault.cure]).toEqual([expect.any(String), expect.any(String)]);
    }
    expect(await api.send('POST', '/v1/calls', { body: usual, as: 'nobody' })).toMatchObject({ status: 401 });
    const from = '+15035550101';
    const order = (changes: object) => api.send('POST', '/v1/calls', { body: { ...usual, from, ...changes } });
    expect(await order({ purpose: 'marketing' })).toMatchObject({ status: 422, body: { code: 'consent-missing' } });
    expect(await order({ to: '+442079460123' })).toMatchObject({ status: 422, body: { code: 'destination-denied' } });
    await api.must('POST', '/v1/consents', {
      body: { number: customer, choice: 'opted-out', method: 'spoken', wording: 'do not call me', source: 'a call' },
    });
    expect(await order({})).toMatchObject({ status: 422, body: { code: 'opted-out', fields: [{ field: 'to' }] } });
    expect(await api.send('PUT', '/v1/outbound', { body: { from: '+15035550199' } })).toMatchObject({ status: 422 });
    expect(await api.must('PUT', '/v1/outbound', { body: { from, minutesPerDay: 0 } })).toEqual({
      from,
      minutesPerDay: 0,
      today: { calls: 0, minutes: 0 },
    });
    const spent = await api.send('POST', '/v1/calls', { body: { ...usual, to: '+12125550144' } });
    expect(spent).toMatchObject({ status: 422, body: { code: 'spend-limit' } });
    expect((await api.must('GET', '/v1/calls')).items).toEqual([]);
  });

  test('follows a visit: its agent is rung from the number the visitor knows, once, and everything is told', async () => {
    const { shop, phones, api } = await setup();
    const { visit, number } = await openVisit(shop);
    const [agent] = (await api.must('GET', '/v1/agents')).items;
    const body = { ...usual, agentId: agent.id, about: { visitId: visit.id }, metadata: { ticket: '42' } };
    const headers = { 'idempotency-key': 'click-1' };
    const placed = await api.send('POST', '/v1/calls', { body, headers });
    expect(placed).toMatchObject({
      status: 201,
      body: {
        direction: 'outbound',
        from: number.e164,
        to: customer,
        carrierCallId: null,
        state: 'preparing',
        visitId: visit.id,
        outbound: { first: 'agent', agentId: agent.id, metadata: { ticket: '42' }, answeredAt: null },
      },
    });
    expect((await api.send('POST', '/v1/calls', { body, headers })).body.id).toBe(placed.body.id);
    const busy = await api.send('POST', '/v1/calls', { body });
    expect(busy).toMatchObject({ status: 409, body: { code: 'agent-unavailable', fields: [{ field: 'agentId' }] } });
    const rung = await phones.ringing([agent.phone]);
    expect(rung.from).toBe(number.e164);
    await phones.act(`/calls/${rung.id}/answer`);
    await phones.act(`/calls/${rung.id}/press`, { digits: '1' });
    const theirs = await phones.ringing([customer]);
    expect(theirs.from).toBe(number.e164);
    await phones.act(`/calls/${theirs.id}/answer`);
    await expect.poll(async () => (await phones.call(theirs.id)).connectedWith).toBe(agent.phone);
    const { id } = placed.body;
    expect(await api.must('POST', `/v1/calls/${id}/hold`)).toMatchObject({ state: 'held' });
    expect(await api.must('POST', `/v1/calls/${id}/resume`)).toMatchObject({ state: 'bridged' });
    expect(await api.must('POST', `/v1/calls/${id}/hang-up`)).toMatchObject({ state: 'ended' });
    await expect.poll(async () => (await phones.call(theirs.id)).state).toBe('completed');
    await shop.receiver.waitFor('call.ended', id);
    expect(toldOf(shop, id)).toEqual([
      'call.placed',
      'call.offered',
      'call.dialled',
      'call.reached',
      'call.answered',
      'call.held',
      'call.resumed',
      'call.ended',
    ]);
    const told = shop.receiver.received().filter(({ subject }) => subject === id);
    expect(told.every(({ data }) => data.direction === 'outbound')).toBe(true);
    expect(told[0]?.data).toMatchObject({ metadata: { ticket: '42' }, visitId: visit.id });
    expect((await api.must('GET', '/v1/outbound')).today).toEqual({ calls: 1, minutes: 1 });
    const sale = { disposition: 'sale', value: '129.00', currency: 'USD' };
    await api.must('POST', `/v1/calls/${id}/outcome`, { body: sale });
    expect(await api.must('GET', `/v1/calls/${id}`)).toMatchObject({
      attribution: { decision: 'credited', visitId: visit.id },
      outcomes: [{ disposition: 'sale' }],
    });
    expect(await api.must('GET', `/v1/calls/${id}/attribution`)).toMatchObject({
      revisions: [{ cause: 'contact', candidates: [{ visitId: visit.id, probability: 1, terms: [] }] }],
    });
    const choice = { choice: visit.id, sure: true };
    const confirmed = await api.must('POST', `/v1/calls/${id}/attribution/confirm`, { body: choice });
    expect(confirmed.revisions.at(-1)).toMatchObject({ decision: 'credited', visitId: visit.id });
    const { total } = await api.must('GET', '/v1/reports/campaigns');
    expect(total, 'the sale counts, the call is no contact').toMatchObject({ calls: 0, phoneSales: 1 });
  });

  test('with a transfer: the customer whom we called is moved on like any caller', async () => {
    const { shop, phones, api } = await setup();
    const body = {
      ...usual,
      from: '+15035550101',
      first: 'customer',
      announcement: 'Acme is calling about your order.',
    };
    const { id } = await api.must('POST', '/v1/calls', { body });
    const theirs = await phones.ringing([customer]);
    const heard = (await phones.act(`/calls/${theirs.id}/answer`)).hears;
    expect(heard[0]).toMatch(/Acme is calling/);
    const rung = await phones.ringing();
    await phones.act(`/calls/${rung.id}/answer`);
    await phones.act(`/calls/${rung.id}/press`, { digits: '1' });
    await shop.receiver.waitFor('call.answered', id);
    const outside = '+15035550178';
    await api.must('POST', `/v1/calls/${id}/transfer`, { body: { to: { number: outside }, mode: 'blind' } });
    const third = await phones.ringing([outside]);
    await phones.act(`/calls/${third.id}/answer`);
    await expect.poll(async () => (await phones.call(theirs.id)).connectedWith).toBe(outside);
    await phones.act(`/calls/${theirs.id}/hang-up`);
    await shop.receiver.waitFor('call.ended', id);
    expect(await api.must('GET', `/v1/calls/${id}`)).toMatchObject({ verdict: { slug: 'answered' } });
  });
});
