/**
 * The whole gateway, composed as in production, in this process on a database of its own on the PostgreSQL server, with
 * a Twilio and a contact centre round it. Faults are put between it and its servers.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { inject, onTestFinished } from 'vitest';
import { loadSettings } from '../../config/load.ts';
import { startGateway } from '../../src/gateway/start-gateway.ts';
import { createTwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { createDatabase, databaseName, dropDatabase, urlOf } from '../support/server-databases.ts';
import { account } from './busy-shop.ts';
import { openContactCentre } from './contact-centre.ts';

/** A new database, dropped after the test. */
export async function ownDatabase(): Promise<string> {
  const { postgres, serverTemplate, runPid } = inject('stores');
  if (postgres.kind === 'absent') throw new Error(postgres.reason);
  const name = databaseName(runPid);
  await createDatabase(postgres.url, name, serverTemplate);
  onTestFinished(() => dropDatabase(postgres.url, name));
  return urlOf(postgres.url, name);
}

/**
 * Starts it with the demo shop and these Twilio numbers, then once more, so that it knows their failover destinations
 * from the start. `redisUrl` puts the jobs there.
 */
export async function startServerGateway(options: {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
  readonly numbers: readonly { readonly number: string; readonly failover?: string }[];
}) {
  const farEnd = await createTwilioFarEnd({ ...account, waitLimitMs: 15_000 });
  const centre = await openContactCentre();
  const folder = await mkdtemp(join(inject('stores').folder, 'gateway-'));
  const loaded = loadSettings({
    PORT: '0',
    DATA_DIR: folder,
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SECRET_KEY: '7'.repeat(64),
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_API_URL: farEnd.restUrl,
    TWILIO_CALLS_PER_SECOND: '10000',
  });
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  const start = () => startGateway(loaded.settings, pino({ level: 'silent' }));
  let gateway = await start();
  onTestFinished(async () => {
    await gateway.close();
    await Promise.all([farEnd.close(), centre.close()]);
  });
  const keys = JSON.parse(await readFile(join(folder, 'practice.json'), 'utf8')) as Record<
    'secretKey' | 'publishableKey',
    string
  >;
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the route it asks
  const send = async (path: string, headers: Record<string, string>, body?: object): Promise<any> => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    return response.json();
  };
  const ask = (path: string, body?: object) => send(path, { authorization: `Bearer ${keys.secretKey}` }, body);
  /** What a page of the demo shop asks. */
  const askAsPage = (path: string, body: object) =>
    send(path, { authorization: `Bearer ${keys.publishableKey}`, origin: 'https://shop.example' }, body);
  for (const number of options.numbers) await ask('/v1/numbers', { ...number, carrier: 'twilio' });
  const endpoint = await ask('/v1/endpoints', { url: centre.url, enabled: true });
  centre.learn(endpoint.secret);
  await gateway.close();
  gateway = await start();
  farEnd.pointAt(gateway.url);
  return { farEnd, centre, ask, askAsPage };
}
