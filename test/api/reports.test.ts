/** Reports, conversions, costs and destinations as they are asked for over HTTP, rightly and wrongly. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { embeddedDeployment } from '../support/deployments.ts';
import { runGateway } from '../support/run-gateway.ts';

const tail = '0'.repeat(26);
const csv = { accept: 'text/csv' };
const ga4 = { kind: 'ga4', name: 'Web', config: { measurementId: 'G-TEST123' }, credentials: { apiSecret: 'quiet' } };
const sale = { externalId: 'order-1', kind: 'sale', value: '10.00', currency: 'USD' };

describe('the reports’ routes', () => {
  const deployment = embeddedDeployment();
  let api: ApiClient;
  beforeAll(async () => {
    api = createApiClient(await runGateway(await deployment.open()));
  });

  test('give campaigns as CSV that no spreadsheet takes for formulas', async () => {
    const url = 'https://shop.example/';
    const { visit } = await api.must('POST', '/v1/visits', {
      as: 'page',
      body: { url, utmCampaign: '=HYPERLINK("x")' },
    });
    // The record knows a visit that taps at once, others a moment later.
    await api.must('POST', `/v1/visits/${visit.id}/beat`, { as: 'page', body: { tap: 'tel' } });
    await api.must('POST', '/v1/spend', {
      body: {
        date: new Date().toISOString().slice(0, 10),
        campaign: 'spring, early',
        amount: '12.50',
        currency: 'USD',
      },
    });
    const reply = await api.send('GET', '/v1/reports/campaigns', { headers: csv });
    expect(reply).toMatchObject({ status: 200, type: 'text/csv; charset=utf-8' });
    const [header, ...lines] = reply.text.trimEnd().split('\r\n');
    expect(header).toMatch(/^group,kind,visits,.*,spend USD,numberCost USD,costPerCall USD$/);
    expect(lines.map((line) => line.slice(0, 22))).toEqual([
      expect.stringMatching(/^"'=HYPERLINK/),
      '"spring, early",named,',
      '(none),none,0,0,0,0,0,',
      expect.stringMatching(/^\(total\),total,1,/),
    ]);
  });

  test('give a pool by the hour, as JSON and as CSV', async () => {
    const { items } = await api.must('GET', '/v1/numbers');
    const path = `/v1/reports/pools/${items[0].poolId}?per=hour&from=2026-05-04&to=2026-05-04&timeZone=Asia/Tokyo`;
    const report = await api.must('GET', path);
    expect(report).toMatchObject({ from: '2026-05-03T15:00:00.000Z', per: 'hour', timeZone: 'Asia/Tokyo' });
    expect(report.buckets).toHaveLength(24);
    const text = (await api.send('GET', path, { headers: csv })).text;
    expect(text.split('\r\n')[0]).toBe(
      'start,end,visits,overflow,leases,peakLeases,numbersInUse,calls,creditedCalls,averageProbability',
    );
  });

  test('take a conversion once, and say so when it comes again', async () => {
    expect(await api.send('POST', '/v1/conversions', { body: sale })).toMatchObject({ status: 201 });
    expect(await api.send('POST', '/v1/conversions', { body: sale })).toMatchObject({ status: 200 });
    const other = { ...sale, value: '11.00' };
    expect(await api.send('POST', '/v1/conversions', { body: other })).toMatchObject({ body: { code: 'conflict' } });
  });

  test('keep a destination’s credentials to themselves, and replace its parts', async () => {
    const made = await api.must('POST', '/v1/destinations', { body: ga4 });
    expect(made).toMatchObject({ kind: 'ga4', enabled: true, minProbability: 0.8 });
    expect(made.config).toEqual({ measurementId: 'G-TEST123', sends: ['call', 'sale'] });
    const change = { enabled: false, credentials: { apiSecret: 'other' } };
    const changed = await api.must('PATCH', `/v1/destinations/${made.id}`, { body: change });
    expect(changed).toEqual({ ...made, enabled: false });
    const wrong = { config: { datasetId: '1' } };
    expect(await api.send('PATCH', `/v1/destinations/${made.id}`, { body: wrong })).toMatchObject({
      body: { code: 'invalid-request', fields: [{ field: 'config.measurementId' }, { field: 'config' }] },
    });
  });

  test.each<[string, string, string, object | null, string, string | null]>([
    ['a day that is none', 'GET', '/v1/reports/campaigns?from=2026-02-30', null, 'invalid-request', 'from'],
    ['an offset for a zone', 'GET', '/v1/reports/campaigns?timeZone=%2B02:00', null, 'invalid-request', 'timeZone'],
    ['a zone nobody knows', 'GET', '/v1/reports/campaigns?timeZone=Moon/Base', null, 'invalid-request', 'timeZone'],
    ['a grouping nobody knows', 'GET', '/v1/reports/campaigns?by=mood', null, 'invalid-request', 'by'],
    ['a pool nobody knows', 'GET', `/v1/reports/pools/pool_${tail}`, null, 'not-found', null],
    [
      'a sale without a value',
      'POST',
      '/v1/conversions',
      { externalId: 'a', kind: 'sale' },
      'invalid-request',
      'value',
    ],
    [
      'a sale to come',
      'POST',
      '/v1/conversions',
      { ...sale, occurredAt: '2999-01-01T00:00:00Z' },
      'invalid-request',
      'occurredAt',
    ],
    ['a refund of nothing', 'POST', '/v1/conversions', { ...sale, kind: 'refund' }, 'invalid-request', 'refundOf'],
    [
      'a refund before its sale',
      'POST',
      '/v1/conversions',
      { ...sale, externalId: 'r', kind: 'refund', refundOf: 'x' },
      'not-found',
      null,
    ],
    [
      'a sale on a visit nobody knows',
      'POST',
      '/v1/conversions',
      { ...sale, externalId: 'v', visitId: `visit_${tail}` },
      'not-found',
      null,
    ],
    [
      'a negative cost',
      'POST',
      '/v1/spend',
      { date: '2026-05-04', campaign: 'a', amount: '-1', currency: 'USD' },
      'invalid-request',
      'amount',
    ],
    ['a destination nobody knows', 'PATCH', `/v1/destinations/dest_${tail}`, { enabled: true }, 'not-found', null],
    ['a vendor nobody knows', 'POST', '/v1/destinations', { ...ga4, kind: 'pigeon' }, 'invalid-request', 'kind'],
    ['a replay of no export', 'POST', `/v1/exports/exp_${tail}/replay`, null, 'not-found', null],
  ])('refuse %s', async (_what, method, path, body, code, field) => {
    const reply = await api.send(method, path, body === null ? {} : { body });
    expect(reply.body).toMatchObject({ code });
    if (field !== null) expect(reply.body.fields.map((fault: { field: string }) => fault.field)).toContain(field);
  });
});
