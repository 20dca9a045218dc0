/** Numbers through Vonage's REST API, played by nock: the suite of every supplier, and what Vonage alone is asked. */
import nock from 'nock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createVonageNumbers } from '../../../src/carriers/vonage/numbers.ts';
import { webhookUrls } from '../../../src/numbers/number-supplier.ts';
import { numberSupplierSuite, onSale, tollFreeOnSale } from '../../conformance/number-supplier.ts';

const apiUrl = 'https://rest.nexmo.com';
const applicationId = '11111111-1111-4111-8111-111111111111';
const account = { apiKey: 'abcd1234', apiSecret: 'secret12', applicationId, apiUrl };
const numbers = createVonageNumbers(account);
const api = () => nock(apiUrl).matchHeader('authorization', `Basic ${btoa('abcd1234:secret12')}`);
const ok = { 'error-code': '200', 'error-code-label': 'success' };
const failed = { 'error-code': '420', 'error-code-label': 'method failed' };
const features = ['VOICE', 'SMS'];
const held = { e164: onSale, carrierNumberId: onSale.slice(1), capabilities: [] };

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

function playAccount(): void {
  let own: string[] = [];
  const play = api().persist();
  play
    .get('/number/search')
    .query(true)
    .reply(200, (request: Request) => {
      const tollFree = request.url.includes('landline-toll-free');
      const msisdns = tollFree ? [tollFreeOnSale] : [onSale, '+15035550122', tollFreeOnSale];
      return {
        count: msisdns.length,
        numbers: msisdns.map((number) => ({
          country: 'US',
          msisdn: number.slice(1),
          type: number === tollFreeOnSale ? 'landline-toll-free' : 'mobile-lvn',
          cost: '0.90',
          features,
        })),
      };
    });
  play
    .get('/account/numbers')
    .query(true)
    .reply(200, () =>
      own.length === 0 ? {} : { count: 1, numbers: own.map((msisdn) => ({ country: 'US', msisdn, features })) },
    );
  play.post('/number/buy').reply(async (request: Request) => {
    const msisdn = new URLSearchParams(await request.text()).get('msisdn') ?? '';
    if (`+${msisdn}` !== onSale || own.includes(msisdn)) return [420, failed];
    own = [msisdn];
    return [200, ok];
  });
  play.post('/number/update').reply(() => (own.length === 0 ? [420, failed] : [200, ok]));
  play.post('/number/cancel').reply(() => {
    if (own.length === 0) return [420, failed];
    own = [];
    return [200, ok];
  });
}

describe('Vonage', () => {
  beforeEach(playAccount);
  numberSupplierSuite(() => numbers);
});

describe('Vonage alone', () => {
  const urls = webhookUrls('vonage', 'https://lines.example', null);

  test('is told the application that takes calls, and where texts go', async () => {
    const asked = api().post('/number/update', {
      app_id: applicationId,
      country: 'US',
      moHttpUrl: 'https://lines.example/carriers/vonage/messages',
      msisdn: onSale.slice(1),
    });
    const scope = asked.reply(200, ok);
    expect(await numbers.setWebhooks(held, urls)).toEqual({ kind: 'done' });
    expect(scope.isDone()).toBe(true);
  });

  test('is not asked at all without an application: calls would go nowhere', async () => {
    const bare = createVonageNumbers({ ...account, applicationId: null });
    expect(await bare.setWebhooks(held, urls)).toEqual({
      kind: 'refused',
      reason: 'VONAGE_APPLICATION_ID is not set',
    });
  });

  test.each([
    [401, 'refused'],
    [420, 'refused'],
    [429, 'unavailable'],
    [503, 'unavailable'],
  ])('a purchase answered %i is %s', async (status, kind) => {
    api().post('/number/buy').reply(status, failed);
    expect(await numbers.buy(onSale)).toEqual({ kind, reason: `vonage ${status}` });
  });

  test('a purchase refused under HTTP 200 is refused', async () => {
    api().post('/number/buy').reply(200, failed);
    expect(await numbers.buy(onSale)).toEqual({ kind: 'refused', reason: 'vonage 420' });
  });

  test('a purchase that never came back is unavailable, never refused', async () => {
    api().post('/number/buy').replyWithError(new Error('socket hang up'));
    expect(await numbers.buy(onSale)).toEqual({ kind: 'unavailable', reason: 'vonage unreachable' });
  });

  test('a refusal to give up a number that is ours stays a refusal', async () => {
    api().post('/number/cancel').reply(420, failed);
    api()
      .get('/account/numbers')
      .query(true)
      .reply(200, { count: 1, numbers: [{ country: 'US', msisdn: onSale.slice(1), features }] });
    expect(await numbers.release(held)).toEqual({ kind: 'refused', reason: 'vonage 420' });
  });
});
