/** How a call begins by its plan, and what its caller hears then. */
import { expect, test } from 'vitest';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import type { Dialable } from '../../src/telephony/instructions.ts';
import type { CallPlan } from '../../src/telephony/plan/plan-parts.ts';
import { apply, failoverNumber, newCall } from './sample-call.ts';

const sorry = 'We are closed.';
const centre = 'sip:calls@centre.example' as Dialable;
const headers = { 'X-Linekeeper-Call': 'call_1' };
const closed = (action: 'voicemail' | 'failover' | 'hang-up', announcement: string | null = sorry) => ({
  closed: { action, announcement },
});

/** The state a call begins in, what happens at once, and what the caller hears. */
function begun(plan: Partial<CallPlan>) {
  const { call, effects } = newCall(plan);
  const heard = instructionsFor(call, null).map((one) => (one.verb === 'say' ? one.text : one.verb));
  return { state: call.state, effects: effects.map((one) => ('timer' in one ? one.timer : one.kind)), heard };
}

test.each<[string, Partial<CallPlan>, string, string[], string[]]>([
  ['in the room', {}, 'waiting', ['life', 'wait', 'choose-agent'], ['Please hold.', 'join']],
  [
    'in the room after every opening line',
    { opening: ['One.', 'Two.'] },
    'waiting',
    ['life', 'wait', 'choose-agent'],
    ['One.', 'Two.', 'Please hold.', 'join'],
  ],
  ['in silence', { greeting: '' }, 'waiting', ['life', 'wait', 'choose-agent'], ['join']],
  [
    'handed over, with the opening lines but no greeting',
    { handOver: { to: centre, headers }, opening: ['We record.'] },
    'failover',
    ['life'],
    ['We record.', 'dial'],
  ],
  [
    'closed, at the voicemail',
    closed('voicemail'),
    'voicemail',
    ['life', 'voicemail'],
    [sorry, 'Please leave a message after the tone.', 'record', 'hang-up'],
  ],
  [
    'closed, at the failover number',
    { ...closed('failover'), failover: failoverNumber },
    'failover',
    ['life'],
    [sorry, 'dial'],
  ],
  [
    'closed without a failover number, at the voicemail',
    closed('failover', null),
    'voicemail',
    ['life', 'voicemail'],
    ['Please leave a message after the tone.', 'record', 'hang-up'],
  ],
  ['closed, at its end', closed('hang-up'), 'ended', ['life', 'tell'], [sorry, 'hang-up']],
  [
    'closed, though it could be handed over',
    { ...closed('hang-up', null), handOver: { to: centre, headers } },
    'ended',
    ['life', 'tell'],
    ['hang-up'],
  ],
])('a call begins %s', (_where, plan, state, effects, heard) => {
  expect(begun(plan)).toEqual({ state, effects, heard });
});

test('a call that ends because we are closed has a verdict that blames nobody', () => {
  const { call, effects } = newCall(closed('hang-up'));
  expect(call).toMatchObject({ verdict: { slug: 'closed', fault: 'none' }, legs: [] });
  expect(effects).toContainEqual(expect.objectContaining({ type: 'call.ended' }));
  expect(apply(call, { type: 'caller-ended' }).ignored).toBe(true);
});

test('a hand-over is dialled with its headers, and nobody there leads to voicemail', () => {
  const { call } = newCall({ handOver: { to: centre, headers }, failover: failoverNumber });
  expect(instructionsFor(call, null)).toMatchObject([{ verb: 'dial', to: centre, headers }]);
  expect(apply(call, { type: 'failover-ended', answered: false }).call.state).toBe('voicemail');
  expect(apply(call, { type: 'failover-ended', answered: true }).call.state).toBe('ended');
});

test('nobody at the failover number outside hours: the announcement is not said twice', () => {
  const { call } = newCall({ ...closed('failover'), failover: failoverNumber });
  const { call: later } = apply(call, { type: 'failover-ended', answered: false });
  expect(instructionsFor(later, null)).not.toContainEqual({ verb: 'say', text: sorry });
});

test('a plan that prefers voicemail does not ring the failover number', () => {
  const { call } = newCall({ overflow: 'voicemail', failover: failoverNumber });
  expect(apply(call, { type: 'nobody-free', someoneBusy: false }).call.state).toBe('voicemail');
});
