/** Calls whose sound the media server holds: what is heard, when phones are told of it, what is recorded, and when it is away. */
import { afterEach, describe, expect, test } from 'vitest';
import type { CallId } from '../../../../src/ports/ids.ts';
import type { PhoneSound } from '../../../support/rtpengine/phone-sound.ts';
import { methodOf, statusOf } from '../../../support/sip-edge/sip-text.ts';
import { agentA, elsewhere, onlyOnEdge, type SipStage, type StagedSip, stageSip, until } from '../staged-sip.ts';

let staged: StagedSip | null = null;
afterEach(async () => {
  await staged?.close();
  staged = null;
});

/** A gateway with a media server, and a caller whose sound can be looked at. */
async function setup(stage: SipStage = {}) {
  staged = await stageSip({ agents: [agentA], media: true, ...stage });
  const sound = await staged.engine.plug(staged.trunk.port.host);
  return { ...staged, sound };
}

type Staged = Awaited<ReturnType<typeof setup>>;

function dialIn({ call, sound }: Staged) {
  const made = call({ sdp: sound.sdp });
  sound.follow(() => made.theirSdp);
  return made;
}

function reInvites(call: { readonly log: readonly Parameters<typeof methodOf>[0][] }): number {
  return call.log.filter((message) => methodOf(message) === 'INVITE').length;
}

/** An agent outside, whose sound can be looked at, picks up. */
async function outsideAgent(world: Staged): Promise<PhoneSound> {
  const sound = await world.engine.plug(world.trunk.port.host);
  world.trunk.onCall = (call) => {
    sound.follow(() => call.theirSdp);
    call.answer(sound.sdp);
  };
  return sound;
}

/** A caller who talks with an agent outside. */
async function talk(world: Staged) {
  const sound = await outsideAgent(world);
  const made = dialIn(world);
  await until(() => sound.heard().length > 0, 'the whisper');
  await sound.press('1');
  await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk');
  return { sound, made };
}

