/** The campaign report: everything that took place stands in some row, once, and by the latest belief. */
import { beforeAll, expect, test } from 'vitest';
import type { CampaignRow, CampaignTable } from '../../src/api/reports/campaign-table.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { onEveryStore } from '../support/stores.ts';
import { stageCampaigns } from './staged-campaigns.ts';

function row({ rows }: CampaignTable, group: string): CampaignRow {
  const found = rows.find((one) => one.group === group);
  if (found === undefined) throw new Error(`no row ${group}: ${rows.map((one) => one.group).join(', ')}`);
  return found;
}

function money({ money: all }: CampaignRow, currency = 'USD') {
  return all.find((one) => one.currency === currency);
}

onEveryStore('the campaign report', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('of an enterprise nothing has happened to holds zeros and no NaN', async () => {
    const { campaigns } = await stageCampaigns(database);
    const table = await campaigns();
    expect(table.rows).toHaveLength(1);
    expect(table.rows[0]).toMatchObject({ kind: 'none', visits: 0, calls: 0, conversionRate: 0, money: [] });
    expect(table.total).toMatchObject({ kind: 'total', visits: 0, conversionRate: 0 });
    expect(JSON.stringify(table)).not.toMatch(/NaN|null/);
  });

  test('shows a campaign whose visits came to nothing, and one that has calls but no visit in the span', async () => {
    const { visit, call, campaigns, clock } = await stageCampaigns(database);
    await visit('idle');
    clock.at -= 40 * 86_400_000;
    const before = await visit('spring');
    clock.at += 40 * 86_400_000;
    await call({ credited: before });
    const table = await campaigns();
    expect(row(table, 'idle')).toMatchObject({ visits: 1, calls: 0, callers: 0, conversionRate: 0 });
    expect(row(table, 'spring')).toMatchObject({ visits: 0, calls: 1, callers: 1, conversionRate: 0 });
  });

  test('counts a visitor who calls three times, from two visits, as one caller and three calls', async () => {
    const { visit, call, campaigns } = await stageCampaigns(database);
    const [first, second] = [await visit('news', 'ann'), await visit('news', 'ann')];
    for (const credited of [first, first, second]) await call({ credited });
    await call({ credited: await visit('news') });
    expect(row(await campaigns(), 'news')).toMatchObject({ visits: 3, calls: 4, callers: 2 });
  });

  test('drops no call: credited, ambiguous, nobody’s and unattributed ones add up to all of them', async () => {
    const { visit, call, campaigns } = await stageCampaigns(database);
    const [news, mail] = [await visit('news'), await visit('mail')];
    await call({ credited: news });
    await call({
      ambiguous: [
        [news, 0.5],
        [mail, 0.3],
      ],
    });
    await call('nobody', '+12125550142');
    await call('nobody', '+12125550142');
    await call('none', null);
    const table = await campaigns();
    expect(row(table, 'news')).toMatchObject({ calls: 1, expectedCalls: 0.5 });
    expect(row(table, 'mail')).toMatchObject({ calls: 0, expectedCalls: 0.3 });
    expect(row(table, '(none)')).toMatchObject({ calls: 3, callers: 2, expectedCalls: 0.2 });
    const sum = (name: 'calls' | 'expectedCalls') => table.rows.reduce((total, one) => total + one[name], 0);
    expect(sum('calls') + sum('expectedCalls')).toBeCloseTo(5, 6);
    expect(table.total).toMatchObject({ calls: 4, expectedCalls: 1, callers: 3 });
  });

  test('goes by the latest revision', async () => {
    const { visit, call, believe, outcome, campaigns } = await stageCampaigns(database);
    const [news, mail] = [await visit('news'), await visit('mail')];
    const id = await call({ credited: news });
    await outcome(id, 'sale', '80.00');
    await believe(
      id,
      {
        ambiguous: [
          [news, 0.6],
          [mail, 0.4],
        ],
      },
      2,
    );
    expect(row(await campaigns(), 'news')).toMatchObject({ calls: 0, phoneSales: 0, expectedPhoneSales: 0.6 });
    await believe(id, { credited: mail }, 3);
    const table = await campaigns();
    expect(row(table, 'news')).toMatchObject({ calls: 0, expectedCalls: 0, phoneSales: 0, money: [] });
    expect(row(table, 'mail')).toMatchObject({ calls: 1, phoneSales: 1, conversionRate: 1 });
    expect(money(row(table, 'mail'))).toMatchObject({ phoneValue: '80.00', netValue: '80.00' });
  });

  test('takes refunds from what was sold, online and by phone', async () => {
    const { visit, call, outcome, record, campaigns } = await stageCampaigns(database);
    const news = await visit('news', 'ann');
    await record({ externalId: 'order-1', visitorId: 'ann', value: '100.00' });
    await record({ externalId: 'refund-1', kind: 'refund', refundOf: 'order-1', value: '30.00' });
    const id = await call({ credited: news });
    const sale = await outcome(id, 'Sale', '50.00');
    await record({ externalId: 'refund-2', kind: 'refund', refundOf: sale.id, value: '50.00' });
    const told = row(await campaigns(), 'news');
    expect(told).toMatchObject({ onlineSales: 1, phoneSales: 1, refunds: 2, conversionRate: 2 });
    expect(money(told)).toMatchObject({
      onlineValue: '100.00',
      phoneValue: '50.00',
      refundedValue: '-80.00',
      netValue: '70.00',
    });
  });

  test('never adds one currency to another', async () => {
    const { visit, record, campaigns } = await stageCampaigns(database);
    const visitId = await visit('news');
    await record({ externalId: 'a', visitId, value: '10.00' });
    await record({ externalId: 'b', visitId, value: '7.00', currency: 'EUR' });
    await record({ externalId: 'c', value: '3.00' });
    const table = await campaigns();
    expect(row(table, 'news').money.map(({ currency, onlineValue }) => [currency, onlineValue])).toEqual([
      ['EUR', '7.00'],
      ['USD', '10.00'],
    ]);
    expect(money(row(table, '(none)'))?.onlineValue).toBe('3.00');
    expect(money(table.total)?.onlineValue).toBe('13.00');
  });

  test('counts texts by their conversations’ visits', async () => {
    const { visit, text, campaigns } = await stageCampaigns(database);
    const news = await visit('news');
    await text({ credited: news });
    await text({ ambiguous: [[news, 0.25]] });
    await text('nobody');
    const table = await campaigns();
    expect(row(table, 'news')).toMatchObject({ texts: 1, expectedTexts: 0.25 });
    expect(row(table, '(none)')).toMatchObject({ texts: 1, expectedTexts: 0.75 });
  });

  test.each([
    ['source', 'bing'],
    ['medium', 'cpc'],
    ['keyword', '=sum(a1)'],
    ['landingPage', 'https://shop.example/offer'],
  ] as const)('groups by %s', async (by, group) => {
    const { visit, campaigns } = await stageCampaigns(database);
    await visit(null, null, { utmSource: 'bing', utmMedium: 'cpc', utmTerm: '=sum(a1)' });
    expect(row(await campaigns(by), group).visits).toBe(1);
    expect(row(await campaigns(), '(not set)')).toMatchObject({ kind: 'not-set', visits: 1 });
  });

  test('a campaign named like a row of ours stays one of its own', async () => {
    const { visit, call, campaigns } = await stageCampaigns(database);
    await visit('(none)');
    await visit('-');
    await call('nobody');
    const { rows } = await campaigns();
    expect(rows.map(({ kind, group, visits, calls }) => [kind, group, visits, calls])).toEqual([
      ['named', '(none)', 1, 0],
      ['named', '-', 1, 0],
      ['none', '(none)', 0, 1],
    ]);
  });

  test('shares out what was spent and what the numbers cost, by attributed call', async () => {
    const { visit, call, spending, enterpriseId, campaigns, visitDesk, leaseBook, website } =
      await stageCampaigns(database);
    const spend = { enterpriseId, campaign: 'news', currency: 'USD' };
    await spending.put(database.kysely, { ...spend, day: '2026-05-04', amount: '99.00' });
    await spending.put(database.kysely, { ...spend, day: '2026-05-04', amount: '30.00' });
    await spending.put(database.kysely, { ...spend, day: '2026-06-01', amount: '5.00' });
    const facts = { url: 'https://shop.example/', utmCampaign: 'news' };
    expect((await visitDesk.welcome(website, { visitorId: null, facts })).lease).not.toBeNull();
    await leaseBook.settle(website.poolId, null);
    const news = await visit('news');
    await call({ credited: news });
    await call({ credited: news });
    await call('nobody');
    const table = await campaigns();
    expect(row(table, 'news')).toMatchObject({ visits: 2, visitsWithNumber: 1 });
    expect(money(row(table, 'news'))).toMatchObject({ spend: '30.00', costPerCall: '15.00' });
    expect(money(table.total)).toMatchObject({ spend: '30.00', costPerCall: '15.00' });
  });

  test('keeps out what belongs to another enterprise', async () => {
    const mine = await stageCampaigns(database);
    const theirs = await stageCampaigns(database);
    await theirs.call({ credited: await theirs.visit('news') });
    expect((await mine.campaigns()).total).toMatchObject({ visits: 0, calls: 0 });
  });

  test('asks for days of the time zone’s own calendar, and refuses a span that is none', async () => {
    const { reports, enterpriseId } = await stageCampaigns(database);
    const wish = { by: 'campaign', timeZone: 'America/New_York' } as const;
    const { range } = await reports.campaigns(enterpriseId, { ...wish, from: '2026-03-08', to: '2026-03-08' });
    expect(range.from.toISOString()).toBe('2026-03-08T05:00:00.000Z');
    expect(range.to.getTime() - range.from.getTime()).toBe(23 * 3_600_000);
    await expect(
      reports.campaigns(enterpriseId, { ...wish, from: '2026-03-08', to: '2026-03-07' }),
    ).rejects.toMatchObject({ code: 'invalid-request', fields: [{ field: 'to' }] });
    await expect(
      reports.campaigns(enterpriseId, { ...wish, from: '2020-03-08', to: '2026-03-07' }),
    ).rejects.toMatchObject({ code: 'invalid-request', fields: [{ field: 'from' }] });
    await expect(
      reports.campaigns(enterpriseId, { ...wish, from: '2026-03-08', to: '2026-03-08', timeZone: 'Moon/Base' }),
    ).rejects.toMatchObject({ code: 'invalid-request', fields: [{ field: 'timeZone' }] });
  });
});
