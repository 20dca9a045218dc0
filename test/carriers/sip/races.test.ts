/**
 * Who has the caller when several agents pick up at once: seeded races on the scripted edge. SIP_RACES says how many
 * (1,000 is the full number; a few here, so that every run has some).
 */
import { afterEach, expect, test } from 'vitest';
import type { PhoneCall } from '../../support/sip-edge/phone-call.ts';
import { methodOf } from '../../support/sip-edge/sip-text.ts';
import { agentA, agentB, type StagedSip, stageSip, until } from './staged-sip.ts';

const races = Number(process.env.SIP_RACES ?? 100);
const atOnce = 50;

let staged: StagedSip | null = null;
afterEach(async () => {
  await staged?.close();
  staged = null;
});

/** A small generator, so that a race that fails can be run again (Mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test(`of two agents who pick up in the same millisecond one has the caller, in ${races} races`, {
  timeout: 300_000,
}, async () => {
  staged = await stageSip({ agents: [agentA, agentB], race: true });
  const { agent, call, carrier, record } = staged;
  const phones = [await agent(agentA), await agent(agentB)];
  const ringing = new Map<string, PhoneCall[]>();
  for (const phone of phones)
    phone.onCall = (rung) => {
      const audio = /m=audio \d+/.exec(rung.theirSdp)?.[0] ?? '';
      ringing.set(audio, [...(ringing.get(audio) ?? []), rung]);
    };
  for (let round = 0; round < races; round += atOnce) {
    const made = Array.from({ length: atOnce }, (_, index) => {
      const seed = round + index;
      const random = seeded(seed);
      const port = 40_000 + index * 2;
      const sdp = `v=0\r\no=- ${seed} 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
      return { seed, random, audio: `m=audio ${port}`, calling: call({ sdp }) };
    });
    await Promise.all(
      made.map((race) => until(() => ringing.get(race.audio)?.length === 2, `race ${race.seed} rings`)),
    );
    for (const { random, audio } of made) {
      const answers = [...(ringing.get(audio) ?? [])];
      if (random() < 0.5) answers.reverse();
      const [first, second] = answers;
      first?.answer();
      if (random() < 0.5) second?.answer();
      else queueMicrotask(() => second?.answer());
    }
    await Promise.all(made.map(({ calling, seed }) => until(() => calling.status === 200, `race ${seed} is answered`)));
    for (const { calling, seed, audio } of made) {
      const legs = ringing.get(audio) ?? [];
      await until(() => legs.filter(({ ended }) => ended).length === 1, `race ${seed} lets one go`);
      const [loser, winner] = legs[0]?.ended ? legs : [legs[1], legs[0]];
      expect(calling.theirSdp, `race ${seed}`).toContain(/m=audio \d+/.exec(winner?.ourSdp ?? '')?.[0]);
      expect(
        loser?.log.some((message) => ['BYE', 'CANCEL'].includes(methodOf(message))),
        `race ${seed}`,
      ).toBe(true);
      expect(
        calling.log.filter((message) => methodOf(message) !== 'SIP/2.0'),
        `race ${seed}: no gap`,
      ).toEqual([]);
      expect(calling.ended).toBe(false);
    }
    await Promise.all(made.map(({ calling }) => calling.hangUp()));
    await until(() => carrier.legs() === 0, 'no leg is left');
    for (const phone of phones) phone.calls.length = 0;
    ringing.clear();
  }
  const calls = [...record.calls.values()];
  expect(calls).toHaveLength(Math.ceil(races / atOnce) * atOnce);
  expect(calls.every(({ verdict }) => verdict?.slug === 'answered')).toBe(true);
});

test('the one who picked up drops before the caller is there: who still rings goes on ringing and has the caller next', async () => {
  staged = await stageSip({ agents: [agentA, agentB], race: true, takeDelayMs: 0 });
  const { agent, call, record } = staged;
  const first = await agent(agentA);
  const second = await agent(agentB);
  first.onCall = (rung) => {
    rung.answer();
    void rung.hangUp();
  };
  second.onCall = (rung) => rung.ring();
  record.acceptsLate = true;
  const made = call();
  await until(() => first.calls[0]?.ended === true && second.calls.length === 1, 'the first picks up and drops');
  await until(() => record.facts().includes('leg ended'), 'it is noted');
  expect(second.calls[0]?.ended).toBe(false);
  expect(made.ended).toBe(false);
  record.acceptsLate = false;
  second.calls[0]?.answer();
  await until(() => made.status === 200, 'the caller is answered');
  expect(made.theirSdp).toContain(/m=audio \d+/.exec(second.calls[0]?.ourSdp ?? '')?.[0]);
});

test('the winner drops and never reached the caller: the runner-up, who stood by, has the caller, who heard nothing of it', async () => {
  staged = await stageSip({ agents: [agentA, agentB], race: true });
  const { agent, call, record, carrier } = staged;
  const phones = [await agent(agentA), await agent(agentB)];
  for (const phone of phones) phone.onCall = (rung) => rung.ring();
  const made = call();
  await until(() => phones.every(({ calls }) => calls.length === 1), 'both ring');
  // The first one's taking the call is decided in the record, and its leg is gone before the order reaches it.
  const [winner, second] = record.last().legs;
  if (winner === undefined || second === undefined) throw new Error('no legs');
  record.apply(record.last().id, { type: 'leg-accepted', legId: winner.id });
  record.apply(record.last().id, { type: 'leg-ended', legId: winner.id, reason: 'failed' });
  phones[1]?.calls[0]?.answer();
  await until(() => made.status === 200, 'the caller is answered');
  expect(made.theirSdp).toContain(/m=audio \d+/.exec(phones[1]?.calls[0]?.ourSdp ?? '')?.[0]);
  expect(record.last()).toMatchObject({ state: 'bridged', bridgedLegId: second.id });
  await made.hangUp();
  await carrier.voice.hangUp(winner.carrierCallId ?? '');
  await until(() => carrier.legs() === 0, 'no leg is left');
});
