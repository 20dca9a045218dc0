/** Twilio's addresses: what nobody waits for the answer of is told once the record is back, and says no more than it should. */
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createHearInTime } from '../../../src/carriers/hear-in-time.timer.ts';
import { registerTwilio } from '../../../src/carriers/twilio/webhooks.ts';
import { AppError, errorCatalogue } from '../../../src/ports/errors.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { LegReport } from '../../../src/telephony/leg-report.ts';
import { createUntoldReports } from '../../../src/telephony/untold-reports.ts';
import { formSignature } from '../../support/form-signature.ts';
import { callIn } from '../../telephony/sample-call.ts';
import { callSid, publicUrl } from './staged-twilio.ts';

const tail = '0123456789abcdefghjkmnpqrs';
const address = `call=call_${tail}`;
const authToken = '5'.repeat(32);
const recordingSid = `RE${'4'.repeat(32)}`;
const filed = {
  CallSid: callSid,
  RecordingSid: recordingSid,
  RecordingDuration: '12',
  RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/${recordingSid}`,
};

function setup() {
  const heard: LegReport[] = [];
  const record = { isAway: false };
  const call = callIn('bridged');
  const callDesk = {
    hear: async (report: LegReport) => {
      if (record.isAway) throw new Error('the record is away');
      heard.push(report);
      return { kind: 'heard' as const, call, instructions: [] };
    },
    ask: async () => ({ kind: 'unknown' as const }),
    endedEarly: async () => undefined,
  };
  const untold = createUntoldReports({ log: silentLog });
  const failovers = { find: () => null, note: () => undefined };
  const app = Fastify();
  app.setErrorHandler((fault, _request, reply) =>
    fault instanceof AppError ? reply.code(errorCatalogue[fault.code].status).send() : reply.send(fault),
  );
  registerTwilio(app, {
    account: { authToken, authTokenPrevious: null },
    publicUrl: () => publicUrl,
    holdMusicUrl: () => `${publicUrl}/music.mp3`,
    answerInTime: async () => ({ kind: 'unknown-number' }),
    hearInTime: createHearInTime({ desk: callDesk, untold, failovers, log: silentLog }),
    callDesk,
    messageDesk: undefined as never,
    findCall: async () => null,
  });
  const post = async (path: string, fields: Record<string, string>) => {
    const [url, payload] = [`/carriers/twilio/${path}`, new URLSearchParams(fields).toString()];
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': formSignature(authToken, `${publicUrl}${url}`, payload),
    };
    return (await app.inject({ method: 'POST', url, headers, payload })).statusCode;
  };
  return { heard, record, untold, post };
}

test('a recording that is filed while the record is away is told once it is back, and once', async () => {
  const { heard, record, untold, post } = setup();
  record.isAway = true;
  expect(await post(`voice/recording?${address}`, filed)).toBe(503);
  expect(await post(`voice/recording?${address}`, filed)).toBe(503);
  record.isAway = false;
  await untold.tellLater();
  await untold.tellLater();
  expect(heard.map(({ fact }) => fact)).toEqual([
    { what: 'conversation-recorded', seconds: 12, recordingId: recordingSid },
  ]);
});

test.each([`voice/recording?${address}`, `voice/next?step=recorded&${address}`])(
  'where the sound of a recording lies is not kept (%s)',
  async (path) => {
    const { heard, post } = setup();
    expect(await post(path, filed)).toBe(200);
    expect(heard).toHaveLength(1);
    expect(JSON.stringify(heard[0])).not.toContain('https://api.twilio.com');
  },
);
