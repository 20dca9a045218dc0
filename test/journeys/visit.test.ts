/** What a visitor is shown, and what a second start of the gateway finds. */
import { expect, test } from 'vitest';
import { createApiClient } from '../support/api-client.ts';
import { onEveryDeployment } from '../support/deployments.ts';
import { caller, openShop, openVisit, theCall, twilioEnvironment } from '../support/open-shop.ts';
import { runGateway } from '../support/run-gateway.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const ownNumbers = 7;
const shared = '+15035550108';

onEveryDeployment('visits and restarts', (deployment) => {
  test('a visitor who comes back is given the same number when it is free', async () => {
    const place = await deployment.open();
    const shop = await openShop(place);
    await openVisit(shop);
    const first = await openVisit(shop, 'visitor-1');
    await shop.gateway.close();
    await place.record((db) =>
      db
        .updateTable('lease')
        .set({ expires_at: new Date(0) })
        .execute(),
    );
    const gateway = await runGateway(place, twilioEnvironment(shop.farEnd));
    const api = createApiClient(gateway);
    await openVisit({ api });
    const again = await openVisit({ api }, 'visitor-1');
    expect(again.number).toEqual(first.number);
    expect(again.visit.id).not.toBe(first.visit.id);
  });

  test('two visitors never hold one number, and a pool that is used up shows the shared one and says so', async () => {
    const shop = await openShop(await deployment.open());
    const opened = await Promise.all(Array.from({ length: ownNumbers }, () => openVisit(shop)));
    expect(new Set(opened.map(({ number }) => number.e164)).size).toBe(ownNumbers);
    expect(opened.every(({ number, lease }) => !number.shared && lease !== null)).toBe(true);
    const late = await openVisit(shop);
    expect(late).toMatchObject({ number: { e164: shared, shared: true }, lease: null });
  });

  test('a beat keeps the number, and says when its lease now ends', async () => {
    const shop = await openShop(await deployment.open());
    const opened = await openVisit(shop);
    const path = `/v1/visits/${opened.visit.id}/beat`;
    const kept = await shop.api.must('POST', path, { as: 'page', body: { engagedSeconds: 30, tap: 'tel' } });
    expect(kept.number).toEqual(opened.number);
    expect(kept.lease.id).toBe(opened.lease.id);
    expect(Date.parse(kept.lease.expiresAt)).toBeGreaterThanOrEqual(Date.parse(opened.lease.expiresAt));
    expect(await shop.api.must('GET', `/v1/visits/${opened.visit.id}`)).toMatchObject({ engagedSeconds: 30 });
  });

  test('a second start finds everything the first has left: keys, numbers, calls, endpoints', async () => {
    const place = await deployment.open();
    const shop = await openShop(place);
    const { number } = await openVisit(shop);
    const phones = createPhones(shop.api);
    const line = await phones.dial(caller, number.e164);
    await phones.act(`/calls/${line.id}/hang-up`);
    const { id } = await theCall(shop);
    await shop.receiver.waitFor('call.ended', id);
    const before = await theCall(shop);
    const endpoints = await shop.api.must('GET', '/v1/endpoints');
    await shop.gateway.close();
    const gateway = await runGateway(place, twilioEnvironment(shop.farEnd));
    expect(gateway.practice).toEqual(shop.gateway.practice);
    const api = createApiClient(gateway);
    expect(await theCall({ api })).toEqual(before);
    expect(await api.must('GET', '/v1/endpoints')).toEqual(endpoints);
    expect((await api.must('GET', '/v1/numbers')).items).toHaveLength(ownNumbers + 1);
    await createPhones(api).dial(caller, shared);
    await shop.receiver.waitFor('call.offered', (await api.must('GET', '/v1/calls')).items[0].id);
  });
});
