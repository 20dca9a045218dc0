import { describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { answerAgent, answerCaller, keysAccept, whisperToAgent } from '../../src/telephony/answer-call.ts';
import type { Call } from '../../src/telephony/call.ts';
import { callIn, chosen, failoverNumber, legId, moveThrough, newCall } from './sample-call.ts';

const states = ['waiting', 'bridged', 'voicemail', 'failover', 'ended'] as const;
const join = { verb: 'join', room: 'call_1', role: 'caller', next: { step: 'caller-left-room', callId: 'call_1' } };
const firstLeg = (call: Call) => {
  const [leg] = call.legs;
  if (leg === undefined) throw new Error('the call has no leg');
  return leg;
};

describe('the caller hears', () => {
  test('a greeting and the room while waiting', () => {
    expect(answerCaller(callIn('waiting'))).toEqual([{ verb: 'say', text: 'Please hold.' }, join]);
  });

  test('the room alone once an agent is there', () => {
    expect(answerCaller(callIn('bridged'))).toEqual([join]);
  });

  test('an apology, a tone and the end in voicemail', () => {
    expect(answerCaller(callIn('voicemail'))).toMatchObject([
      { verb: 'say' },
      { verb: 'record', secondsMax: limits.voicemailSecondsMax, next: { step: 'voicemail-left', callId: 'call_1' } },
      { verb: 'hang-up' },
    ]);
  });

  test('the failover destination ringing, which sees the number that was dialled', () => {
    expect(answerCaller(callIn('failover'))).toEqual([
      {
        verb: 'dial',
        to: failoverNumber,
        callerId: '+15035550100',
        ringTimeoutMs: limits.failoverRingTimeoutMs,
        next: { step: 'failover-ended', callId: 'call_1' },
      },
    ]);
  });

  test('the end when a failover is wanted that is not there', () => {
    const call = callIn('failover');
    expect(answerCaller({ ...call, plan: { ...call.plan, failover: null } })).toEqual([{ verb: 'hang-up' }]);
  });

  test('the end when the call has ended', () => {
    expect(answerCaller(callIn('ended'))).toEqual([{ verb: 'hang-up' }]);
  });

  test.each(states)('the same when the carrier asks twice (%s)', (state) => {
    expect(answerCaller(callIn(state))).toEqual(answerCaller(callIn(state)));
  });
});

describe('an agent who picks up', () => {
  test('is asked for the key, and hung up when none comes', () => {
    const call = callIn('waiting');
    expect(whisperToAgent(call, firstLeg(call))).toMatchObject([
      { verb: 'gather', digits: 1, timeoutMs: 8_000, next: { step: 'agent-keys', callId: 'call_1', legId: legId(1) } },
      { verb: 'hang-up' },
    ]);
  });

  test.each(['bridged', 'voicemail', 'failover', 'ended'] as const)(
    'hears that the call is gone once it is %s',
    (state) => {
      const leg = firstLeg(callIn('waiting'));
      expect(whisperToAgent(callIn(state), leg)).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
    },
  );

  test('hears that the call is gone when their own leg was given up', () => {
    const call = moveThrough(newCall().call, [
      chosen(1),
      { type: 'leg-ended', legId: legId(1), reason: 'no-answer' },
      chosen(2),
    ]);
    expect(whisperToAgent(call, firstLeg(call))).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });
});

describe('an agent who pressed a key', () => {
  test('joins the caller’s room when they won the call', () => {
    expect(answerAgent(callIn('bridged'), legId(1))).toEqual([
      { verb: 'join', room: 'call_1', role: 'agent', next: null },
    ]);
  });

  test('never joins a room that another agent has', () => {
    expect(answerAgent(callIn('bridged'), legId(2))).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });

  test.each(['waiting', 'voicemail', 'failover', 'ended'] as const)('never joins while the call is %s', (state) => {
    expect(answerAgent(callIn(state), legId(1))).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });

  test.each([
    ['1', true],
    ['', false],
    ['0', false],
    ['11', false],
    ['1#', false],
    ['*', false],
  ] as const)('%j means yes: %s', (digits, means) => expect(keysAccept(digits)).toBe(means));
});
