/** A leg that is to be held by the media server in the middle of a conversation, and cannot be. */
import { expect, test } from 'vitest';
import { anchorLeg } from '../../../../src/carriers/sip/anchor-leg.ts';
import type { Drachtio } from '../../../../src/carriers/sip/drachtio.ts';
import { type Leg, newLeg } from '../../../../src/carriers/sip/leg.ts';
import type { Anchors } from '../../../../src/carriers/sip/media/anchor.ts';
import { MediaFault } from '../../../../src/carriers/sip/media/rtpengine.ts';
import { audioPlaceOf } from '../../../../src/carriers/sip/sdp.ts';
import { silentLog } from '../../../../src/ports/log.ts';
import { sdpOf } from '../../../support/sip-edge/phone-call.ts';

function talking(id: string, theirs: string, ours: string): Leg {
  const leg = newLeg({ id, kind: 'phone', callId: null, legId: null, theirs }, 0);
  return Object.assign(leg, { state: 'answered', ours });
}

/** Two phones that talk straight, and a media server that takes an offer and goes away before the answer. */
function setup() {
  const [callers, agents, engines] = [
    sdpOf('127.0.0.3', 30_000),
    sdpOf('127.0.0.4', 30_002),
    sdpOf('127.0.0.9', 50_000),
  ];
  const [caller, agent] = [talking('a;from-tag=1', callers, agents), talking('b;from-tag=2', agents, callers)];
  [caller.peer, agent.peer] = [agent, caller];
  const told: string[] = [];
  const drachtio = {
    ask: async ({ dialogId, body }: { dialogId: string; body: string }) => {
      told.push(`${dialogId} ${audioPlaceOf(body)}`);
      return { status: 200, body: dialogId === caller.id ? callers : agents, ack: () => undefined };
    },
  } as unknown as Drachtio;
  const released: string[] = [];
  const anchors = {
    create: () => ({ id: 'lk-1', phone: '', far: '', isPlaying: false }),
    offerToPhone: async () => engines,
    answerFromPhone: () => Promise.reject(new MediaFault('away', 'no answer')),
    release: async ({ id }: { id: string }) => void released.push(id),
  } as unknown as Anchors;
  const world = { drachtio, random: () => 0, silentPlace: '127.0.0.1', anchors, log: silentLog };
  return { world, caller, agent, told, released, callers, agents, engines };
}

test('is told its peer’s place again, and they talk on', async () => {
  const { world, caller, told, released, callers, agents, engines } = setup();
  expect(await anchorLeg(world, caller)).toBe(false);
  expect(told).toEqual([engines, agents].map((sdp) => `${caller.id} ${audioPlaceOf(sdp)}`));
  expect(caller).toMatchObject({ anchor: null, theirs: callers });
  expect(released).toEqual(['lk-1']);
});
