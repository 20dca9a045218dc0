/** Numbers through Twilio's REST API, played by nock: the suite of every supplier, and what Twilio alone is asked. */
import nock from 'nock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTwilioNumbers } from '../../../src/carriers/twilio/numbers.ts';
import { webhookUrls } from '../../../src/numbers/number-supplier.ts';
import { numberSupplierSuite, onSale, tollFreeOnSale } from '../../conformance/number-supplier.ts';
import { errorBody, failures, resource, stageTwilio } from './staged-twilio.ts';

const { world, api } = stageTwilio();
const numbers = createTwilioNumbers(world);
const sid = `PN${'6'.repeat(32)}`;
const upper = { voice: true, SMS: true, MMS: false };
const lower = { voice: true, sms: true, mms: false };
const path = resource('IncomingPhoneNumbers');
const onePath = resource(`IncomingPhoneNumbers/${sid}`);

/** One account with a shop of two numbers; what nobody asks for is no fault here. */
function playAccount(): void {
  let held: string[] = [];
  const offered = (list: readonly string[]) => ({
    available_phone_numbers: list.map((phone_number) => ({
      phone_number,
      locality: 'Portland',
      region: 'OR',
      capabilities: upper,
    })),
  });
  const play = api().persist();
  play
    .get(/AvailablePhoneNumbers\/US\/Local/)
    .query(true)
    .optionally()
    .reply(200, () => offered([onSale, '+15035550122']));
  play
    .get(/AvailablePhoneNumbers\/US\/TollFree/)
    .query(true)
    .optionally()
    .reply(200, () => offered([tollFreeOnSale]));
  play
    .get(path)
    .query(true)
    .optionally()
    .reply(200, () => ({
      incoming_phone_numbers: held.map((phone_number) => ({ sid, phone_number, capabilities: lower })),
      next_page_uri: null,
      page: 0,
      page_size: 50,
    }));
  play
    .post(path)
    .optionally()
    .reply(async (request: Request) => {
      const wanted = new URLSearchParams(await request.text()).get('PhoneNumber') ?? '';
      if (wanted !== onSale || held.includes(wanted)) return [400, errorBody(400, 21_422)];
      held = [wanted];
      return [201, { sid, phone_number: wanted, capabilities: lower }];
    });
  play
    .post(onePath)
    .optionally()
    .reply(() => (held.length === 0 ? [404, errorBody(404, 20_404)] : [200, { sid, capabilities: lower }]));
  play
    .delete(onePath)
    .optionally()
    .reply(() => {
      if (held.length === 0) return [404, errorBody(404, 20_404)];
      held = [];
      return [204];
    });
}

describe('Twilio', () => {
  beforeEach(playAccount);
  numberSupplierSuite(() => numbers);
});

describe('Twilio alone', () => {
  beforeEach(() => nock.cleanAll());
  const held = { e164: onSale, carrierNumberId: sid, capabilities: [] };

  test('is given every address with the fragment that makes it try again, and a fallback', async () => {
    const base = 'https://lines.example/carriers/twilio';
    const again = '#rc=3&rp=ct,rt,5xx';
    api()
      .post(onePath, {
        VoiceUrl: `${base}/voice${again}`,
        VoiceMethod: 'POST',
        VoiceFallbackUrl: `https://fallback.example/twiml${again}`,
        VoiceFallbackMethod: 'POST',
        StatusCallback: `${base}/status${again}`,
        StatusCallbackMethod: 'POST',
        SmsUrl: `${base}/messages${again}`,
        SmsMethod: 'POST',
        SmsFallbackUrl: `https://fallback.example/twiml${again}`,
        SmsFallbackMethod: 'POST',
      })
      .reply(200, { sid });
    const urls = webhookUrls('twilio', 'https://lines.example', 'https://fallback.example/twiml');
    expect(await numbers.setWebhooks(held, urls)).toEqual({ kind: 'done' });
  });

  test('is asked for numbers that can be called, in the area and with the digits that are wanted', async () => {
    api()
      .get(resource('AvailablePhoneNumbers/US/Local'))
      .query({ AreaCode: 503, Contains: '0121', VoiceEnabled: 'true', PageSize: 5 })
      .reply(200, { available_phone_numbers: [] });
    const wish = { country: 'US', kind: 'did', areaCode: '503', contains: '0121', limit: 5 } as const;
    expect(await numbers.search(wish)).toEqual({ kind: 'found', numbers: [] });
  });

  test.each(failures)('a purchase answered %s is %4$s', async (_what, status, code, kind) => {
    api().post(path).reply(status, errorBody(status, code));
    expect(await numbers.buy(onSale)).toMatchObject({ kind, reason: `twilio ${code ?? status}` });
  });

  test('a purchase that never came back is unavailable, never refused', async () => {
    api()
      .post(path)
      .replyWithError(Object.assign(new Error('timeout'), { code: 'ECONNABORTED' }));
    expect(await numbers.buy(onSale)).toEqual({ kind: 'unavailable', reason: 'twilio unreachable' });
  });
});
