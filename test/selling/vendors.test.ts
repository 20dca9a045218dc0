/** What leaves for each advertising vendor, word for word, and what its answers mean. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadSettings } from '../../config/load.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { ConversionMessage, ExportStep } from '../../src/selling/conversion-export.ts';
import type { Credentials, Destination, DestinationConfig } from '../../src/selling/destination.ts';
import { createGoogleTokens } from '../../src/selling/google-token.http.ts';
import { createPostVendor } from '../../src/selling/post-vendor.http.ts';
import { createSendConversion } from '../../src/selling/send-conversion.ts';

const occurredAt = Date.parse('2026-05-04T12:00:00Z');
const phone = '+12125550142' as E164;
const message: ConversionMessage = {
  transactionId: 'out_1',
  kind: 'sale',
  occurredAt,
  value: '129.00',
  currency: 'USD',
  talkMs: 61_000,
  visitId: 'visit_1' as VisitId,
  clickedAt: occurredAt - 600_000,
  clicks: { gclid: 'Cj0', fbclid: 'IwAR0', gaClientId: '123.456' },
};
const sale: ExportStep = { kind: 'send', message, lowersBy: null };
const call: ExportStep = {
  kind: 'send',
  message: { ...message, kind: 'call', value: null, currency: null },
  lowersBy: null,
};
const retraction: ExportStep = { kind: 'retract', message, lowersBy: '129.00' };
const common = { hashedPhone: true, withoutClick: false };
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const ga4 = to(
  { kind: 'ga4', config: { measurementId: 'G-TEST123', sends: ['call', 'sale'] } },
  { kind: 'ga4', apiSecret: 'quiet' },
);
const googleConfig = {
  customerId: '1112223333',
  loginCustomerId: null,
  callActionId: '7',
  saleActionId: '8',
  ...common,
};
const googleAds = to(
  { kind: 'google-ads', config: googleConfig },
  { kind: 'google-ads', clientEmail: 'exports@shop.example', privateKey },
);
const meta = to(
  { kind: 'meta', config: { datasetId: '999', testEventCode: 'TEST1', sends: ['call', 'sale'], ...common } },
  { kind: 'meta', accessToken: 'EAA0' },
);

function to(config: DestinationConfig, credentials: Credentials) {
  return { destination: { ...config, enabled: true, minProbability: 0.8 } as Destination, credentials };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The product's own senders at the vendors' own addresses; tokens are had anew in each test. */
function sender(urls: object = {}) {
  const loaded = loadSettings({});
  if (loaded.kind === 'faults') throw new Error('the defaults are faulty');
  const { vendors } = loaded.settings;
  const clock = { now: () => occurredAt + 60_000 };
  return createSendConversion({
    post: createPostVendor({ clock, urls: { ...vendors, ...urls } }),
    googleTokens: createGoogleTokens({ oauthUrl: vendors.googleOauth }),
  });
}

/** Answers one POST that bears `headers`, and hands out its body. */
function hear(host: string, path: string, status: number, answer?: nock.Body, headers: Record<string, string> = {}) {
  const heard: { body?: unknown } = {};
  nock(host, { reqheaders: headers })
    .post(path, (body: unknown) => {
      heard.body = body;
      return true;
    })
    .reply(status, answer);
  return heard;
}

const ga4Host = 'https://www.google-analytics.com';
const ga4Path = '/mp/collect?measurement_id=G-TEST123&api_secret=quiet';
const googleHost = 'https://datamanager.googleapis.com';
const metaHost = 'https://graph.facebook.com';
const metaPath = '/v25.0/999/events';

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  const unasked = nock.pendingMocks();
  nock.cleanAll();
  if (unasked.length > 0) throw new Error(`never asked: ${unasked.join(', ')}`);
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

describe('GA4', () => {
  test('hears of a purchase under its client, dated back', async () => {
    const heard = hear(ga4Host, ga4Path, 204);
    expect(await sender()(ga4, sale, phone)).toEqual({ kind: 'taken' });
    expect(heard.body).toEqual({
      client_id: '123.456',
      timestamp_micros: occurredAt * 1_000,
      consent: { ad_user_data: 'GRANTED' },
      events: [
        {
          name: 'purchase',
          params: { transaction_id: 'out_1', currency: 'USD', value: 129, engagement_time_msec: 61_000 },
        },
      ],
    });
  });

  test('hears of a call, and of a refund by the difference', async () => {
    const first = hear(ga4Host, ga4Path, 204);
    await sender()(ga4, call, phone);
    expect(first.body).toMatchObject({ events: [{ name: 'phone_call', params: { engagement_time_msec: 61_000 } }] });
    const second = hear(ga4Host, ga4Path, 204);
    await sender()(ga4, retraction, phone);
    expect(second.body).toMatchObject({
      events: [{ name: 'refund', params: { transaction_id: 'out_1', currency: 'USD', value: 129 } }],
    });
    expect(second.body).not.toHaveProperty('timestamp_micros');
  });
});

