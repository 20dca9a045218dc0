/** What a call waits for is taken back when it ends: each timer that it sets stands in one of its lanes. */
import { expect, test } from 'vitest';
import type { CallEffect, CallEvent } from '../../src/telephony/call.ts';
import { timerLane, waitingLanesOf } from '../../src/telephony/call-lanes.ts';
import { type Applied, apply, chosen, legId, newCall, newOutbound, sampleMenu, startAt } from './sample-call.ts';

type Begun = Pick<Applied, 'call' | 'effects'>;

/** The timers of a call that went through these events, and the lanes in which it waits. */
function lanesOf(begun: Begun, events: readonly CallEvent[] = [], at = startAt + 1_000) {
  const effects: CallEffect[] = [...begun.effects];
  let { call } = begun;
  for (const event of events) {
    const step = apply(call, event, at);
    effects.push(...step.effects);
    call = step.call;
  }
  const timers = effects.flatMap((effect) => (effect.kind === 'set-timer' ? [effect] : []));
  const set = timers.map(({ timer, legId: leg }) => [timer, timerLane(call.id, timer, leg)] as const);
  return { set, lanes: new Set(waitingLanesOf(call)) };
}

const accepted: CallEvent = { type: 'leg-accepted', legId: legId(1) };
const nobody = (someoneBusy: boolean): CallEvent => ({ type: 'nobody-free', someoneBusy });

test('every timer that calls set is in a lane that is taken back', () => {
  const runs = [
    lanesOf(newCall({ callbackAfterMs: 20_000 }), [nobody(true)]),
    lanesOf(newCall({ menu: sampleMenu })),
    lanesOf(newCall(), [nobody(false)]),
    lanesOf(newCall({ dispatch: 'race', raceSize: 2 }), [chosen(1), chosen(2), accepted, { type: 'hold-asked' }]),
    lanesOf(newCall(), [chosen(1), accepted, { type: 'leg-ended', legId: legId(1), reason: 'completed' }]),
    lanesOf(newOutbound({}, { record: true }), [chosen(1), accepted, { type: 'customer-answered' }]),
  ];
  const seen = new Set(runs.flatMap(({ set }) => set.map(([timer]) => timer)));
  expect([...seen].sort()).toEqual(
    'announced callback customer hold life lost menu proof retry ring voicemail wait'.split(' '),
  );
  for (const { set, lanes } of runs) for (const [, lane] of set) expect(lanes).toContain(lane);
});
