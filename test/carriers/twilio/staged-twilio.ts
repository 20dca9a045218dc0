/** Twilio's REST API as nock plays it, and the product's own client before it. */
import nock from 'nock';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createTwilioClient } from '../../../src/carriers/twilio/rest-client.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, LegId, MessageId } from '../../../src/ports/ids.ts';

const accountSid = `AC${'1'.repeat(32)}`;
export const callSid = `CA${'2'.repeat(32)}`;
export const messageSid = `SM${'3'.repeat(32)}`;
export const publicUrl = 'https://lines.example';
const orderedAt = Date.UTC(2026, 0, 1, 12);

export const dialOrder = {
  callId: 'call_1' as CallId,
  legId: 'leg_1' as LegId,
  from: '+15035550101' as E164,
  to: '+12125550171' as E164,
  ringTimeoutMs: 20_500,
  orderedAt,
  repeated: false,
};
export const sendOrder = {
  messageId: 'msg_1' as MessageId,
  from: '+15035550101' as E164,
  to: '+12125550142' as E164,
  body: 'From ten to four.',
  orderedAt,
  repeated: false,
};

/** How the API may fail, and what that means whoever asked. */
export const failures = [
  ['429 too many requests', 429, 20_429, 'unavailable'],
  ['500', 500, 20_500, 'unavailable'],
  ['503 without a code', 503, null, 'unavailable'],
  ['400 queue overflow', 400, 30_001, 'unavailable'],
  ['400 with a code nobody knows', 400, 29_999, 'refused'],
  ['401 wrong credentials', 401, 20_003, 'refused'],
  ['403 to a country not allowed', 403, 21_215, 'refused'],
] as const;

/** Only Twilio's address answers, and only as the test says; each reply is asked for exactly once. */
export function stageTwilio() {
  beforeAll(() => {
    nock.disableNetConnect();
  });
  afterEach(() => {
    const unasked = nock.pendingMocks();
    nock.cleanAll();
    if (unasked.length > 0) throw new Error(`never asked: ${unasked.join(', ')}`);
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
  const authToken = '5'.repeat(32);
  const account = {
    accountSid,
    authToken,
    authTokenPrevious: null,
    apiUrl: 'https://api.twilio.com',
    callsPerSecond: 1,
    holdMusicUrl: null,
  };
  const client = createTwilioClient(account);
  const api = () =>
    nock('https://api.twilio.com').matchHeader(
      'authorization',
      `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    );
  const holdMusicUrl = () => `${publicUrl}/music.mp3`;
  return { world: { client, account, publicUrl: () => publicUrl, holdMusicUrl }, api };
}

/** Path of a resource below the account. */
export function resource(path: string): string {
  return `/2010-04-01/Accounts/${accountSid}/${path}.json`;
}

/** Twilio's error body. */
export function errorBody(status: number, code: number | null): object {
  return { status, message: 'no', ...(code === null ? {} : { code }) };
}

/** A resource as the API lists it; made `afterMs` after the order. */
export function listed(sid: string, afterMs: number, more: object = {}): object {
  return { sid, date_created: new Date(orderedAt + afterMs).toUTCString(), ...more };
}
