/**
 * A shop in full swing round one gateway process: web visitors, a Twilio with callers and agents behind it, and the
 * contact centre's webhook receiver. Everything that was acknowledged is kept, so that it can be held against the
 * record afterwards.
 */
import { constants } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { createRandom, type Random } from '../../src/simulate/random.ts';
import { type ChildGateway, createChildGateway, freePort } from '../support/child-gateway.ts';
import { type ContactCentre, openContactCentre } from './contact-centre.ts';

/** A visit that was answered 201 with a lease. */
export interface LeasedVisit {
  readonly visitId: string;
  readonly leaseId: string;
  readonly number: string;
}

/** A reply that was answered 202. */
export interface AcceptedReply {
  readonly messageId: string;
  readonly conversationId: string;
  readonly body: string;
}

export interface Shop {
  readonly name: string;
  readonly gateway: ChildGateway;
  readonly farEnd: TwilioFarEnd;
  readonly keys: { readonly publishableKey: string; readonly secretKey: string };
  readonly random: Random;
  readonly leased: LeasedVisit[];
  readonly replies: AcceptedReply[];
  readonly centre: ContactCentre;
  close(): Promise<void>;
}

const sandboxNumbersToTake = 7;
const twilioNumbers = 60;

/** Twilio's credentials in all these tests. */
export const account = Object.freeze({ accountSid: `AC${'0f'.repeat(16)}`, authToken: 'a-token-of-the-far-end' });

/** A data folder with the demo, Twilio numbers, and the demo's sandbox numbers out of the way. */
export async function prepareFolder(template: string, folder: string): Promise<void> {
  await copyFolder(template, folder);
  const gateway = createChildGateway({ folder, port: await freePort() });
  await gateway.start();
  try {
    const keys = await readKeys(folder);
    for (let index = 0; index < twilioNumbers; index += 1) {
      const number = `+1971555${String(100 + index).padStart(4, '0')}`;
      const added = await gateway.ask('/v1/numbers', {
        method: 'POST',
        key: keys.secretKey,
        body: { number, carrier: 'twilio' },
      });
      if (added.status !== 201) throw new Error(`${number} was not added: ${JSON.stringify(added.body)}`);
    }
    for (let visit = 0; visit < sandboxNumbersToTake; visit += 1) await openVisit(gateway, keys);
  } finally {
    await gateway.end('SIGTERM');
  }
}

/** Opens a shop on a copy of a prepared folder; the gateway runs when this resolves. */
export async function openShop(prepared: string, folder: string, seed: number): Promise<Shop> {
  await copyFolder(prepared, folder);
  const farEnd = await createTwilioFarEnd({ ...account, seed });
  const env = {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_API_URL: farEnd.restUrl,
    TWILIO_CALLS_PER_SECOND: '10000',
  };
  const gateway = createChildGateway({ folder, port: await freePort(), env });
  farEnd.pointAt(gateway.url);
  const keys = await readKeys(folder);
  const centre = await openContactCentre();
  const close = async () => {
    await gateway.end('SIGKILL');
    await Promise.all([centre.close(), farEnd.close()]);
  };
  try {
    await gateway.start();
    const endpoint = { url: centre.url, enabled: true };
    const made = await gateway.ask('/v1/endpoints', { method: 'POST', key: keys.secretKey, body: endpoint });
    centre.learn(made.body.secret);
  } catch (fault) {
    await close();
    throw fault;
  }
  return Object.freeze({
    name: `shop ${seed}`,
    gateway,
    farEnd,
    keys,
    random: createRandom(seed),
    leased: [],
    replies: [],
    centre,
    close,
  });
}

/** A visitor's page loads. @throws when it was not answered 201. */
export async function openVisit(gateway: ChildGateway, keys: Shop['keys']): Promise<LeasedVisit> {
  const opened = await gateway.ask('/v1/visits', {
    method: 'POST',
    key: keys.publishableKey,
    headers: { origin: 'https://shop.example' },
    body: { url: 'https://shop.example/pricing', human: true },
  });
  const { visit, number, lease } = opened.body;
  if (opened.status !== 201 || lease === null)
    throw new Error(`no lease: ${opened.status} ${JSON.stringify(opened.body)}`);
  return { visitId: visit.id, leaseId: lease.id, number: number.e164 };
}

export function copyFolder(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

export async function readKeys(folder: string): Promise<Shop['keys']> {
  return JSON.parse(await readFile(join(folder, 'practice.json'), 'utf8'));
}
