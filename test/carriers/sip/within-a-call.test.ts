/** What phones do within a call: hold, keys, transfers, both sides at once; and what becomes of calls when a connection breaks. */
import { afterEach, expect, test } from 'vitest';
import type { Phone, PhoneCall } from '../../support/sip-edge/phone-call.ts';
import { header, methodOf, type SipText, statusOf } from '../../support/sip-edge/sip-text.ts';
import { domain } from './staged-phone-book.ts';
import { agentA, agentB, elsewhere, type SipStage, type StagedSip, stageSip, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
afterEach(async () => {
  await staged?.close();
  staged = null;
});

const sdpType = [['Content-Type', 'application/sdp']] as const;

/** A caller who talks with an agent. */
async function talk(stage: SipStage = {}) {
  staged = await stageSip({ agents: [agentA], ...stage });
  const phone = await staged.agent(agentA);
  const made = staged.call();
  await until(() => made.status === 200, 'the caller is answered');
  const rung = phone.calls[0];
  if (rung === undefined) throw new Error('the agent’s phone never rang');
  return { ...staged, phone, made, rung };
}

function sent(call: PhoneCall, method: string): SipText[] {
  return call.log.filter((message) => methodOf(message) === method);
}

test('an agent holds the caller and comes back: each time the caller’s phone is told and its answer comes back', async () => {
  const { made, rung } = await talk();
  const hold = rung.ourSdp.replace('a=sendrecv', 'a=sendonly');
  const held = await rung.ask('INVITE', { headers: sdpType, body: hold });
  expect(statusOf(held)).toBe(200);
  expect(held.body).toContain('a=recvonly');
  expect(made.theirSdp).toContain('a=sendonly');
  const back = await rung.ask('INVITE', { headers: sdpType, body: rung.ourSdp });
  expect(back.body).toContain('a=sendrecv');
  expect(made.theirSdp).toContain('a=sendrecv');
});

test('our descriptions towards one phone are one session with a rising version', async () => {
  const { made, rung } = await talk();
  const origins = [made.theirSdp];
  await rung.ask('INVITE', { headers: sdpType, body: rung.ourSdp.replace('a=sendrecv', 'a=inactive') });
  origins.push(made.theirSdp);
  const read = origins.map((sdp) => /^o=- (\d+) (\d+)/m.exec(sdp));
  expect(read[0]?.[1]).toBe(read[1]?.[1]);
  expect(Number(read[1]?.[2])).toBeGreaterThan(Number(read[0]?.[2]));
});

test('a key pressed as SIP INFO reaches the other phone as one', async () => {
  const { made, rung } = await talk();
  const body = 'Signal=7\r\nDuration=120\r\n';
  const answer = await made.ask('INFO', { headers: [['Content-Type', 'application/dtmf-relay']], body });
  expect(statusOf(answer)).toBe(200);
  await until(() => sent(rung, 'INFO').length === 1, 'the key is passed on');
  expect(sent(rung, 'INFO')[0]?.body).toContain('Signal=7');
});

test('an outside number takes a call with a key, not by being picked up: a voicemail presses none', async () => {
  staged = await stageSip({ agents: [agentA], plan: { acceptTimeoutMs: 4_000 } });
  const { trunk, call, record } = staged;
  const made = call();
  await until(() => trunk.calls.length === 2 && trunk.calls[1]?.status === 200, 'the agent’s number is rung');
  await until(() => record.facts().includes('leg answered'), 'it is noted as picked up');
  expect(record.last().state).toBe('waiting');
  const pressed = await trunk.calls[1]?.ask('INFO', { headers: [['Content-Type', 'application/dtmf']], body: '1' });
  expect(pressed && statusOf(pressed)).toBe(200);
  await until(() => made.status === 200, 'the caller is answered');
});

test('an agent sends the caller on to another phone: the caller talks on, the agent is let go and told', async () => {
  const { made, rung, agent, record } = await talk();
  const second = await agent('bob');
  const answer = await rung.ask('REFER', { headers: [['Refer-To', `<sip:bob@${domain}>`]] });
  expect(statusOf(answer)).toBe(202);
  await until(() => rung.ended, 'the agent is let go');
  await until(() => made.theirSdp.includes(audioOf(second)), 'the caller hears the other phone');
  expect(second.calls[0]?.theirSdp).toContain(/m=audio \d+/.exec(made.ourSdp)?.[0]);
  expect(sent(rung, 'NOTIFY').map((notify) => notify.body.trim())).toContain('SIP/2.0 200 OK');
  expect(made.ended).toBe(false);
  await made.hangUp();
  await until(() => second.calls[0]?.ended === true, 'the other phone is let go');
  await until(() => record.last().state === 'ended', 'the call ends');
});

test('a transfer that nobody takes leaves the agent with the caller', async () => {
  const { made, rung, agent } = await talk();
  const second = await agent('bob');
  second.onCall = (call) => call.reject(486);
  await rung.ask('REFER', { headers: [['Refer-To', `<sip:bob@${domain}>`]] });
  await until(() => sent(rung, 'NOTIFY').some(({ body }) => body.includes('480')), 'the agent is told');
  expect([made.ended, rung.ended]).toEqual([false, false]);
});

test('a caller cannot have us ring anybody', async () => {
  const { made, trunk } = await talk();
  const answer = await made.ask('REFER', { headers: [['Refer-To', `<sip:${elsewhere}@${domain}>`]] });
  expect(statusOf(answer)).toBe(403);
  expect(trunk.calls).toHaveLength(1);
});

test('both hang up in the same moment: both are answered, nothing is left', async () => {
  const { made, rung, carrier, record } = await talk();
  const answers = await Promise.all([made.hangUp(), rung.hangUp()]);
  expect(answers.map(statusOf).every((status) => status === 200 || status === 481)).toBe(true);
  await until(() => carrier.legs() === 0, 'no leg is left');
  expect(record.last().state).toBe('ended');
});

test('both describe something new in the same moment: both are answered and the call goes on', async () => {
  const { made, rung } = await talk();
  const offers = await Promise.all([
    made.ask('INVITE', { headers: sdpType, body: made.ourSdp.replace('a=sendrecv', 'a=sendonly') }),
    rung.ask('INVITE', { headers: sdpType, body: rung.ourSdp.replace('a=sendrecv', 'a=sendonly') }),
  ]);
  expect(offers.map(statusOf).every((status) => status === 200 || status === 491 || status === 500)).toBe(true);
  expect([made.ended, rung.ended]).toEqual([false, false]);
});

test('a caller who leaves the offer to us is given the phone’s, and the phone their answer', async () => {
  staged = await stageSip({ agents: [agentA] });
  const phone = await staged.agent(agentA);
  const made = staged.call({ sdp: null });
  await until(() => made.status === 200, 'the caller is answered');
  expect(made.theirSdp).toContain(audioOf(phone));
  await until(
    () => (phone.calls[0]?.theirSdp ?? '').includes(/m=audio \d+/.exec(made.ourSdp)?.[0] ?? '-'),
    'the phone is told',
  );
});

test('a hang-up, a move or a question for a call that has ended is answered as gone', async () => {
  const { made, record, carrier } = await talk();
  const carrierCallId = record.last().carrierCallId ?? '';
  expect(await carrier.voice.look(carrierCallId)).toBe('live');
  await made.hangUp();
  await until(() => carrier.legs() === 0, 'no leg is left');
  expect(await carrier.voice.hangUp(carrierCallId)).toEqual({ kind: 'gone' });
  expect(await carrier.voice.instruct(carrierCallId, [{ verb: 'hang-up' }])).toEqual({ kind: 'gone' });
  expect(await carrier.voice.look(carrierCallId)).toBe('gone');
});

test('an order to dial that comes twice rings once', async () => {
  const { record, carrier, phone } = await talk();
  const call = record.last();
  const leg = call.legs[0];
  if (leg === undefined) throw new Error('no leg');
  const { ringTimeoutMs } = call.plan;
  const order = {
    callId: call.id,
    legId: leg.id,
    from: call.dnis,
    to: leg.to,
    ringTimeoutMs,
    orderedAt: 0,
    repeated: true,
  };
  expect(await carrier.voice.dial(order)).toEqual({ kind: 'dialled', carrierCallId: leg.carrierCallId });
  expect(phone.calls).toHaveLength(1);
});

test('a third phone is refused a room that holds two, and the two talk on', async () => {
  const { record, carrier, agent, made, rung } = await talk();
  const third = await agent(agentB);
  const call = record.last();
  const legId = `leg_${'0'.repeat(25)}3` as never;
  const about = { callId: call.id, legId, from: call.dnis, ringTimeoutMs: 5_000, orderedAt: 0, repeated: false };
  const dialled = await carrier.voice.dial({ ...about, to: agentB });
  if (dialled.kind !== 'dialled') throw new Error('not dialled');
  await until(() => third.calls[0]?.status === 200, 'the third phone is picked up');
  const join = {
    verb: 'join',
    room: call.id,
    role: 'agent',
    hears: 'talk',
    coaches: null,
    endsRoom: false,
    next: null,
  } as const;
  await carrier.voice.instruct(dialled.carrierCallId, [join]);
  await until(() => third.calls[0]?.ended === true, 'the third phone is let go');
  expect([made.ended, rung.ended]).toEqual([false, false]);
});

test('a leg is moved to another room and meets whoever is there', async () => {
  const { record, carrier, agent, made, rung } = await talk();
  const second = await agent(agentB);
  record.isDeaf = true;
  const answersHeard = () => record.facts().filter((fact) => fact === 'leg answered').length;
  const call = record.last();
  const legId = `leg_${'0'.repeat(25)}4` as never;
  const about = { callId: call.id, legId, from: call.dnis, ringTimeoutMs: 5_000, orderedAt: 0, repeated: false };
  const dialled = await carrier.voice.dial({ ...about, to: agentB });
  if (dialled.kind !== 'dialled') throw new Error('not dialled');
  // Told of its answer it is made to wait; an order before that would be overtaken.
  await until(() => answersHeard() === 2, 'the second phone is picked up and told to wait');
  const room = `${call.id}.2`;
  const join = {
    verb: 'join',
    room,
    role: 'agent',
    hears: 'talk',
    coaches: null,
    endsRoom: false,
    next: null,
  } as const;
  await carrier.voice.instruct(dialled.carrierCallId, [join]);
  await carrier.voice.instruct(call.carrierCallId ?? '', [{ ...join, role: 'caller' }]);
  await until(() => made.theirSdp.includes(audioOf(second)), 'the caller hears the second phone');
  expect(second.calls[0]?.theirSdp).toContain(/m=audio \d+/.exec(made.ourSdp)?.[0]);
  await until(() => rung.ended, 'the first phone is let go with its room');
  expect(made.ended).toBe(false);
});

function audioOf(phone: Phone): string {
  return /m=audio \d+/.exec(phone.calls[0]?.ourSdp ?? '')?.[0] ?? 'no call';
}

test('a transfer elsewhere than to a number or a phone of ours is refused', async () => {
  const { rung } = await talk();
  const answer = await rung.ask('REFER', { headers: [['Refer-To', '<sip:bob@evil.example>']] });
  expect(statusOf(answer)).toBe(400);
  expect(header(answer, 'call-id')).toBe(rung.callId);
});
