/** What may be posted to the addresses Twilio calls, signed as Twilio does or by nobody. */
import fc from 'fast-check';
import { oddText, type Post, someName } from './odd-values.ts';

const sid = (prefix: string) => fc.integer({ min: 0, max: 40 }).map((at) => `${prefix}${String(at).padStart(32, '0')}`);
const phone = fc.constantFrom('+15035550101', '+15035550121', '+12125550142', 'anonymous', '24273');
const known: Readonly<Record<string, fc.Arbitrary<string>>> = {
  CallSid: sid('CA'),
  MessageSid: sid('SM'),
  From: phone,
  To: phone,
  Body: fc.constantFrom('STOP', 'help', 'YES', 'stop texting me', 'Hello'),
  CallStatus: fc.constantFrom('ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'canceled'),
  MessageStatus: fc.constantFrom('queued', 'sent', 'delivered', 'undelivered', 'failed', 'read'),
  DialCallStatus: fc.constantFrom('completed', 'no-answer'),
  StirVerstat: fc.constantFrom('TN-Validation-Passed-A', 'TN-Validation-Passed-A-Diverted'),
  Digits: fc.constantFrom('1', '2', '#', ''),
  RecordingDuration: fc.constantFrom('7', '0'),
  RecordingSid: sid('RE'),
  SequenceNumber: fc.constantFrom('0', '3'),
  ErrorCode: fc.constant('30003'),
};
const someField = fc.oneof(fc.constantFrom(...Object.keys(known)), someName);

/** What a webhook holds, and in half of them up to two fields changed, put in or doubled. */
const pairs = fc
  .tuple(
    fc.record(known).map((record) => Object.entries(record)),
    fc.oneof(fc.constant([]), fc.array(fc.tuple(someField, oddText, fc.boolean()), { maxLength: 2 })),
  )
  .map(([fields, changes]) =>
    changes.reduce<[string, string][]>(
      (sofar, [name, value, doubled]) => [...sofar.filter(([other]) => doubled || other !== name), [name, value]],
      fields.map(([name, value]): [string, string] => [name, value]),
    ),
  );

const tail = '0123456789abcdefghjkmnpqrs';
const oddQuery = fc.oneof(
  fc.constantFrom(
    `?call=call_${tail}&leg=leg_${tail}`,
    `?message=msg_${tail}`,
    '?__proto__=a&__proto__[b]=c',
    '?step=x&step=y',
    '?%00',
    '?&&==',
  ),
  fc.webQueryParameters({ size: 'small' }).map((query) => `?${query}`),
);
/** Twilio's routes with the queries we give them. */
const routes = [
  'voice',
  'status',
  'voice/next?step=left-room&call={call}&room={call}',
  'voice/next?step=recorded&call={call}',
  'voice/next?step=dial-ended&call={call}',
  'voice/next?step=dial-ended',
  'voice/next?step=keys&call={call}&leg={leg}',
  'voice/agent?call={call}&leg={leg}',
  'voice/leg-status?call={call}&leg={leg}',
  'messages',
  'messages/status?message={message}',
].map((route) => `/carriers/twilio/${route}`);
const twilioPath = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...routes) },
  fc.tuple(fc.constantFrom(...routes), oddQuery).map(([route, query]) => route.replace(/(\?.*)?$/, query)),
);

/** A form on its way to be signed. */
export function formPost(path: string, fields: [string, string][]): Post {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
  return { path, ask: { as: 'nobody', raw: new URLSearchParams(fields).toString(), headers }, signed: true };
}

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed()),
  fc.integer({ min: 1, max: 90_000 }).map((length) => '['.repeat(length)),
);
const anyMedia = fc.constantFrom(
  ...Array.from({ length: 6 }, () => 'application/x-www-form-urlencoded'),
  'application/json',
  'text/plain',
  'text/xml',
  'multipart/form-data; boundary=a',
  'application/octet-stream',
  'application/json; charset=utf-16',
  ';',
);
/** Anything, by anybody. */
export const strayPost = fc
  .tuple(twilioPath, anyBody, anyMedia, fc.option(fc.base64String(), { nil: undefined }))
  .map(([path, raw, media, signature]): Post => {
    const headers = { 'content-type': media, ...(signature === undefined ? {} : { 'x-twilio-signature': signature }) };
    return { path, ask: { as: 'nobody', raw, headers } };
  });

/** What Twilio may send, and what it may make of it one day. */
export const signedPost = fc.tuple(twilioPath, pairs).map(([path, fields]) => formPost(path, fields));
