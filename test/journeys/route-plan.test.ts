/** Route plans and the decision hook over HTTP alone: saved by the API, asked of a real server, heard on the sandbox. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { onEveryDeployment, type Place } from '../support/deployments.ts';
import { caller, openShop, openVisit, theCall } from '../support/open-shop.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const elsewhere = '+15035550177';
const shared = '+15035550108';

/** A contact centre's decision server on loopback, until the test ends. */
async function listen(place: Pick<Place, 'keep'>, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.keep(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/decide`;
}

onEveryDeployment('a route plan', (deployment) => {
  const setup = async () => {
    const place = await deployment.open();
    const shop = await openShop(place);
    const { items } = await shop.api.must('GET', '/v1/numbers');
    const number = items.find((one: { number: string }) => one.number === shared);
    return { place, shop, api: shop.api, phones: createPhones(shop.api), number };
  };

  test('is saved, read, tried out for any instant, followed by calls and taken away', async () => {
    const { api, phones, number, shop } = await setup();
    const path = `/v1/numbers/${number.id}/route-plan`;
    expect(await api.send('GET', path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const weekly = { monday: [{ from: '09:00', to: '17:00' }] };
    const hours = { timeZone: 'America/New_York', weekly };
    const closed = { action: 'hang-up', announcement: 'Call again on Monday.' };
    const saved = await api.must('PUT', path, { body: { hours, closed, announcement: 'Welcome.', product: 'solar' } });
    expect(saved).toMatchObject({ scope: 'number', subjectId: number.id, version: 1, plan: { product: 'solar' } });
    expect(await api.must('GET', path)).toEqual(saved);

    const at = async (instant: string) => api.must('GET', `${path}/effective?at=${instant}`);
    expect(await at('2026-05-04T13:00:00Z')).toMatchObject({
      source: 'number',
      version: 1,
      open: true,
      changesAt: '2026-05-04T21:00:00.000Z',
      asksHook: false,
      decision: { opening: ['Welcome.'], closed: null, waitUntil: '2026-05-04T13:01:00.000Z' },
    });
    expect(await at('2026-05-04T12:59:59Z')).toMatchObject({ open: false, decision: { opening: [], closed } });

    await api.must('PUT', '/v1/route-plan', { body: { announcement: 'Of us all.' } });
    await api.must('PUT', path, { body: { hours: { ...hours, weekly: {} }, closed } });
    const line = await phones.dial(caller, shared);
    expect(line).toMatchObject({ state: 'completed', hears: [expect.stringMatching(/Call again on Monday/)] });
    expect(await theCall(shop)).toMatchObject({
      verdict: { slug: 'closed' },
      plan: { source: 'number', version: 2, hook: null },
    });

    expect(await api.send('DELETE', path)).toMatchObject({ status: 204 });
    expect(await api.send('DELETE', path)).toMatchObject({ status: 404 });
    const now = await api.must('GET', `${path}/effective`);
    expect(now).toMatchObject({ source: 'enterprise', decision: { opening: ['Of us all.'] } });
    const next = await phones.dial(caller, shared);
    expect(next.hears[0]).toMatch(/Of us all\./);
  });

  test('is refused by field, problem and cure', async () => {
    const { api, number } = await setup();
    const path = `/v1/numbers/${number.id}/route-plan`;
    const refused = async (body: object) => {
      const reply = await api.send('PUT', path, { body });
      return [reply.status, reply.body.code, ...(reply.body.fields ?? []).map((one: { field: string }) => one.field)];
    };
    expect(await refused({ hours: { timeZone: 'Mars/Olympus', weekly: {} }, waitMs: 1 })).toEqual([
      400,
      'invalid-request',
      'hours.timeZone',
      'waitMs',
    ]);
    expect(await refused({ failover: '+442079460123' })).toEqual([422, 'destination-denied', 'failover']);
    expect(await refused({ record: true })).toEqual([422, 'carrier-incapable', 'record']);
    expect((await api.send('GET', path)).status).toBe(404);
    const unknown = `/v1/numbers/${number.id.slice(0, -1)}${number.id.endsWith('0') ? 1 : 0}/route-plan`;
    expect(await api.send('PUT', unknown, { body: {} })).toMatchObject({ status: 404 });
    expect(await api.send('PUT', path, { body: {}, as: 'nobody' })).toMatchObject({ status: 401 });

    const destinations = '/v1/allowed-destinations';
    expect(await api.must('GET', destinations)).toEqual({ countries: ['US'], areNamed: false, sipHosts: [] });
    expect(await api.send('PUT', destinations, { body: { countries: ['US', 'XX'] } })).toMatchObject({
      body: { fields: [{ field: 'countries.1' }] },
    });
    await api.must('PUT', destinations, { body: { countries: ['US', 'GB'] } });
    expect(await refused({ failover: '+442079460123' })).toEqual([200, undefined]);
  });

  test('gives way to what the decision hook answers, asked with the campaign and signed', async () => {
    const { place, api, phones, shop } = await setup();
    const asked: { body: string; headers: Record<string, string> }[] = [];
    const url = await listen(place, async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request)).toString();
      asked.push({ body, headers: request.headers as Record<string, string> });
      response.end(JSON.stringify({ handOver: { to: elsewhere } }));
    });
    const { secret, ...made } = await api.must('PUT', '/v1/decision-hook', { body: { url } });
    expect(made).toMatchObject({ url, enabled: true, timeoutMs: 1_000, circuit: 'closed', failures: [] });
    const opened = await openVisit(shop);
    await phones.dial(caller, opened.number.e164);
    const handedOver = await phones.ringing([elsewhere]);
    await phones.act(`/calls/${handedOver.id}/answer`);
    const call = await theCall(shop);
    expect(call).toMatchObject({ state: 'failover', plan: { source: 'hook', hook: { outcome: 'planned' } } });
    const [{ body, headers }] = asked as [(typeof asked)[0]];
    const told = new Webhook(secret).verify(body, headers) as { type: string; data: object };
    expect(told).toMatchObject({
      type: 'call.decide',
      data: {
        callId: call.id,
        from: caller,
        attestation: 'A',
        assurance: 'L1',
        attribution: { decision: 'credited', visitId: opened.visit.id },
      },
    });
    expect(await shop.receiver.waitFor('call.planned', call.id)).toBeDefined();
    expect((await api.must('PUT', '/v1/decision-hook', { body: { url } })).secret).toBeNull();
    const metrics = await api.send('GET', '/metrics');
    expect(metrics.text).toMatch(/linekeeper_decision_hook_seconds_count\{outcome="planned"\} 1/);
  });

  test('stands when the hook is silent: the caller is answered within the time, and the failure is shown', async () => {
    const { place, api, phones } = await setup();
    const url = await listen(place, () => undefined);
    await api.must('PUT', '/v1/decision-hook', { body: { url, timeoutMs: 200 } });
    await api.must('PUT', '/v1/route-plan', { body: { announcement: 'Ours.' } });
    const from = performance.now();
    const line = await phones.dial(caller, shared);
    const tookMs = performance.now() - from;
    expect(line.hears[0]).toMatch(/Ours\./);
    expect(tookMs).toBeGreaterThanOrEqual(190);
    expect(tookMs).toBeLessThan(limits.callAnswerTimeoutMs);
    await expect
      .poll(async () => (await api.must('GET', '/v1/decision-hook')).failures)
      .toMatchObject([{ outcome: 'late' }]);
  });

  test('stands when nobody listens at the hook, and a hook inside our own network is not registered', async () => {
    const { api, phones, shop } = await setup();
    expect(await api.send('GET', '/v1/decision-hook')).toMatchObject({ status: 404 });
    expect(await api.send('PUT', '/v1/decision-hook', { body: { url: 'https://10.0.0.1/decide' } })).toMatchObject({
      status: 400,
      body: { fields: [{ field: 'url' }] },
    });
    await api.must('PUT', '/v1/decision-hook', { body: { url: 'http://127.0.0.1:9/decide' } });
    await phones.dial(caller, shared);
    expect(await theCall(shop)).toMatchObject({ plan: { source: 'default', hook: { outcome: 'unreachable' } } });
    const { secret } = await api.must('POST', '/v1/decision-hook/rotate-secret');
    expect(secret).toMatch(/^whsec_/);
  });
});
