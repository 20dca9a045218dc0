/** Vonage's words in ours: each event of contracts section 2, odd fields, and what must not pass. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readDialEnded,
  readEvent,
  readIncomingCall,
  readKeys,
  readRecording,
} from '../../../src/carriers/vonage/read-webhook.ts';
import { AppError } from '../../../src/ports/errors.ts';

const uuid = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab';
const timestamp = '2026-05-04T10:00:00.000Z';

describe('a call that comes in', () => {
  test('is read with its numbers, and nothing is claimed about the caller', () => {
    const fields = { to: '15035550101', from: '12125550142', uuid, conversation_uuid: `CON-${uuid}`, region_url: 'x' };
    expect(readIncomingCall(fields)).toEqual({
      carrier: 'vonage',
      carrierCallId: uuid,
      dnis: '+15035550101',
      ani: '+12125550142',
      attestation: null,
      raw: fields,
    });
  });

  test.each(['anonymous', 'Unknown', '', '0', 'sip:ada@example.com'])('from %j is from nobody known', (from) => {
    expect(readIncomingCall({ to: '15035550101', from, uuid }).ani).toBeNull();
  });

  test('may have a uuid without dashes', () => {
    const bare = uuid.replaceAll('-', '');
    expect(readIncomingCall({ to: '15035550101', uuid: bare.toUpperCase() }).carrierCallId).toBe(bare);
  });

  test.each([
    ['no number of ours', { uuid }],
    ['a number that is none', { uuid, to: 'support' }],
    ['two numbers', { uuid, to: ['15035550101', '15035550102'] }],
    ['no uuid', { to: '15035550101' }],
    ['a uuid that is a path', { to: '15035550101', uuid: '../calls' }],
  ])('with %s is refused', (_what, fields) => {
    expect(() => readIncomingCall(fields)).toThrow(AppError);
  });
});

describe('an event', () => {
  test.each([
    ['started', { what: 'noted' }],
    ['ringing', { what: 'ringing' }],
    ['answered', { what: 'answered' }],
    ['busy', { what: 'ended', reason: 'busy' }],
    ['cancelled', { what: 'ended', reason: 'canceled' }],
    ['unanswered', { what: 'ended', reason: 'no-answer' }],
    ['timeout', { what: 'ended', reason: 'no-answer' }],
    ['disconnected', { what: 'ended', reason: 'completed' }],
    ['rejected', { what: 'ended', reason: 'failed' }],
    ['failed', { what: 'ended', reason: 'failed' }],
    ['completed', { what: 'ended', reason: 'completed' }],
    ['a-word-of-tomorrow', { what: 'noted' }],
    ['constructor', { what: 'noted' }],
  ])('%s is %o', (status, fact) => {
    const read = readEvent({ uuid, status, timestamp, direction: 'outbound' });
    expect(read).toMatchObject({ carrierCallId: uuid, fact, dedupKey: `${uuid}:${status}`, isOutbound: true });
  });

  test.each([
    ['human', { what: 'noted' }],
    ['machine', { what: 'machine' }],
  ])('%s names its call as call_uuid', (status, fact) => {
    expect(readEvent({ call_uuid: uuid, status, timestamp })).toMatchObject({ carrierCallId: uuid, fact });
  });

  test('of a transfer is noted, each by its instant', () => {
    const moved = { uuid, conversation_uuid_from: 'CON-1', conversation_uuid_to: 'CON-2', timestamp };
    expect(readEvent(moved)).toMatchObject({ fact: { what: 'noted' }, dedupKey: `${uuid}:transfer:${timestamp}` });
  });

  test('about a fault in an NCCO says what was wrong and is about no leg', () => {
    const read = readEvent({ reason: 'Syntax error in NCCO.', conversation_uuid: `CON-${uuid}`, timestamp });
    expect(read).toMatchObject({ carrierCallId: null, fault: 'Syntax error in NCCO.', fact: { what: 'noted' } });
  });

  test('of any form is read or refused by name, never a fault', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant(uuid), fc.object({ maxDepth: 1 }));
    const names = fc.constantFrom('uuid', 'call_uuid', 'status', 'timestamp', 'to', 'reason', 'dtmf', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(names, value), (fields) => {
        for (const reader of [readEvent, readIncomingCall, readKeys, readRecording, readDialEnded]) {
          try {
            reader(fields);
          } catch (fault) {
            if (!(fault instanceof AppError)) throw fault;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('keys are read, and none when the prompt ran out', () => {
  expect(readKeys({ uuid, timestamp, dtmf: { digits: '1', timed_out: false } })).toEqual({
    carrierCallId: uuid,
    digits: '1',
    at: timestamp,
  });
  expect(readKeys({ uuid, timestamp, dtmf: { digits: null, timed_out: true } }).digits).toBe('');
  expect(() => readKeys({ uuid, dtmf: '1' })).toThrow(AppError);
});

test('a recording is named by its file, which is what can be fetched', () => {
  const recording = {
    recording_uuid: uuid,
    recording_url: 'https://api.nexmo.com/v1/files/bbbbbbbb-aaaa-cccc-dddd-0123456789ab',
    start_time: '2026-05-04T10:00:00Z',
    end_time: '2026-05-04T10:00:07Z',
    size: 12_222,
  };
  const recordingId = 'bbbbbbbb-aaaa-cccc-dddd-0123456789ab';
  expect(readRecording(recording)).toEqual({ seconds: 7, recordingId, dedupKey: `${uuid}:recorded` });
});

test.each([
  ['completed', { answered: true }],
  ['busy', { answered: false }],
  ['timeout', { answered: false }],
  ['unanswered', { answered: false }],
  ['failed', { answered: false }],
  ['rejected', { answered: false }],
  ['answered', null],
  ['ringing', null],
  ['cancelled', null],
])('a dial whose leg is %s has ended so: %o', (status, ended) => {
  expect(readDialEnded({ uuid, status, timestamp })).toEqual(ended);
});
