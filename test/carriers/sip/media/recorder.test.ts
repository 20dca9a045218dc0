/** What is recorded of a leg, and what is answered, when the media server is slow, away, or the caller hangs up meanwhile. */
import { expect, test } from 'vitest';
import { newLeg } from '../../../../src/carriers/sip/leg.ts';
import type { Anchors } from '../../../../src/carriers/sip/media/anchor.ts';
import { createRecorder } from '../../../../src/carriers/sip/media/recorder.ts';
import { MediaFault } from '../../../../src/carriers/sip/media/rtpengine.ts';
import { recordConversation } from '../../../../src/carriers/sip/record-call.ts';
import type { Switchboard } from '../../../../src/carriers/sip/switchboard.ts';
import { silentLog } from '../../../../src/ports/log.ts';
import type { LegFact } from '../../../../src/telephony/leg-report.ts';

/** A leg that the media server holds; its orders are done when the test says so. */
function setup() {
  const done: string[] = [];
  const orders: { name: string; settle: (fault?: Error) => void }[] = [];
  const order = (name: string) => () =>
    new Promise<void>((resolve, reject) => {
      const settle = (fault?: Error) => {
        if (fault !== undefined) return reject(fault);
        done.push(name);
        resolve();
      };
      orders.push({ name, settle });
    });
  const anchors = { startRecording: order('start'), stopRecording: order('stop') } as unknown as Anchors;
  const state = { isBroken: false };
  const recordings = {
    collect: async () => {
      if (state.isBroken) throw new Error('EACCES');
      done.push('collect');
    },
    seconds: async () => {
      if (state.isBroken) throw new Error('not a capture of raw IP packets');
      return 5 * done.filter((name) => name === 'collect').length;
    },
    fetch: async () => ({ kind: 'gone' as const }),
  };
  const recorder = createRecorder({ anchors, recordings, makeWord: () => '0123456789abcdef', log: silentLog });
  const leg = newLeg({ id: 'a;from-tag=b', kind: 'caller', callId: null, legId: null }, 0);
  leg.state = 'answered';
  leg.anchor = { id: 'lk-1', phone: 'v=0', far: 'v=0', isPlaying: false };
  const told: LegFact[] = [];
  const switchboard = { note: (_leg: unknown, fact: LegFact) => void told.push(fact) } as unknown as Switchboard;
  const world = {
    connectLegs: { anchor: async () => true },
    hears: undefined as never,
    recorder,
    switchboard: () => switchboard,
  };
  const act = (name: Parameters<typeof recordConversation>[2]) => recordConversation(world, leg, name);
  /** Settles the order that is under way. */
  const settle = async (fault?: Error) => {
    await expect.poll(() => orders.length).toBeGreaterThan(0);
    orders.shift()?.settle(fault);
  };
  return { leg, recorder, act, settle, orders, done, told, state };
}

async function begun() {
  const world = setup();
  const answer = world.act('start');
  await world.settle();
  expect(await answer).toEqual({ kind: 'done' });
  return world;
}

test('a pause that the media server did not acknowledge is not called done, and is one when it is asked again', async () => {
  const { leg, act, settle } = await begun();
  const first = act('pause');
  await settle(new MediaFault('away', 'no answer'));
  expect(await first).toMatchObject({ kind: 'unavailable' });
  expect(leg.recording?.isOn).toBe(true);
  const second = act('pause');
  await settle();
  expect(await second).toEqual({ kind: 'done' });
  expect(leg.recording?.isOn).toBe(false);
});

test('the end of a pause that the media server did not hear is asked for again', async () => {
  const { act, settle } = await begun();
  const paused = act('pause');
  await settle();
  await paused;
  const resumed = act('resume');
  await settle(new MediaFault('away', 'no answer'));
  expect(await resumed).toMatchObject({ kind: 'unavailable' });
});

test('a caller who hangs up while a pause is under way loses nothing that was said before it', async () => {
  const { recorder, leg, act, settle, done } = await begun();
  const paused = act('pause');
  const ended = recorder.end(leg);
  await settle();
  await paused;
  expect(await ended).toMatchObject({ seconds: 5 });
  expect(done).toEqual(['start', 'stop', 'collect']);
});

test('a caller who hangs up while a recording is being started has it told all the same', async () => {
  const { leg, act, settle, told } = setup();
  const started = act('start');
  await settle();
  leg.state = 'ended';
  await settle();
  expect(await started).toEqual({ kind: 'done' });
  expect(told).toEqual([expect.objectContaining({ what: 'conversation-recorded' })]);
});

test('a recording that cannot be taken over ends nobody’s call', async () => {
  const { recorder, leg, settle, state } = await begun();
  state.isBroken = true;
  const ended = recorder.end(leg);
  await settle();
  expect(await ended).toEqual({ recordingId: 'rec-0123456789abcdef', seconds: 0 });
});
