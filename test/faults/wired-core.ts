/**
 * The gateway's inside on a database the test holds in its own hands: core and Twilio's routes, as the
 * composition root wires them, so that a test can look into the record, hold it up, or press on one part directly. Nothing works off
 * the outbox by itself.
 */
import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { VonageSettings } from '../../config/settings.ts';
import { createApp } from '../../src/api/create-app.ts';
import { addTwilio, addVonage } from '../../src/gateway/add-carriers.ts';
import { createCore } from '../../src/gateway/core.ts';
import { makeDemo } from '../../src/gateway/first-start.postgres.ts';
import type { NumberSupplier } from '../../src/numbers/number-supplier.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Database } from '../../src/ports/database.ts';
import { type E164, parseE164 } from '../../src/ports/e164.ts';
import { createJobs } from '../../src/ports/jobs.bullmq.ts';
import { createEventPoster } from '../../src/records/post-event.http.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createTwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import type { MessageGateway } from '../../src/sms/message-gateway.ts';
import type { VoiceCarrier } from '../../src/telephony/voice-carrier.ts';
import { type VonageFarEnd, vonageAccount } from '../carriers/vonage/far-end/vonage-far-end.ts';
import { account } from './busy-shop.ts';

/** A telephone number as the product brands it. */
export function phone(text: string): E164 {
  const number = parseE164(text);
  if (number === null) throw new Error(`${text} is not E.164`);
  return number;
}

/**
 * Demo shop, two agents who are ready; `numbers` live with Twilio, or with Vonage when its far end is given. Everything is
 * shut after the test.
 */
export async function wireCore(
  database: Database<Tables>,
  numbers: readonly { readonly e164: E164; readonly failover: E164 | null }[],
  vonage: VonageFarEnd | null = null,
) {
  const log = pino({ level: 'silent' });
  const farEnd = await createTwilioFarEnd(account);
  const jobs = createJobs({
    backend: { kind: 'postgres', pool: database.jobPool },
    queueName: 'outbox',
    logFault: () => undefined,
  });
  const poster = createEventPoster({
    clock: systemClock,
    allowLoopback: true,
    timeoutMs: limits.deliveryTimeoutMs,
    responseBytesMax: limits.deliveryResponseBytesMax,
  });
  const address = { url: '' };
  const suppliers = new Map<string, NumberSupplier>();
  const voice = new Map<string, VoiceCarrier>();
  const texts = new Map<string, MessageGateway>();
  const core = createCore({
    database,
    jobs,
    log,
    clock: systemClock,
    random: Math.random,
    randomBytes,
    masterKey: randomBytes(32),
    poster,
    hookPoster: poster,
    countHook: () => undefined,
    voice,
    texts,
    sendConversion: async () => ({ kind: 'taken' }),
    suppliers,
    publicUrl: () => address.url,
    carrierFallbackUrl: null,
    countDelivery: () => undefined,
  });
  const app = await createApp({ log, version: '0.0.0', observe: () => undefined });
  const world = { db: database.kysely, core, log, publicUrl: () => address.url, voice, texts, suppliers };
  const limitless = { callsPerSecond: 10_000, holdMusicUrl: null };
  addTwilio(app, world, { ...account, ...limitless, authTokenPrevious: null, apiUrl: farEnd.restUrl });
  if (vonage !== null) await addVonage(app, world, vonageSettings(vonage));
  onTestFinished(async () => {
    await vonage?.close();
    await app.close();
    await jobs.close();
    poster.close();
    await farEnd.close();
  });
  await stock(database, core, numbers, vonage === null ? 'twilio' : 'vonage');
  address.url = await app.listen({ port: 0, host: '127.0.0.1' });
  farEnd.pointAt(address.url);
  vonage?.pointAt(address.url);
  return { core, farEnd, url: address.url, db: database.kysely };
}

function vonageSettings(farEnd: VonageFarEnd): VonageSettings {
  return {
    ...vonageAccount,
    apiUrl: farEnd.restUrl,
    voiceApiUrl: farEnd.restUrl,
    privateKey: farEnd.privateKey,
    privateKeyFile: null,
    signatureSecretPrevious: null,
    callsPerSecond: 10_000,
    holdMusicUrl: null,
  };
}

async function stock(
  database: Database<Tables>,
  core: ReturnType<typeof createCore>,
  numbers: readonly { readonly e164: E164; readonly failover: E164 | null }[],
  carrier: 'twilio' | 'vonage',
): Promise<void> {
  await makeDemo({ ...core, origins: [], listenerUrl: 'http://127.0.0.1:9/', keep: async () => undefined });
  const { id: enterpriseId } = await database.kysely.selectFrom('enterprise').select('id').executeTakeFirstOrThrow();
  for (const { e164, failover } of numbers) {
    const number = { id: core.ids.make('num'), enterpriseId, e164, carrier, failover, poolId: null };
    await core.numbers.add(database.kysely, number, systemClock.now());
  }
  await core.failovers.refresh();
}