describe('Google Ads', () => {
  const token = () =>
    nock('https://oauth2.googleapis.com').post('/token').reply(200, { access_token: 'ya29', expires_in: 3_600 });

  test('hears of a sale as an event of its click, with the hashed number', async () => {
    token();
    const bearing = { authorization: 'Bearer ya29' };
    const heard = hear(googleHost, '/v1/events:ingest', 200, { requestId: 'r1' }, bearing);
    expect(await sender()(googleAds, sale, phone)).toEqual({ kind: 'taken' });
    expect(heard.body).toEqual({
      destinations: [
        { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1112223333' }, productDestinationId: '8' },
      ],
      encoding: 'HEX',
      events: [
        {
          transactionId: 'out_1',
          eventTimestamp: '2026-05-04T12:00:00.000Z',
          eventSource: 'PHONE',
          consent: { adUserData: 'CONSENT_GRANTED' },
          conversionValue: 129,
          currency: 'USD',
          adIdentifiers: { gclid: 'Cj0' },
          userData: { userIdentifiers: [{ phoneNumber: sha256('+12125550142') }] },
        },
      ],
    });
  });

  test('has one token for many events, and is told of a retraction as the same event worth nothing', async () => {
    token();
    const send = sender();
    hear(googleHost, '/v1/events:ingest', 200);
    await send(googleAds, call, null);
    const heard = hear(googleHost, '/v1/events:ingest', 200);
    await send(googleAds, retraction, null);
    expect(heard.body).toMatchObject({ events: [{ transactionId: 'out_1', conversionValue: 0, currency: 'USD' }] });
    expect(heard.body).not.toHaveProperty('events[0].userData');
  });

  test('is given an app’s click without personal data', async () => {
    token();
    const heard = hear(googleHost, '/v1/events:ingest', 200);
    await sender()(googleAds, { ...sale, message: { ...message, clicks: { wbraid: 'w1' } } }, phone);
    expect(heard.body).toMatchObject({ events: [{ adIdentifiers: { wbraid: 'w1' } }] });
    expect(heard.body).not.toHaveProperty('events[0].userData');
  });

  test('whose token is not to be had is asked later, and a key that is none never', async () => {
    nock('https://oauth2.googleapis.com').post('/token').reply(400, { error: 'invalid_grant' });
    expect(await sender()(googleAds, sale, phone)).toEqual({
      kind: 'later',
      error: 'Google gave no access token: status 400',
      retryAfterMs: null,
    });
    const broken = { ...googleAds, credentials: { ...googleAds.credentials, privateKey: 'nonsense' } as Credentials };
    expect(await sender()(broken, sale, phone)).toMatchObject({ kind: 'refused' });
  });
});

describe('Meta', () => {
  test('hears of a sale by click and hashed digits, under an id of its own', async () => {
    const heard = hear(metaHost, metaPath, 200, { events_received: 1 });
    expect(await sender()(meta, sale, phone)).toEqual({ kind: 'taken' });
    expect(heard.body).toEqual({
      access_token: 'EAA0',
      test_event_code: 'TEST1',
      data: [
        {
          event_name: 'Purchase',
          event_time: occurredAt / 1_000,
          event_id: 'out_1',
          action_source: 'phone_call',
          user_data: { fbc: `fb.1.${occurredAt - 600_000}.IwAR0`, ph: [sha256('12125550142')] },
          custom_data: { currency: 'USD', value: 129, order_id: 'out_1' },
        },
      ],
    });
  });

  test.each([
    ['an unknown fault', 500, { error: { code: 1 } }, { kind: 'later', error: 'status 500: code 1' }],
    ['too many calls', 400, { error: { code: 4 } }, { kind: 'later', error: 'status 400: code 4' }],
    ['an expired token', 400, { error: { code: 190 } }, { kind: 'later' }],
    ['a passing fault', 400, { error: { code: 2_804_000, is_transient: true } }, { kind: 'later' }],
    [
      'an invalid parameter',
      400,
      { error: { code: 100, error_subcode: 2_804_003, message: `for ${phone}` } },
      { kind: 'refused', error: 'status 400: code 100/2804003' },
    ],
  ])('answering %s', async (_what, status, body, answer) => {
    hear(metaHost, metaPath, status, body);
    expect(await sender()(meta, sale, phone)).toMatchObject(answer);
  });
});

describe('any vendor', () => {
  test.each([
    ['429', 429, { kind: 'later', error: 'status 429' }],
    ['503', 503, { kind: 'later', error: 'status 503' }],
    ['401', 401, { kind: 'later', error: 'status 401' }],
    ['504, which says nothing of what is behind it', 504, { kind: 'unsure', error: 'status 504' }],
    ['404', 404, { kind: 'refused', error: 'status 404' }],
    ['a redirect, which is not followed', 302, { kind: 'refused', error: 'status 302' }],
  ])('answering %s', async (_what, status, answer) => {
    hear(ga4Host, ga4Path, status, 'x'.repeat(200_000));
    expect(await sender()(ga4, call, phone)).toMatchObject(answer);
  });

  test('says with Retry-After how long to wait', async () => {
    nock(ga4Host).post(ga4Path).reply(429, '', { 'retry-after': '120' });
    expect(await sender()(ga4, call, phone)).toMatchObject({ kind: 'later', retryAfterMs: 120_000 });
  });

  test('that cannot be reached was told nothing; one that hangs up may have been', async () => {
    const fault = (code: string) =>
      nock(ga4Host)
        .post(ga4Path)
        .replyWithError(Object.assign(new Error(code), { code }));
    fault('ECONNREFUSED');
    expect(await sender()(ga4, call, phone)).toEqual({ kind: 'later', error: 'ECONNREFUSED', retryAfterMs: null });
    fault('ECONNRESET');
    expect(await sender()(ga4, call, phone)).toEqual({ kind: 'unsure', error: 'ECONNRESET' });
  });

  test('may stand behind a proxy of the operator’s', async () => {
    const heard = hear('http://proxy.example:8443', ga4Path, 204);
    expect(await sender({ ga4: 'http://proxy.example:8443' })(ga4, call, null)).toEqual({ kind: 'taken' });
    expect(heard.body).toMatchObject({ client_id: '123.456' });
  });
});
