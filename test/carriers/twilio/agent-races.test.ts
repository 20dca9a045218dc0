/**
 * Races of agents for one caller over Twilio's wire: signed webhooks, TwiML and REST, with a record in memory. Exactly one
 * agent ends up in the caller's room, whoever drops on the way there, and everybody else has been let go.
 */
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holdMusicAddress } from '../../../src/carriers/hold-music.ts';
import { createTwilioClient } from '../../../src/carriers/twilio/rest-client.ts';
import { createTwilioVoice } from '../../../src/carriers/twilio/voice.ts';
import { registerTwilio } from '../../../src/carriers/twilio/webhooks.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import { createIds } from '../../../src/ports/ids.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../../src/simulate/far-end/twilio-far-end.ts';
import { createRandom } from '../../../src/simulate/random.ts';
import type { LegReport } from '../../../src/telephony/leg-report.ts';
import type { VoiceCarrier } from '../../../src/telephony/voice-carrier.ts';
import { createStagedRecord } from '../../support/staged-record.ts';
import { agentA, agentB, caller, ours } from '../sandbox/staged-gateway.ts';

const agents = [agentA, agentB, '+15035550143' as E164];
/** `TWILIO_RACES=1000` for the long run. */
const races = Number(process.env.TWILIO_RACES ?? 100);
const parts = [0, 1, 2, 3, 4];
const keys = { accountSid: `AC${'4'.repeat(32)}`, authToken: '3'.repeat(32) };

let farEnd: TwilioFarEnd;
let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  farEnd = await createTwilioFarEnd(keys);
  stage = await openStage(farEnd);
});
afterAll(async () => {
  await stage.close();
  await farEnd.close();
});

async function openStage(twilio: TwilioFarEnd) {
  const account = {
    ...keys,
    authTokenPrevious: null,
    apiUrl: twilio.restUrl,
    callsPerSecond: 1_000,
    holdMusicUrl: null,
  };
  const address = { url: '' };
  const publicUrl = () => address.url;
  const holdMusicUrl = (seconds: number) => holdMusicAddress(publicUrl(), 'twilio', seconds);
  const client = createTwilioClient(account);
  const voice: VoiceCarrier = createTwilioVoice({ client, account, publicUrl, holdMusicUrl });
  const chance = createRandom(7);
  const randomBytes = (length: number) => Uint8Array.from({ length }, () => chance.integer(0, 255));
  const record = createStagedRecord(
    { ours, agents, race: agents.length },
    createIds({ clock: { now: Date.now }, randomBytes }),
  );
  let performing = Promise.resolve();
  const perform = async (): Promise<void> => {
    for (let owed = record.effects.shift(); owed !== undefined; owed = record.effects.shift())
      await record.perform(owed, voice);
  };
  const pump = () => {
    performing = performing.then(perform);
    return performing;
  };
  const hear = async (report: LegReport) => {
    const heard = await record.hear(report);
    void pump();
    return heard;
  };
  const app = Fastify();
  registerTwilio(app, {
    account,
    publicUrl,
    holdMusicUrl,
    hearInTime: { hear, ask: ({ callId }) => record.ask(callId), tell: ({ tell }) => tell() },
    async answerInTime(incoming) {
      const taken = await record.take(incoming);
      void pump();
      return taken;
    },
    callDesk: { hear, endedEarly: async () => undefined },
    messageDesk: {} as never,
    findCall: async (id) => [...record.calls.values()].find((call) => call.carrierCallId === id)?.id ?? null,
  });
  address.url = await app.listen({ port: 0, host: '127.0.0.1' });
  twilio.pointAt(address.url);
  /** Until nothing is on its way in either direction. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      await twilio.settled();
      await pump();
    }
    await twilio.settled();
  };
  return { record, settle, close: () => app.close() };
}

async function runRace(seed: number): Promise<void> {
  const random = createRandom(seed);
  const { record, settle } = stage;
  const call = farEnd.placeCall({ to: ours, from: caller });
  const rung = await Promise.all(agents.map((phone) => farEnd.waitForRing(phone)));
  const rivals = random.shuffle(rung).slice(0, random.integer(2, 3));
  for (const phone of rivals) phone.answer();
  await Promise.all(rivals.map((phone) => phone.waitFor('gathering')));
  const drops = random.integer(0, rivals.length - 1);
  await Promise.all(
    rivals.map(async (phone, at) => {
      await phone.press('1');
      if (at < drops) phone.hangUp();
    }),
  );
  for (let round = 0; round <= drops; round += 1) {
    await settle();
    record.fall(['lost']);
  }
  await settle();
  record.fall(['proof']);
  await settle();
  const together = rung.filter((phone) => phone.moment() === 'bridged');
  expect([together.length, call.moment()], `seed ${seed}`).toEqual([1, 'bridged']);
  expect(rivals.slice(drops), `seed ${seed}`).toContain(together[0]);
  for (const phone of rung) if (phone !== together[0]) expect(phone.moment(), `seed ${seed}`).toBe('ended');
  call.hangUp();
  await settle();
  record.calls.clear();
  record.heard.splice(0);
}

test.each(parts)('exactly one agent has the caller, whoever drops on the way (part %i)', async (part) => {
  const size = races / parts.length;
  for (let seed = part * size; seed < (part + 1) * size; seed += 1) await runRace(seed);
});
