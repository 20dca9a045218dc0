/**
 * Races of agents for one caller through Vonage's own wire, each drawn from its seed: signed webhooks that cross, keys
 * pressed in the same millisecond, phones that drop while their key is on the way. Exactly one agent is in the caller's
 * room in the end, everybody else is told, and whenever one looks the caller is in a room. `VONAGE_RACES=1000` plays a
 * thousand.
 */
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { createVonageVoiceClient } from '../../../src/carriers/vonage/rest-client.ts';
import { createVonageVoice } from '../../../src/carriers/vonage/voice.ts';
import { registerVonage } from '../../../src/carriers/vonage/webhooks.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import { createIds } from '../../../src/ports/ids.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { createRandom, type Random } from '../../../src/simulate/random.ts';
import { createStagedRecord } from '../../support/staged-record.ts';
import type { Leg } from './far-end/leg.ts';
import { createVonageFarEnd, vonageAccount } from './far-end/vonage-far-end.ts';

const ours = '+15035550131' as E164;
const caller = '+12125550142' as E164;
const agents = ['+15035550141', '+15035550142', '+15035550143', '+15035550144'] as E164[];
const races = Number(process.env.VONAGE_RACES ?? 150);
const taken = 'say: This call is no longer waiting. Thank you.';
const publicUrl = 'https://lines.example';

/** One gateway and one far end for all races; the record is another one each time. */
async function setup() {
  const farEnd = await createVonageFarEnd({ publicUrl });
  const current = { record: newRecord(createRandom(0), 2) };
  const holdMusicUrl = () => `${publicUrl}/music.mp3`;
  const { applicationId } = vonageAccount;
  const account = { applicationId, privateKey: farEnd.privateKey, voiceApiUrl: farEnd.restUrl };
  const client = createVonageVoiceClient(account);
  const voice = createVonageVoice({ client, voiceApiUrl: farEnd.restUrl, publicUrl: () => publicUrl, holdMusicUrl });
  const app = Fastify();
  registerVonage(app, {
    account: { ...vonageAccount, signatureSecretPrevious: null },
    publicUrl: () => publicUrl,
    holdMusicUrl,
    answerInTime: (incoming) => current.record.take(incoming),
    callDesk: { hear: (report) => current.record.hear(report), endedEarly: async () => undefined },
    findCall: async (id) => [...current.record.calls.values()].find((call) => call.carrierCallId === id)?.id ?? null,
    readCall: async (id) => current.record.calls.get(id) ?? null,
    clock: { now: () => Date.now() },
    log: silentLog,
  });
  farEnd.pointAt(await app.listen({ port: 0, host: '127.0.0.1' }));
  onTestFinished(async () => {
    await farEnd.close();
    await app.close();
  });
  /** Performs what the machine asked for until nothing more comes of it. */
  const settle = async (): Promise<void> => {
    const { record } = current;
    await farEnd.settled();
    for (let effect = record.effects.shift(); effect !== undefined; effect = record.effects.shift()) {
      await record.perform(effect, voice);
      await farEnd.settled();
    }
  };
  return { farEnd, current, settle };
}

function newRecord(random: Random, size: number) {
  const randomBytes = (length: number) => Uint8Array.from({ length }, () => random.integer(0, 255));
  const ids = createIds({ clock: { now: () => Date.now() }, randomBytes });
  return createStagedRecord({ ours, agents: agents.slice(0, size), race: size }, ids);
}

async function runRace({ farEnd, current, settle }: Awaited<ReturnType<typeof setup>>, seed: number) {
  const random = createRandom(seed);
  const size = random.integer(2, 4);
  current.record = newRecord(random, size);
  const { record } = current;
  const looks: string[] = [];
  const line = farEnd.placeCall({ from: caller, to: ours, method: random.pick(['GET', 'POST']) });
  /** In a room there is music or somebody. */
  const look = () => void looks.push(line.moment === 'waiting' || line.moment === 'talking' ? 'company' : line.moment);
  await farEnd.until('the caller to wait', () => (line.moment === 'waiting' ? true : undefined));
  await settle();
  const before = new Set(farEnd.legs().filter(({ answerUrl, status }) => answerUrl !== null && status === 'ringing'));
  const lines: Leg[] = random.shuffle([...before]);
  const rivals = lines.slice(0, random.integer(2, size));
  for (const leg of rivals) farEnd.answer(leg);
  await farEnd.until('all rivals to be asked', () =>
    rivals.every(({ moment }) => moment === 'keys') ? true : undefined,
  );
  look();
  const drops = random.integer(0, 2) === 0 ? 0 : random.integer(1, rivals.length - 1);
  for (const leg of rivals) leg.waiting?.('1');
  for (const leg of rivals.slice(0, drops)) farEnd.enter(leg, 'completed');
  await farEnd.settled();
  look();
  for (let round = 0; round <= drops; round += 1) {
    await settle();
    look();
    record.fall(['lost']);
  }
  await settle();
  record.fall(['proof']);
  await settle();
  look();
  return { line, lines, rivals, drops, looks, call: [...record.calls.values()][0] };
}

test('of all who accept exactly one is in the caller’s room, the others are told, and the caller is never alone in silence', async () => {
  const stage = await setup();
  const outcomes = new Set<number>();
  for (let seed = 1; seed <= races; seed += 1) {
    const { line, lines, rivals, drops, looks, call } = await runRace(stage, seed);
    const why = `seed ${seed}`;
    const talking = lines.filter(({ moment }) => moment === 'talking');
    expect(talking, why).toHaveLength(1);
    expect(rivals.slice(drops), why).toContain(talking[0]);
    expect(line.moment, why).toBe('talking');
    expect(
      call?.legs.filter(({ state }) => state === 'bridged').map(({ carrierCallId }) => carrierCallId),
      why,
    ).toEqual([talking[0]?.uuid]);
    for (const leg of rivals.slice(drops)) {
      if (leg !== talking[0]) expect([leg.moment, leg.heard.includes(taken)], why).toEqual(['ended', true]);
    }
    expect(new Set(looks), why).toEqual(new Set(['company']));
    expect(
      lines.filter(({ moment }) => moment !== 'ended'),
      why,
    ).toHaveLength(1);
    outcomes.add(drops);
    stage.farEnd.enter(line, 'completed');
    await stage.farEnd.settled();
  }
  expect([...outcomes].toSorted()).toEqual([0, 1, 2, 3]);
  expect(stage.farEnd.faults()).toEqual([]);
}, 240_000);