describe.skipIf(!onlyOnEdge)(`on the scripted edge${onlyOnEdge ? '' : ' [skipped: real servers are there]'}`, () => {
  test('a caller is answered, greeted and hears music; nobody is told of a second place', async () => {
    const world = await setup();
    world.trunk.onCall = (call) => call.ring();
    const made = dialIn(world);
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    expect(made.status).toBe(200);
    expect(world.sound.heard()).toEqual(['chime', 'hold-music']);
    expect(reInvites(made)).toBe(0);
    await made.hangUp();
    await until(() => world.engine.calls() === 0, 'the media server is given everything back');
  });

  test('an agent’s SIP phone is connected with the caller without telling the caller’s phone anything', async () => {
    const world = await setup();
    const phone = await world.agent(agentA);
    const sound = await world.engine.plug(phone.port.host);
    phone.onCall = (call) => {
      sound.follow(() => call.theirSdp);
      call.answer(sound.sdp);
    };
    const made = dialIn(world);
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk');
    expect(reInvites(made)).toBe(0);
    expect(world.sound.hearsNow()).toBeNull();
    expect(sound.heard()).toEqual([]);
  });

  test('an agent outside hears what it is about, presses a key, and both talk through two places', async () => {
    const world = await setup();
    const sound = await outsideAgent(world);
    const made = dialIn(world);
    await until(() => sound.heard().length > 0, 'the whisper');
    expect(world.sound.isTalking()).toBe(false);
    await sound.press('1');
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk');
    expect([...world.trunk.calls].map(reInvites)).toEqual([0, 0]);
    await made.hangUp();
    await until(() => world.engine.calls() === 0, 'the media server is given everything back');
  });

  test('a caller who gives up while an agent outside is rung leaves nothing behind at the media server', async () => {
    const world = await setup();
    world.trunk.onCall = (call) => call.ring();
    const made = dialIn(world);
    await until(() => world.engine.calls() === 2, 'both are held');
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    await made.hangUp();
    await until(() => world.engine.calls() === 0, 'the media server is given everything back');
  });

  test('a caller who is held hears music, and talks again afterwards', async () => {
    const world = await setup();
    const { sound } = await talk(world);
    const { id } = world.record.last();
    world.record.apply(id, { type: 'hold-asked' });
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    expect(sound.isTalking()).toBe(false);
    world.record.apply(id, { type: 'resume-asked' });
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk again');
    expect(world.sound.hearsNow()).toBeNull();
  });

  test('a call that goes straight is held all the same: its caller’s phone is told of the media server then', async () => {
    const world = await setup({ plan: { greeting: '' } });
    const phone = await world.agent(agentA);
    const sound = await world.engine.plug(phone.port.host);
    phone.onCall = (call) => {
      sound.follow(() => call.theirSdp);
      call.answer(sound.sdp);
    };
    const made = dialIn(world);
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk');
    expect(world.engine.orders()).not.toContain('offer');
    world.record.apply(world.record.last().id, { type: 'hold-asked' });
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    expect(reInvites(made)).toBe(1);
    world.record.apply(world.record.last().id, { type: 'resume-asked' });
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk again');
  });

  test('an agent’s SIP phone that waits for somebody, as one who asks a colleague does, hears music', async () => {
    const world = await setup();
    const phone = await world.agent(agentA);
    const sound = await world.engine.plug(phone.port.host);
    phone.onCall = (call) => {
      sound.follow(() => call.theirSdp);
      call.answer(sound.sdp);
    };
    dialIn(world);
    await until(() => world.sound.isTalking() && sound.isTalking(), 'they talk');
    world.record.isDeaf = true;
    const [leg] = world.record.last().legs;
    const room = `${world.record.last().id}.consult`;
    const join = {
      verb: 'join',
      room,
      role: 'caller',
      hears: 'talk',
      coaches: null,
      endsRoom: false,
      next: null,
    } as const;
    await world.carrier.voice.instruct(leg?.carrierCallId ?? '', [join]);
    await until(() => sound.hearsNow() === 'hold-music', 'the music');
  });

  test('a caller who left the offer to us is greeted as well', async () => {
    const world = await setup();
    world.trunk.onCall = (call) => call.ring();
    const made = world.call({ sdp: null });
    await until(
      () => world.engine.orders().filter((order) => order === 'play media').length === 2,
      'greeting and music',
    );
    expect(made.status).toBe(200);
  });

  test('the caller’s own hold and its end come through', async () => {
    const world = await setup();
    const { made } = await talk(world);
    const headers = [['Content-Type', 'application/sdp']] as const;
    const hold = world.sound.sdp.replace('a=sendrecv', 'a=sendonly');
    const held = await made.ask('INVITE', { headers, body: hold });
    expect(statusOf(held)).toBe(200);
    expect(held.body).toContain('a=recvonly');
    const back = await made.ask('INVITE', { headers, body: world.sound.sdp });
    expect(back.body).toContain('a=sendrecv');
  });

  test('while the failover number rings, a caller who was answered hears ringing', async () => {
    const world = await setup();
    let ring = () => {};
    world.trunk.onCall = (call) => {
      ring = () => call.answer();
    };
    dialIn(world);
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    const next = { step: 'dial-ended', callId: world.record.last().id, legId: null } as const;
    const order = { verb: 'dial', to: elsewhere, callerId: null, ringTimeoutMs: 5_000, next } as const;
    await world.carrier.voice.instruct(world.record.last().carrierCallId ?? '', [order]);
    await until(() => world.sound.hearsNow() === 'ringing', 'ringing');
    await until(() => world.trunk.calls.length === 3, 'the failover’s phone rings');
    ring();
    await until(() => world.sound.hearsNow() === null, 'somebody answered');
  });

  test('a message is told before the end of the caller who left it, with its length and its sound', async () => {
    const world = await setup({ agents: [] });
    const made = dialIn(world);
    await until(() => world.sound.isRecorded(), 'the recording');
    await world.sound.speak(3);
    await made.hangUp();
    await until(() => world.record.facts().includes('caller ended'), 'the end is told');
    const told = [...world.record.heard.values()].map(({ fact }) => fact);
    const message = told.find(({ what }) => what === 'recorded');
    expect(told.map(({ what }) => what).slice(-2)).toEqual(['recorded', 'ended']);
    expect(message).toMatchObject({ seconds: 3, recordingId: expect.stringMatching(/^rec-[0-9a-f]{18}$/) });
    const media = await world.carrier.voice.fetchRecording?.((message as { recordingId: string }).recordingId);
    expect(media).toMatchObject({ kind: 'media', type: 'audio/wav', bytes: 44 + 3 * 16_000 });
  });

  test('a caller who says nothing leaves no message', async () => {
    const world = await setup({ agents: [] });
    const made = dialIn(world);
    await until(() => world.sound.isRecorded(), 'the recording');
    await made.hangUp();
    await until(() => world.record.facts().includes('caller ended'), 'the end is told');
    expect(world.record.last().verdict?.slug).toBe('voicemail-empty');
  });

  test('a conversation is recorded without what was said in a pause, and told once', async () => {
    const world = await setup();
    const { made } = await talk(world);
    const { id, carrierCallId } = world.record.last();
    const record = (act: 'start' | 'pause' | 'resume') => world.carrier.voice.record?.(carrierCallId ?? '', act, id);
    await record('start');
    await record('start');
    await world.sound.speak(2);
    await record('pause');
    expect(world.sound.isRecorded()).toBe(false);
    await record('resume');
    await world.sound.speak(1);
    await made.hangUp();
    await until(() => world.record.facts().includes('caller ended'), 'the end is told');
    const told = [...world.record.heard.values()]
      .map(({ fact }) => fact)
      .filter(({ what }) => what === 'conversation-recorded');
    expect(told).toEqual([{ what: 'conversation-recorded', seconds: 3, recordingId: expect.any(String) }]);
  });

  test('while the media server is away callers hear ringing, and calls go straight', async () => {
    const world = await setup();
    world.engine.setAway(true);
    const phone = await world.agent(agentA);
    const made = dialIn(world);
    await until(() => made.status === 200, 'the caller is answered by the agent');
    expect(made.theirSdp).toContain(`c=IN IP4 ${phone.port.host}`);
    expect(world.sound.heard()).toEqual([]);
  });

  test('keys of a menu are told to the desk, and the prompt ends with the first', async () => {
    const world = await setup({ agents: [], plan: { greeting: '' } });
    dialIn(world);
    const { carrierCallId, id } = await taken(world);
    await world.carrier.voice.instruct(carrierCallId ?? '', [menu(id, 1), { verb: 'wait', seconds: 60 }]);
    await until(() => world.sound.hearsNow() === 'chime', 'the prompt');
    await world.sound.press('2');
    await until(() => world.sound.hearsNow() === null, 'the prompt ends');
    await world.sound.press('#');
    await until(() => world.record.facts().includes('caller keys'), 'the keys are told');
    expect([...world.record.heard.values()].at(-1)?.fact).toEqual({ what: 'keys', digits: '2#', turn: 1 });
  });

  test('a menu that takes the place of another hears the keys that are pressed then', async () => {
    const world = await setup();
    world.trunk.onCall = (call) => call.ring();
    dialIn(world);
    await until(() => world.sound.hearsNow() === 'hold-music', 'the music');
    const { carrierCallId, id } = world.record.last();
    for (const turn of [1, 2]) {
      await world.carrier.voice.instruct(carrierCallId ?? '', [menu(id, turn)]);
      await until(() => world.sound.heard().length === 2 + turn, 'the prompt');
    }
    await world.sound.press('25');
    await until(() => world.record.facts().includes('caller keys'), 'the keys are told');
    expect([...world.record.heard.values()].at(-1)?.fact).toEqual({ what: 'keys', digits: '25', turn: 2 });
  });

  test('with a media server a plan may say, record and ask for keys; what nobody has recorded is named', async () => {
    const { carrier } = await setup();
    const { capabilities, missingPrompt } = carrier.voice;
    const able = ['announce', 'hold-music', 'keys', 'voicemail', 'record-conversation', 'pause-recording'];
    expect([...capabilities]).toEqual(expect.arrayContaining(able));
    expect(missingPrompt?.('Welcome to our shop!')).toMatch(/\/prompts\/welcome-to-our-shop\.wav$/);
  });
});

function menu(callId: CallId, turn: number) {
  const next = { step: 'keys', callId, legId: null, turn } as const;
  return { verb: 'gather', prompt: 'Press 1 or 2.', digits: 2, finishKey: null, timeoutMs: 5_000, next } as const;
}

async function taken(world: Staged) {
  await until(() => world.record.calls.size === 1, 'the call is taken');
  return world.record.last();
}
