/** A caller who waits long is called back, on the sandbox, over a restart of the gateway in between. */
import { describe, expect, test } from 'vitest';
import { createApiClient } from '../support/api-client.ts';
import { embeddedDeployment } from '../support/deployments.ts';
import { openShop } from '../support/open-shop.ts';
import { runGateway } from '../support/run-gateway.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const customer = '+12125550143';
const line = '+15035550108';

describe('a callback', () => {
  const deployment = embeddedDeployment();

  test('is offered to who waits, kept over a restart, and made when an agent is there', async () => {
    const place = await deployment.open();
    const shop = await openShop(place);
    const phones = createPhones(shop.api);
    const [first, second] = (await shop.api.must('GET', '/v1/agents')).items;
    await shop.api.must('PATCH', `/v1/agents/${second.id}`, { body: { presence: 'offline' } });
    await shop.api.must('PUT', '/v1/route-plan', { body: { callbackAfterMs: 5_000, waitMs: 60_000 } });
    // The only agent talks with somebody else.
    await phones.dial('+12125550142', line);
    const taken = await phones.ringing([first.phone]);
    await phones.act(`/calls/${taken.id}/answer`);
    await phones.act(`/calls/${taken.id}/press`, { digits: '1' });
    const waiting = await phones.dial(customer, line);
    await expect.poll(async () => (await phones.call(waiting.id)).expects, { timeout: 12_000 }).toBe('keys');
    const thanked = await phones.act(`/calls/${waiting.id}/press`, { digits: '1' });
    expect(thanked).toMatchObject({
      state: 'completed',
      hears: expect.arrayContaining([expect.stringMatching(/call you back/)]),
    });
    const requested = await shop.receiver.waitFor('callback.requested');
    expect(requested.data).toMatchObject({ customer });
    const { items } = await shop.api.must('GET', '/v1/callbacks?state=waiting');
    expect(items).toMatchObject([{ customer, state: 'waiting', attempts: 0, callId: null }]);
    await shop.gateway.close();

    const gateway = await runGateway(place);
    const api = createApiClient(gateway);
    const again = createPhones(api);
    const rung = await again.ringing([first.phone]);
    const answered = await again.act(`/calls/${rung.id}/answer`);
    expect(answered.hears.join()).toMatch(/called back. Press 1/);
    await again.act(`/calls/${rung.id}/press`, { digits: '1' });
    const theirs = await again.ringing([customer]);
    expect(theirs.from).toBe(line);
    await again.act(`/calls/${theirs.id}/answer`);
    await expect.poll(async () => (await again.call(theirs.id)).connectedWith).toBe(first.phone);
    await again.act(`/calls/${theirs.id}/hang-up`);
    await shop.receiver.waitFor('callback.completed', items[0].id);
    const [done] = (await api.must('GET', '/v1/callbacks')).items;
    expect(done).toMatchObject({ state: 'completed', attempts: 1, why: 'answered', askedOn: requested.data.askedOn });
    const made = await api.must('GET', `/v1/calls/${done.callId}`);
    expect(made).toMatchObject({ direction: 'outbound', outbound: { callbackId: done.id, about: done.askedOn } });
    expect(await api.send('POST', `/v1/callbacks/${done.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'call-state' },
    });
    expect(await api.send('POST', `/v1/callbacks/cb_${'0'.repeat(26)}/cancel`)).toMatchObject({ status: 404 });
  });
});
