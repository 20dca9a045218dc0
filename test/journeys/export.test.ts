/** From the click on an advertisement to the sale by phone, told to the vendor once, with a restart on the way. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { onEveryDeployment } from '../support/deployments.ts';
import { caller, theCall } from '../support/open-shop.ts';
import { runGateway } from '../support/run-gateway.ts';
import { createPhones } from '../support/sandbox-phones.ts';
import { standInForVendor } from '../support/vendor-stand-in.ts';

const ingest = '/v1/events:ingest';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const destination = {
  kind: 'google-ads',
  name: 'Ads',
  config: { customerId: '1112223333', saleActionId: '8' },
  credentials: { clientEmail: 'exports@shop.example', privateKey },
};
const arrival = { url: 'https://shop.example/pricing', utmCampaign: 'spring', gclid: 'Cj0', consent: 'granted' };

/** A visitor comes by an advertisement, calls, and talks to an agent. */
async function callFromAdvertisement(api: ApiClient): Promise<string> {
  const opened = await api.must('POST', '/v1/visits', { as: 'page', body: arrival });
  const phones = createPhones(api);
  const line = await phones.dial(caller, opened.number.e164);
  const agent = await phones.ringing();
  await phones.act(`/calls/${agent.id}/answer`);
  await phones.act(`/calls/${agent.id}/press`, { digits: '1' });
  await phones.act(`/calls/${line.id}/hang-up`);
  return (await theCall({ api })).id;
}

/** The one export there is, once it stands so. */
async function theExport(api: ApiClient, state: string, lastError: string | null) {
  const find = async () => (await api.must('GET', '/v1/exports')).items;
  await expect.poll(find, { timeout: 8_000, interval: 20 }).toMatchObject([{ kind: 'sale', state, lastError }]);
  return (await find())[0];
}

onEveryDeployment('a sale by phone', (deployment) => {
  test('is exported to Google Ads once, through a failure, a restart and a replay', async () => {
    const place = await deployment.open();
    const vendor = await standInForVendor(place);
    const environment = { GOOGLE_DATA_MANAGER_URL: vendor.url, GOOGLE_OAUTH_URL: vendor.url };
    const first = await runGateway(place, environment);
    const api = createApiClient(first);
    const made = await api.must('POST', '/v1/destinations', { body: destination });
    expect(JSON.stringify([made, await api.must('GET', '/v1/destinations')])).not.toMatch(/PRIVATE|credentials/);
    vendor.answer(503);
    const callId = await callFromAdvertisement(api);
    const sale = { disposition: 'sale', value: '129.00', currency: 'USD' };
    await api.must('POST', `/v1/calls/${callId}/outcome`, { body: sale });
    expect(await theExport(api, 'waiting', 'status 503')).toMatchObject({ callId, value: null });
    await first.close();
    vendor.answer(200);
    await place.record((db) =>
      db
        .updateTable('outbox')
        .set({ due_at: new Date(0) })
        .where('kind', '=', 'conversion.export')
        .execute(),
    );

    const again = createApiClient(await runGateway(place, environment));
    const sent = await theExport(again, 'sent', null);
    expect(sent.value).toBe('129.00');
    expect(await again.send('POST', `/v1/exports/${sent.id}/replay`)).toMatchObject({ status: 409 });
    const told = vendor.posted(ingest);
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual(told[0]);
    expect(told[1]).toMatchObject({
      events: [{ transactionId: sent.conversion, conversionValue: 129, adIdentifiers: { gclid: 'Cj0' } }],
    });
    expect(JSON.stringify(told)).not.toContain(caller.slice(1));

    const report = await again.must('GET', '/v1/reports/campaigns?by=campaign');
    expect(report.rows).toMatchObject([
      { group: 'spring', visits: 1, calls: 1, phoneSales: 1, conversionRate: 1, money: [{ netValue: '129.00' }] },
      { kind: 'none', calls: 0 },
    ]);
  });
});
