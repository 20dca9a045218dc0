import { describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import { keysAccept } from '../../src/telephony/answer-leg.ts';
import type { Call, CallEvent } from '../../src/telephony/call.ts';
import { callIn, chosen, failoverNumber, legId, moveThrough, newCall } from './sample-call.ts';

const states = ['waiting', 'bridged', 'voicemail', 'failover', 'ended'] as const;
const room = { verb: 'join', room: 'call_1', hears: 'talk', coaches: null, endsRoom: true };
const join = {
  ...room,
  role: 'caller',
  next: { step: 'left-room', callId: 'call_1', legId: null, room: 'call_1' },
};
const answerCaller = (call: Call) => instructionsFor(call, null);
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
      {
        verb: 'record',
        secondsMax: limits.voicemailSecondsMax,
        next: { step: 'recorded', callId: 'call_1', legId: null },
      },
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
        next: { step: 'dial-ended', callId: 'call_1', legId: null },
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
    expect(instructionsFor(call, firstLeg(call).id)).toMatchObject([
      { verb: 'gather', digits: 1, timeoutMs: 8_000, next: { step: 'keys', callId: 'call_1', legId: legId(1) } },
      { verb: 'hang-up' },
    ]);
  });

  test.each(['voicemail', 'failover', 'ended'] as const)('is let go when the call is %s meanwhile', (state) => {
    const call = { ...callIn('waiting'), state };
    expect(instructionsFor(call, firstLeg(call).id)).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });

  test('hears that the call is gone when their own leg was given up', () => {
    const call = moveThrough(newCall().call, [
      chosen(1),
      { type: 'leg-ended', legId: legId(1), reason: 'no-answer' },
      chosen(2),
    ]);
    expect(instructionsFor(call, firstLeg(call).id)).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });
});

describe('an agent who pressed a key', () => {
  test('a moment after another one is asked to wait in silence, and then told that the call is taken', () => {
    const accepted = (number: number): CallEvent => ({ type: 'leg-accepted', legId: legId(number) });
    const call = moveThrough(newCall().call, [chosen(1), chosen(2), accepted(1), accepted(2)]);
    expect(instructionsFor(call, legId(2))).toMatchObject([{ verb: 'say' }, { verb: 'wait' }, { verb: 'hang-up' }]);
    const proven = moveThrough(call, [{ type: 'timer-due', timer: 'proof', legId: null }]);
    expect(instructionsFor(proven, legId(2))).toMatchObject([
      { verb: 'say', text: expect.stringContaining('no longer waiting') },
      { verb: 'hang-up' },
    ]);
  });

  test('joins the caller’s room when they won the call', () => {
    expect(instructionsFor(callIn('bridged'), legId(1))).toEqual([{ ...room, role: 'agent', next: null }]);
  });

  test('never joins a room that another agent has', () => {
    const call = callIn('bridged');
    const lost = { ...firstLeg(call), id: legId(2), state: 'ended', ending: 'withdrawn' } as const;
    const answer = instructionsFor({ ...call, legs: [...call.legs, lost] }, legId(2));
    expect(answer).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
  });

  test('on a leg that the call does not know is hung up', () => {
    expect(instructionsFor(callIn('bridged'), legId(9))).toEqual([{ verb: 'hang-up' }]);
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
