/** Texts through Twilio's REST API: what is asked, and what each answer means. */
import { expect, test } from 'vitest';
import { createTwilioMessages } from '../../../src/carriers/twilio/messages.ts';
import {
  errorBody,
  failures,
  listed,
  messageSid,
  publicUrl,
  resource,
  sendOrder,
  stageTwilio,
} from './staged-twilio.ts';

const { world, api } = stageTwilio();
const messages = createTwilioMessages(world);
const repeated = { ...sendOrder, repeated: true };
const page = (list: object[]) => ({ messages: list, next_page_uri: null, page: 0, page_size: 20 });

test('a send asks for the text and for receipts under our own id', async () => {
  const statusCallback = `${publicUrl}/carriers/twilio/messages/status?message=msg_1`;
  api()
    .post(resource('Messages'), {
      From: sendOrder.from,
      To: sendOrder.to,
      Body: sendOrder.body,
      StatusCallback: statusCallback,
    })
    .reply(201, { sid: messageSid });
  expect(await messages.send(sendOrder)).toEqual({ kind: 'sent', carrierMessageId: messageSid });
});

test('a repeated send takes the same text sent since the order for its own', async () => {
  const other = listed(`SM${'9'.repeat(32)}`, 1_000, { body: 'Something else' });
  api()
    .get(resource('Messages'))
    .query({ From: sendOrder.from, To: sendOrder.to, PageSize: 20 })
    .reply(200, page([other, listed(messageSid, 500, { body: sendOrder.body })]));
  expect(await messages.send(repeated)).toEqual({ kind: 'sent', carrierMessageId: messageSid });
});

test('a repeated send goes out when the same text just sent is another message of ours', async () => {
  const other = `SM${'9'.repeat(32)}`;
  api()
    .get(resource('Messages'))
    .query(true)
    .reply(200, page([listed(other, 500, { body: sendOrder.body })]));
  api().post(resource('Messages')).reply(201, { sid: messageSid });
  const answer = await messages.send({ ...repeated, taken: [other] });
  expect(answer).toEqual({ kind: 'sent', carrierMessageId: messageSid });
});

test('a repeated send goes out when only an older text says the same', async () => {
  const older = listed(`SM${'9'.repeat(32)}`, -3_600_000, { body: sendOrder.body });
  api()
    .get(resource('Messages'))
    .query(true)
    .reply(200, page([older]));
  api().post(resource('Messages')).reply(201, { sid: messageSid });
  expect(await messages.send(repeated)).toEqual({ kind: 'sent', carrierMessageId: messageSid });
});

test('a text to somebody who told the carrier STOP is refused as opted out', async () => {
  api().post(resource('Messages')).reply(400, errorBody(400, 21_610));
  expect(await messages.send(sendOrder)).toEqual({ kind: 'refused', reason: 'twilio 21610', optedOut: true });
});

test.each([30_004, 30_005, 30_006, 30_007, 30_034])('code %i is final', async (code) => {
  api().post(resource('Messages')).reply(400, errorBody(400, code));
  expect(await messages.send(sendOrder)).toEqual({ kind: 'refused', reason: `twilio ${code}`, optedOut: false });
});

test.each(failures)('a send answered %s is %4$s', async (_what, status, code, kind) => {
  api().post(resource('Messages')).reply(status, errorBody(status, code));
  expect(await messages.send(sendOrder)).toMatchObject({ kind, reason: `twilio ${code ?? status}` });
});

test('a send that never came back is unavailable', async () => {
  api()
    .post(resource('Messages'))
    .replyWithError(Object.assign(new Error('timeout'), { code: 'ECONNABORTED' }));
  expect(await messages.send(sendOrder)).toEqual({ kind: 'unavailable', reason: 'twilio unreachable' });
});
