/** Recording of conversations: when it begins, what stops it, what is kept of it. */
import { expect, test } from 'vitest';
import type { CallEvent } from '../../src/telephony/call.ts';
import { eventsOf } from '../../src/telephony/leg-report.ts';
import { apply, chosen, legId, moveThrough, newCall } from './sample-call.ts';

const accepted: CallEvent = { type: 'leg-accepted', legId: legId(1) };
const asked = (act: 'start' | 'pause' | 'resume' | 'stop'): CallEvent => ({ type: 'recording-asked', act });
const talking = (record: boolean) => moveThrough(newCall({ record }).call, [chosen(1), accepted]);

test('a call whose plan records is recorded once the two are together, and once only', () => {
  const waiting = moveThrough(newCall({ record: true }).call, [chosen(1)]);
  const bridged = apply(waiting, accepted);
  expect(bridged.effects).toContainEqual({ kind: 'record', act: 'start' });
  expect(bridged.call.recording).toBe('on');
  const again = moveThrough(bridged.call, [
    { type: 'transfer-asked', mode: 'blind', to: { kind: 'queue', queue: 'sales' }, legId: legId(9) },
    chosen(2),
  ]);
  expect(apply(again, { type: 'leg-accepted', legId: legId(2) }).effects).not.toContainEqual({
    kind: 'record',
    act: 'start',
  });
});

test('a call whose plan does not record is not, and cannot be: nobody has been told', () => {
  expect(talking(false).recording).toBe('off');
  expect(apply(talking(false), asked('start')).ignored).toBe(true);
});

test('it is paused for card data, resumed, stopped and started, each where that makes sense', () => {
  const acts = ['pause', 'resume', 'stop', 'start'] as const;
  const states = acts.map((_, at) => moveThrough(talking(true), acts.slice(0, at + 1).map(asked)).recording);
  expect(states).toEqual(['paused', 'on', 'off', 'on']);
  expect(apply(talking(true), asked('pause')).effects).toEqual([{ kind: 'record', act: 'pause' }]);
  for (const act of ['start', 'resume'] as const) expect(apply(talking(true), asked(act)).ignored).toBe(true);
});

test('what the carrier has filed is kept by its id and told once, even after the call', () => {
  const fact = { what: 'conversation-recorded', seconds: 42, recordingId: 'RE1' } as const;
  const [filed] = eventsOf({ callId: talking(true).id, legId: null, carrierCallId: null, fact });
  if (filed === undefined) throw new Error('no event');
  const kept = apply(moveThrough(talking(true), [{ type: 'caller-ended' }]), filed);
  expect(kept.call.recordings).toEqual([{ id: 'RE1', seconds: 42 }]);
  expect(kept.effects).toEqual([{ kind: 'tell', type: 'call.recorded', data: { recordingId: 'RE1', seconds: 42 } }]);
  expect(apply(kept.call, filed).ignored).toBe(true);
});
