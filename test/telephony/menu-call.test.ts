/** What a caller hears who chooses by keys, and where each key leads. */
import { expect, test } from 'vitest';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import type { Call, CallEvent } from '../../src/telephony/call.ts';
import { eventsOf } from '../../src/telephony/leg-report.ts';
import { agentPhone, apply, moveThrough, newCall, sampleMenu, startAt } from './sample-call.ts';

const keys = (digits: string, turn: number | null): CallEvent => ({ type: 'caller-keys', digits, turn });
const begun = newCall({ menu: sampleMenu, opening: ['We record.'], failover: null }).call;
const after = (...events: CallEvent[]) => moveThrough(begun, events);
const heard = (call: Call) => instructionsFor(call, null).map((one) => ('text' in one ? one.text : one.verb));

test('the opening lines are said once, before the first prompt', () => {
  expect(heard(begun)).toEqual(['We record.', 'gather']);
  expect(instructionsFor(begun, null)[1]).toMatchObject({
    prompt: sampleMenu.prompt,
    digits: 1,
    finishKey: null,
    next: { step: 'keys', callId: 'call_1', legId: null, turn: 1 },
  });
  expect(heard(after(keys('7', 1)))).toEqual(['gather']);
});

test.each<[string, Partial<Call>, string[]]>([
  ['1', { state: 'waiting', queue: 'sales' }, ['Please hold.', 'join']],
  ['4', { state: 'waiting', queue: null }, ['Please hold.', 'join']],
  ['3', { state: 'failover' }, ['dial']],
  ['9', { state: 'voicemail' }, ['Please leave a message after the tone.', 'record', 'hang-up']],
  ['2', { state: 'menu', turn: 2 }, ['gather']],
])('key %s leads there', (digits, call, says) => {
  const chosen = after(keys(digits, 1));
  expect(chosen).toMatchObject(call);
  expect(heard(chosen)).toEqual(says);
});

test('a product that is chosen stands against the plan’s own, and a number is dialled', () => {
  expect(after(keys('4', 1)).plan.product).toBe('boilers');
  expect(instructionsFor(after(keys('3', 1)), null)).toMatchObject([{ verb: 'dial', to: agentPhone(36) }]);
});

test('a number that nobody answers leads to voicemail', () => {
  expect(after(keys('3', 1), { type: 'failover-ended', answered: false }).state).toBe('voicemail');
});

test('keys that lead nowhere, and silence, are asked for again as often as the menu says, then its default is taken', () => {
  expect(after(keys('7', 1))).toMatchObject({ state: 'menu', turn: 2 });
  expect(after(keys('7', 1), keys('', 2)).state).toBe('waiting');
});

test('keys of an earlier prompt choose nothing, in whatever order and however often they are told', () => {
  const second = after(keys('7', 1));
  expect(apply(second, keys('7', 1)).ignored).toBe(true);
  expect(apply(second, keys('9', 1)).ignored).toBe(true);
  expect(moveThrough(second, [keys('9', 1), keys('1', 2), keys('1', 2), keys('7', 1)]).queue).toBe('sales');
  const fact = { what: 'keys', digits: '9', turn: 1 } as const;
  expect(eventsOf({ callId: begun.id, legId: null, carrierCallId: null, fact })).toEqual([
    keys('9', 1),
    { type: 'caller-told', order: null },
  ]);
});

test('the wait for an agent begins with the choice', () => {
  const chosen = apply(begun, keys('1', 1), startAt + 40_000);
  expect(chosen.call.plan.waitUntil).toBe(startAt + 100_000);
  expect(chosen.effects).toMatchObject([
    { kind: 'set-timer', timer: 'wait', dueAt: startAt + 100_000 },
    { kind: 'choose-agent' },
  ]);
});

test('a carrier that never tells of the keys is not waited for, and one that was asked again is', () => {
  const due: CallEvent = { type: 'timer-due', timer: 'menu', legId: null };
  const until = begun.promptUntil ?? 0;
  const given = apply(begun, due, until);
  expect([given.call.state, given.effects.at(-1)?.kind]).toEqual(['waiting', 'instruct-caller']);
  const again = apply(begun, keys('7', 1), startAt + 30_000).call;
  expect(apply(again, due, until).ignored, 'the timer of an earlier prompt').toBe(true);
});

test('a caller who hangs up in the menu has given up', () => {
  expect(after({ type: 'caller-ended' })).toMatchObject({ state: 'ended', verdict: { slug: 'caller-gave-up' } });
});
