/** Setting up without the demo: pools, websites, numbers ordered, brought in and given up, over the API alone. */
import { beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { onEveryDeployment } from '../support/deployments.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runGateway } from '../support/run-gateway.ts';

const csv = { 'content-type': 'text/csv' };

onEveryDeployment('setting up', (deployment) => {
  let api: ApiClient;
  let receiver: Receiver;
  beforeAll(async () => {
    const place = await deployment.open();
    receiver = await startReceiver();
    place.keep(receiver.close);
    api = createApiClient(await runGateway(place));
    receiver.setSecret((await api.must('POST', '/v1/endpoints', { body: { url: receiver.url } })).secret);
  });

  test('a pool is made, filled from a CSV list, opened to a website, and gives its visitors its numbers', async () => {
    const pool = await api.must('POST', '/v1/pools', { body: { name: 'Ads', policy: { holdMs: 60_000 } } });
    expect(pool).toMatchObject({ policy: { holdMs: 60_000, restMs: 0 }, sharedNumber: null, numbers: {} });
    const list = 'number,monthly_cost,currency\n+12125550121,1.15,USD\n+12125550122,,\n';
    const path = `/v1/numbers/import?poolId=${pool.id}&carrier=sandbox`;
    expect(await api.must('POST', path, { raw: list, headers: csv })).toEqual({ added: 2, kept: 0 });
    expect(await api.must('POST', path, { raw: list, headers: csv })).toEqual({ added: 0, kept: 2 });
    const changed = await api.must('PATCH', `/v1/pools/${pool.id}`, {
      body: { sharedNumber: '+12125550122', policy: { stickyDays: 3, holdMs: null } },
    });
    expect(changed).toMatchObject({ sharedNumber: '+12125550122', policy: { stickyDays: 3, holdMs: 30_000 } });
    expect(changed.numbers).toEqual({ active: 2 });
    const site = { name: 'Ads', origins: ['https://ads.example'], poolId: pool.id };
    const website = await api.must('POST', '/v1/websites', { body: site });
    expect((await api.must('GET', '/v1/websites')).items).toContainEqual(website);
    const shown = await api.must('POST', '/v1/visits', {
      as: 'page',
      body: { url: 'https://ads.example/' },
      headers: { origin: 'https://ads.example' },
    });
    expect(shown.number).toMatchObject({ e164: '+12125550121', shared: false });
    const { items } = await api.must('GET', `/v1/numbers?poolId=${pool.id}`);
    expect(items[0]).toMatchObject({
      kind: 'did',
      region: 'US-NY',
      monthlyCost: { amount: '1.1500', currency: 'USD' },
    });
  });

  test('a list with faults names each line and field, and brings in nothing', async () => {
    const list = 'number,failover\n+12125550131,\n5035550132,\n+12125550133,+12125550133\n';
    const refused = await api.send('POST', '/v1/numbers/import?carrier=sandbox', { raw: list, headers: csv });
    expect(refused.status).toBe(400);
    expect(refused.body.fields.map(({ field }: { field: string }) => field)).toEqual([
      'line 3: number',
      'line 4: failover',
    ]);
    const json = { numbers: [{ number: '+12125550131' }, { number: 'x', carrier: 'sandbox' }] };
    const same = await api.send('POST', '/v1/numbers/import', { body: json });
    expect(same.body.fields.map(({ field }: { field: string }) => field)).toEqual([
      'numbers.0: carrier',
      'numbers.1: number',
    ]);
    expect(JSON.stringify(await api.must('GET', '/v1/numbers'))).not.toContain('+12125550131');
  });

  test('a number is found, ordered once, in use when the carrier has it, and given back', async () => {
    const found = await api.must('GET', '/v1/numbers/available?carrier=sandbox&areaCode=646&contains=0155');
    expect(found.items).toMatchObject([{ number: '+16465550155', capabilities: ['voice', 'sms'] }]);
    const order = { body: { number: '+16465550155', carrier: 'sandbox' }, headers: { 'idempotency-key': 'order-1' } };
    const ordered = await api.must('POST', '/v1/numbers/order', order);
    expect(ordered).toMatchObject({ state: 'ordered', task: 'buy' });
    expect((await api.must('POST', '/v1/numbers/order', order)).id).toBe(ordered.id);
    await receiver.waitFor('number.activated', ordered.id);
    const twice = await api.send('POST', '/v1/numbers/order', { body: order.body });
    expect(twice).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const path = `/v1/numbers/${ordered.id}`;
    expect(await api.must('GET', path)).toMatchObject({ state: 'active', release: { releasable: true } });
    await api.must('POST', `${path}/state`, { body: { to: 'release', reason: 'too many' } });
    await receiver.waitFor('number.released', ordered.id);
    const { history } = await api.must('GET', path);
    expect(history.map(({ event }: { event: string }) => event)).toEqual(['gone', 'order-release', 'bought', 'order']);
  });

  test('a number that is called is not given up, and the answer says why', async () => {
    const { items } = await api.must('GET', '/v1/numbers?state=active&limit=1');
    const { id, number } = items[0];
    await api.must('POST', '/carriers/sandbox/calls', { as: 'nobody', body: { from: '+12125550142', to: number } });
    const refused = await api.send('POST', `/v1/numbers/${id}/state`, { body: { to: 'release' } });
    expect(refused).toMatchObject({ status: 409 });
    const { release } = await api.must('GET', `/v1/numbers/${id}`);
    expect(release).toMatchObject({
      releasable: false,
      callsSeen: 1,
      reasons: expect.arrayContaining([expect.stringMatching(/^calls or texts in the last 7 days: 1, the last at /)]),
    });
  });

  test('what is known of a number is changed field by field', async () => {
    const { id } = await api.must('POST', '/v1/numbers', { body: { number: '+12125550141', carrier: 'sandbox' } });
    const change = {
      failover: '+12125550199',
      poolId: null,
      monthlyCost: { amount: '2', currency: 'EUR' },
      kind: 'tfn',
    };
    expect(await api.must('PATCH', `/v1/numbers/${id}`, { body: change })).toMatchObject({
      failover: '+12125550199',
      poolId: null,
      monthlyCost: { amount: '2.0000', currency: 'EUR' },
      kind: 'tfn',
      areaCode: null,
    });
    const own = await api.send('PATCH', `/v1/numbers/${id}`, { body: { failover: '+12125550141' } });
    expect(own.status).toBe(409);
  });

  test('lists go on page by page', async () => {
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page: { items: { number: string }[]; next: string | null } = await api.must(
        'GET',
        `/v1/numbers?limit=3${next === '' ? '' : `&before=${next}`}`,
      );
      seen.push(...page.items.map(({ number }) => number));
      next = page.next;
    }
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen.length).toBeGreaterThanOrEqual(8);
  });

  test.each([
    ['POST', '/v1/pools', { name: 'x', policy: { holdMS: 1 } }, 400, 'policy'],
    [
      'POST',
      '/v1/pools',
      { name: 'x', policy: { abuse: { livePerVisitorMax: 0 } } },
      400,
      'policy.abuse.livePerVisitorMax',
    ],
    ['POST', '/v1/pools', { name: '' }, 400, 'name'],
    ['PATCH', '/v1/pools/{pool}', { sharedNumber: '+12125550198' }, 400, 'sharedNumber'],
    ['POST', '/v1/websites', { name: 'x', origins: ['https://shop.example/path'], poolId: '{pool}' }, 400, 'origins.0'],
    ['POST', '/v1/websites', { name: 'x', origins: ['*'], poolId: '{pool}' }, 400, 'origins.0'],
    ['POST', '/v1/websites', { name: 'x', origins: ['https://shop.example'], poolId: '{pool}' }, 409, undefined],
    ['POST', '/v1/numbers/order', { number: '+16465550156', carrier: 'twilio' }, 422, undefined],
    ['POST', '/v1/numbers/order', { number: '+16465550156', carrier: 'vonage' }, 422, undefined],
    ['POST', '/v1/numbers/import', { numbers: [] }, 400, 'numbers'],
    ['GET', '/v1/numbers/available?carrier=sandbox&country=DE', undefined, 422, undefined],
    ['GET', '/v1/numbers/available?carrier=sandbox&area=1', undefined, 400, undefined],
  ])('%s %s %j is refused with %i', async (method, path, body, status, field) => {
    const [pool] = (await api.must('GET', '/v1/pools')).items;
    const fill = (text: string) => text.replaceAll('{pool}', pool.id);
    const ask = body === undefined ? {} : { body: JSON.parse(fill(JSON.stringify(body))) };
    const refused = await api.send(method, fill(path), ask);
    expect(refused.status).toBe(status);
    if (field !== undefined)
      expect(refused.body.fields.map((fault: { field: string }) => fault.field)).toContain(field);
  });
});
