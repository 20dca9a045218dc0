/** A caller who waits outside of the room: when they have met whom, and what they are told once by whatever way. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { afterMusic, instructionsFor } from '../../src/telephony/answer-call.ts';
import type { Call, CallEvent } from '../../src/telephony/call.ts';
import { apply, chosen, legId, moveThrough, newCall, startAt } from './sample-call.ts';

const acceptedAt = startAt + 5_000;
const accepted = (number: number): CallEvent => ({ type: 'leg-accepted', legId: legId(number) });
const ended = (number: number): CallEvent => ({ type: 'leg-ended', legId: legId(number), reason: 'completed' });
const told: CallEvent = { type: 'caller-told', order: null };
const lost: CallEvent = { type: 'timer-due', timer: 'lost', legId: legId(1) };
const outside = (plan = {}) => newCall(plan, { waitsOutside: true }).call;
const bridged = moveThrough(outside(), [chosen(1), accepted(1)], acceptedAt);
const verbs = (call: Call) => instructionsFor(call, null).map(({ verb }) => verb);

test('the caller hears music outside, not longer than the wait may last, and then only music', () => {
  expect(instructionsFor(outside(), null)).toMatchObject([
    { verb: 'say' },
    { verb: 'hold', seconds: limits.holdRoundMs / 1_000, next: { step: 'waited', callId: 'call_1' } },
  ]);
  expect(afterMusic(outside(), startAt + 51_000)).toMatchObject([{ verb: 'hold', seconds: 9 }]);
  expect(afterMusic(outside(), startAt + 90_000)).toMatchObject([{ verb: 'hold', seconds: 4 }]);
});

test('is called into the room of whoever accepted, and is on the way until told by whatever way', () => {
  const won = apply(moveThrough(outside(), [chosen(1)]), accepted(1), acceptedAt);
  expect(won.effects.map(({ kind }) => kind)).toEqual(['settle-offer', 'instruct-caller', 'tell']);
  expect([won.call.isOnTheWay, won.call.orders, won.call.ordersHeard]).toEqual([true, 1, 0]);
  expect(afterMusic(won.call, acceptedAt)).toMatchObject([{ verb: 'join', room: 'call_1', role: 'caller' }]);
  const there = apply(won.call, told, acceptedAt + 700);
  expect(there.call).toMatchObject({
    isOnTheWay: false,
    ordersHeard: 1,
    provenAt: acceptedAt + 700 + limits.bridgeProofMs,
  });
  expect(apply(there.call, told, acceptedAt + 800).ignored).toBe(true);
});

test('an agent who leaves however late before the caller has come never had them: the next one is rung', () => {
  const late = acceptedAt + 10 * limits.bridgeProofMs;
  const dropped = apply(bridged, ended(1), late);
  expect(dropped.call.state).toBe('bridged');
  expect(verbs(dropped.call), 'nobody is sent into an empty room').toEqual(['hold']);
  const again = apply(dropped.call, lost, late + limits.bridgeLostMs);
  expect(again.call).toMatchObject({ state: 'waiting', room: 2, isOnTheWay: false });
  expect(again.effects).toContainEqual(expect.objectContaining({ kind: 'choose-agent' }));
});

test('an agent who leaves after the caller has come ends the call', () => {
  const there = moveThrough(bridged, [told], acceptedAt + 500);
  expect(apply(there, ended(1), acceptedAt + 60_000).call).toMatchObject({ verdict: { slug: 'answered' } });
});

test('the others are kept until the caller has come and a moment more', () => {
  const race = moveThrough(outside({ dispatch: 'race', raceSize: 2 }), [chosen(1), chosen(2)]);
  const won = apply(race, accepted(1), acceptedAt);
  expect(won.effects).not.toContainEqual(expect.objectContaining({ timer: 'proof' }));
  const there = apply(won.call, told, acceptedAt + 9_000);
  const dueAt = acceptedAt + 9_000 + limits.bridgeProofMs;
  expect(there.effects).toEqual([{ kind: 'set-timer', timer: 'proof', legId: null, dueAt }]);
});

test('an order that is overtaken by a newer one tells nothing of the newer one', () => {
  const held = moveThrough(
    moveThrough(bridged, [told], acceptedAt),
    [{ type: 'hold-asked' }, { type: 'resume-asked' }],
    acceptedAt + 9_000,
  );
  expect([held.orders, held.ordersHeard, held.isOnTheWay]).toEqual([3, 1, true]);
  const first = apply(held, { type: 'caller-told', order: 2 }, acceptedAt + 9_000).call;
  expect([first.ordersHeard, first.isOnTheWay]).toEqual([2, true]);
});

test('a colleague who loses the caller on the way back from hold leaves them waiting for another, as long as ever', () => {
  const held = moveThrough(moveThrough(bridged, [told], acceptedAt), [{ type: 'hold-asked' }], acceptedAt + 60_000);
  expect(verbs(held)).toEqual(['hold']);
  const at = acceptedAt + 120_000;
  const gone = moveThrough(held, [{ type: 'resume-asked' }, ended(1)], at);
  const { call } = apply(gone, lost, at + limits.bridgeLostMs);
  expect(call).toMatchObject({ state: 'waiting', bridgedAt: acceptedAt });
  expect(call.plan.waitUntil).toBe(at + limits.bridgeLostMs + limits.callWaitMs);
});

test('at the end of the wait a phone that the carrier was never brought to ring keeps nobody waiting', () => {
  const over: CallEvent = { type: 'timer-due', timer: 'wait', legId: null };
  const dialling = moveThrough(outside(), [chosen(1)]);
  const { call, effects } = apply(dialling, over, startAt + 60_000);
  expect([call.state, call.legs[0]?.ending]).toEqual(['voicemail', 'failed']);
  expect(effects).toContainEqual({ kind: 'settle-offer', legId: legId(1), as: 'withdrawn' });
  const rings = moveThrough(dialling, [{ type: 'leg-dialled', legId: legId(1), carrierCallId: 'SC2' }]);
  expect(apply(rings, over, startAt + 60_000).ignored).toBe(true);
});
