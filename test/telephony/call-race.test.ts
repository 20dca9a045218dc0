/** Several phones ring at once: who has the caller, and what becomes of the others when the first one is lost. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import type { Call, CallEffect, CallEvent } from '../../src/telephony/call.ts';
import { agentId, apply, callIn, chosen, legId, moveThrough, newCall, startAt, toNumber } from './sample-call.ts';

const acceptedAt = startAt + 5_000;
const accepted = (number: number): CallEvent => ({ type: 'leg-accepted', legId: legId(number) });
const answered = (number: number): CallEvent => ({ type: 'leg-answered', legId: legId(number) });
const ended = (number: number): CallEvent => ({ type: 'leg-ended', legId: legId(number), reason: 'completed' });
const proof: CallEvent = { type: 'timer-due', timer: 'proof', legId: null };
const lost = (number: number): CallEvent => ({ type: 'timer-due', timer: 'lost', legId: legId(number) });
const race = (raceSize: number) => newCall({ dispatch: 'race', raceSize, offersMax: 5 });
const statesOf = (call: Call) => call.legs.map(({ state }) => state);
const kinds = (effects: readonly CallEffect[]) => effects.map(({ kind }) => kind);

/** Three phones ring, all are answered. */
const three = moveThrough(race(3).call, [chosen(1), chosen(2), chosen(3), ...[1, 2, 3].map(answered)]);

test('as many phones ring as the plan says, and the next one as soon as one falls out', () => {
  const first = apply(race(2).call, chosen(1));
  expect(first.effects).toContainEqual(expect.objectContaining({ kind: 'choose-agent', tried: [agentId(1)] }));
  const second = apply(first.call, chosen(2));
  expect(kinds(second.effects)).not.toContain('choose-agent');
  const after = apply(second.call, { type: 'leg-ended', legId: legId(1), reason: 'busy' });
  expect(after.effects).toContainEqual(
    expect.objectContaining({ kind: 'choose-agent', tried: [agentId(1), agentId(2)] }),
  );
});

test('nobody else being free disturbs nobody who is rung, and gives the call up only with the last of them', () => {
  const call = moveThrough(race(3).call, [chosen(1)]);
  expect(apply(call, { type: 'nobody-free', someoneBusy: false }).ignored).toBe(true);
  const gone = apply(call, { type: 'leg-ended', legId: legId(1), reason: 'busy' });
  expect(apply(gone.call, { type: 'nobody-free', someoneBusy: false }).call.state).toBe('voicemail');
});

test('while somebody is busy one later look is planned, however often it is found', () => {
  const busy: CallEvent = { type: 'nobody-free', someoneBusy: true };
  const call = moveThrough(race(3).call, [chosen(1), busy]);
  expect(apply(call, busy).ignored).toBe(true);
  const retry: CallEvent = { type: 'timer-due', timer: 'retry', legId: null };
  expect(apply(call, retry).ignored, 'a timer of an earlier plan').toBe(true);
  const look = apply(call, retry, startAt + 1_000 + limits.agentRetryMs);
  expect(look.effects).toEqual([expect.objectContaining({ kind: 'choose-agent', tried: [agentId(1)] })]);
});

test('a phone that still rings is silenced once it is certain who has the caller', () => {
  const won = apply(moveThrough(race(2).call, [chosen(1), chosen(2)]), accepted(2), acceptedAt);
  expect(kinds(won.effects)).toEqual(['settle-offer', 'set-timer', 'tell']);
  const { call, effects } = apply(won.call, proof, acceptedAt + limits.bridgeProofMs);
  expect(call.legs).toMatchObject([{ state: 'ended', ending: 'withdrawn' }, { state: 'bridged' }]);
  expect(effects).toEqual([
    { kind: 'settle-offer', legId: legId(1), as: 'withdrawn' },
    { kind: 'hang-up-leg', legId: legId(1) },
  ]);
});

test('whoever accepts second is kept until the first one is certain, and then told', () => {
  const call = moveThrough(three, [accepted(2), accepted(1)], acceptedAt);
  expect([call.bridgedLegId, statesOf(call)]).toEqual([legId(2), ['standby', 'bridged', 'answered']]);
  const certain = apply(call, proof, acceptedAt + limits.bridgeProofMs);
  expect(statesOf(certain.call)).toEqual(['ended', 'bridged', 'ended']);
  expect(kinds(certain.effects)).toEqual(['settle-offer', 'instruct-leg', 'settle-offer', 'instruct-leg']);
  expect(instructionsFor(certain.call, legId(1))).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
});

