/** Twilio's words into ours, and the shapes that are refused because the signature alone does not guard them. */
import { describe, expect, test } from 'vitest';
import {
  type Fields,
  readCallStatus,
  readDialEnded,
  readIncomingCall,
  readIncomingMessage,
  readKeys,
  readMessageStatus,
  readRecording,
} from '../../../src/carriers/twilio/read-webhook.ts';

const CallSid = `CA${'a'.repeat(32)}`;
const MessageSid = `SM${'b'.repeat(32)}`;
const call = { CallSid, From: '+12125550142', To: '+15035550101' };
const text = { MessageSid, From: '+12125550142', To: '+15035550101', Body: 'Hello' };

describe('attestation is read from the exact word only', () => {
  test.each([
    [undefined, null],
    ['TN-Validation-Passed-A', 'A'],
    ['TN-Validation-Passed-B', 'B'],
    ['TN-Validation-Passed-C', 'C'],
    ['TN-Validation-Passed-A-Diverted', 'none'],
    ['TN-Validation-Passed-A-Passthrough', 'none'],
    ['TN-Validation-Passed-B-Diverted', 'none'],
    ['TN-Validation-Failed', 'failed'],
    ['TN-Validation-Failed-A', 'failed'],
    ['TN-Validation-Failed-B', 'failed'],
    ['TN-Validation-Failed-C', 'failed'],
    ['TN-Validation-Failed-A-Diverted', 'none'],
    ['No-TN-Validation', 'none'],
    ['TN-Validation-Passed', 'none'],
    ['tn-validation-passed-a', 'none'],
    [' TN-Validation-Passed-A', 'none'],
    ['TN-Validation-Passed-A ', 'none'],
    ['', 'none'],
    ['constructor', 'none'],
    ['__proto__', 'none'],
    ['toString', 'none'],
  ])('%j is %j', (word, attestation) => {
    const fields = word === undefined ? call : { ...call, StirVerstat: word };
    expect(readIncomingCall(fields).attestation).toBe(attestation);
  });
});

describe('a caller who hides is nobody', () => {
  test.each(['anonymous', 'Restricted', '+266696687', '+7378742833', '', 'sip:ada@example.com', '5035550101'])(
    '%j',
    (From) => expect(readIncomingCall({ ...call, From }).ani).toBeNull(),
  );
});

describe('a status is an ending or it is not', () => {
  test.each([
    ['queued', null],
    ['initiated', null],
    ['ringing', null],
    ['in-progress', null],
    ['completed', 'completed'],
    ['busy', 'busy'],
    ['failed', 'failed'],
    ['no-answer', 'no-answer'],
    ['canceled', 'canceled'],
  ])('%s ends as %j', (CallStatus, ending) => expect(readCallStatus({ CallSid, CallStatus }).ending).toBe(ending));
});

test('one status told twice has one key, another status or place has another', () => {
  const keyOf = (fields: Fields) => readCallStatus({ CallSid, ...fields }).dedupKey;
  const first = keyOf({ CallStatus: 'ringing', SequenceNumber: '1' });
  expect(keyOf({ CallStatus: 'ringing', SequenceNumber: '1', Timestamp: 'later' })).toBe(first);
  expect(keyOf({ CallStatus: 'ringing', SequenceNumber: '2' })).not.toBe(first);
  expect(keyOf({ CallStatus: 'completed', SequenceNumber: '1' })).not.toBe(first);
});

describe('a receipt', () => {
  test.each([
    ['accepted', 'accepted'],
    ['scheduled', 'accepted'],
    ['queued', 'queued'],
    ['sending', 'sending'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['undelivered', 'undelivered'],
    ['failed', 'failed'],
    ['canceled', 'canceled'],
    ['read', 'read'],
  ])('%s is %s', (MessageStatus, state) => expect(readMessageStatus({ MessageSid, MessageStatus }).state).toBe(state));

  test('names the carrier’s error', () => {
    const receipt = readMessageStatus({ MessageSid, MessageStatus: 'undelivered', ErrorCode: '30003' });
    expect(receipt.failure).toBe('30003');
  });
});

describe('the end of a failover dial', () => {
  test.each([
    ['completed', true],
    ['answered', true],
    ['busy', false],
    ['no-answer', false],
    ['failed', false],
    ['canceled', false],
  ])('%s: answered is %s', (DialCallStatus, answered) =>
    expect(readDialEnded({ CallSid, DialCallStatus }).answered).toBe(answered),
  );
});

test('fields nobody knows are kept with the rest', () => {
  const fields = { ...call, SomethingNew: 'x', Doubled: ['a', 'b'] };
  expect(readIncomingCall(fields).raw).toEqual(fields);
});

test('a text may come from a short code, and may be empty', () => {
  const { Body: _body, ...bare } = text;
  expect(readIncomingMessage({ ...bare, From: '24273' })).toMatchObject({ from: '24273', body: '' });
});

test('silence is no keys, and a recording without a length has none', () => {
  expect(readKeys({ CallSid })).toBe('');
  expect(readRecording({ CallSid })).toEqual({ carrierCallId: CallSid, seconds: 0, recordingId: null });
});

describe('is refused by the name of its field', () => {
  test.each<[string, () => unknown, string]>([
    ['a CallSid of another kind', () => readIncomingCall({ ...call, CallSid: MessageSid }), 'CallSid'],
    ['a CallSid with a tail', () => readIncomingCall({ ...call, CallSid: `${CallSid}From` }), 'CallSid'],
    ['a CallSid that came twice', () => readIncomingCall({ ...call, CallSid: [CallSid, CallSid] }), 'CallSid'],
    ['a call without a number', () => readIncomingCall({ CallSid, From: call.From }), 'To'],
    ['a status that is none', () => readCallStatus({ CallSid, CallStatus: 'toString' }), 'CallStatus'],
    ['keys that are letters', () => readKeys({ CallSid, Digits: 'abc' }), 'Digits'],
    ['a length that is none', () => readRecording({ CallSid, RecordingDuration: 'long' }), 'RecordingDuration'],
    ['a negative length', () => readRecording({ CallSid, RecordingDuration: '-1' }), 'RecordingDuration'],
    ['a sender that is a word', () => readIncomingMessage({ ...text, From: 'ACME' }), 'From'],
    ['a receipt of no message', () => readMessageStatus({ MessageStatus: 'sent' }), 'MessageSid'],
    [
      'an error code of words',
      () => readMessageStatus({ MessageSid, MessageStatus: 'failed', ErrorCode: 'x' }),
      'ErrorCode',
    ],
  ])('%s', (_what, read, field) => {
    expect(read).toThrow(
      expect.objectContaining({ code: 'invalid-request', fields: [expect.objectContaining({ field })] }),
    );
  });
});