test('when the winner drops before the bridge whoever accepted next has the caller, in a room of their own', () => {
  const call = moveThrough(moveThrough(three, [accepted(2), accepted(3)], acceptedAt), [accepted(1)], acceptedAt + 1);
  const dropped = apply(call, ended(2), acceptedAt + 300);
  expect(dropped.call.state, 'the caller hears music: there is time to learn whether the two had met').toBe('bridged');
  expect(dropped.effects).toMatchObject([
    { kind: 'free-agent', agentId: agentId(2), wrapUpMs: 0 },
    { kind: 'set-timer', timer: 'lost', dueAt: acceptedAt + 300 + limits.bridgeLostMs },
  ]);
  const next = apply(dropped.call, lost(2), acceptedAt + 300 + limits.bridgeLostMs);
  expect([next.call.bridgedLegId, statesOf(next.call)]).toEqual([legId(3), ['standby', 'ended', 'bridged']]);
  expect(next.effects).toMatchObject([
    { kind: 'tell', type: 'call.dropped', data: { agentId: agentId(2) } },
    { kind: 'instruct-leg', legId: legId(3) },
    { kind: 'instruct-caller' },
    { kind: 'settle-offer', legId: legId(3), as: 'accepted' },
    { kind: 'set-timer', timer: 'proof' },
    { kind: 'tell', type: 'call.answered' },
  ]);
  for (const leg of [null, legId(3)]) expect(instructionsFor(next.call, leg)).toMatchObject([{ room: 'call_1.2' }]);
});

test('when nobody else has accepted those who still ring go on ringing, and the caller hears music', () => {
  const call = moveThrough(three, [accepted(2), ended(2)], acceptedAt);
  const { call: waiting, effects } = apply(call, lost(2), acceptedAt + limits.bridgeLostMs);
  expect([waiting.state, waiting.bridgedLegId, waiting.bridgedAt]).toEqual(['waiting', null, null]);
  expect(effects).toContainEqual(expect.objectContaining({ kind: 'choose-agent', tried: [1, 2, 3].map(agentId) }));
  expect(instructionsFor(waiting, null)).toMatchObject([{ verb: 'join', room: 'call_1.2', role: 'caller' }]);
  expect(apply(waiting, accepted(1), acceptedAt + 3_000).call.bridgedLegId).toBe(legId(1));
});

test('a room that ended under the caller shows that the two had met: the call is over', () => {
  const call = moveThrough(three, [accepted(2), ended(2)], acceptedAt);
  const over = apply(call, { type: 'room-ended', room: 'call_1' }, acceptedAt + 100);
  expect(over.call).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
  expect(statesOf(over.call)).toEqual(['ended', 'ended', 'ended']);
});

test('a room of an older number that ended is no news', () => {
  const call = moveThrough(three, [accepted(2), accepted(1), ended(2)], acceptedAt);
  const next = apply(call, lost(2), acceptedAt + limits.bridgeLostMs);
  expect(apply(next.call, { type: 'room-ended', room: 'call_1' }, acceptedAt + 2_000).ignored).toBe(true);
});

test('a talk from before the call was moved on is not forgotten when the next agent is lost on the way', () => {
  const talked = apply(callIn('bridged'), toNumber('blind', 2), startAt + 60_000).call;
  const moved = moveThrough(
    talked,
    [{ type: 'leg-ended', legId: legId(2), reason: 'busy' }, chosen(3)],
    startAt + 61_000,
  );
  const taken = apply(moved, accepted(3), startAt + 70_000);
  expect(taken.call.bridgedAt).toBe(startAt + 1_000);
  const dropped = apply(taken.call, ended(3), startAt + 70_200);
  const { call } = apply(dropped.call, lost(3), startAt + 70_200 + limits.bridgeLostMs);
  expect([call.state, call.bridgedLegId, call.bridgedAt]).toEqual(['waiting', null, startAt + 1_000]);
});
