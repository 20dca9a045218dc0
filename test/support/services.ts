/**
 * Finds the real PostgreSQL and Redis the suites run on beside the embedded database, and the browser pages are tried in.
 * What the environment names is tried alone; otherwise the usual places are.
 */
import { access, constants } from 'node:fs/promises';
import { Redis } from 'ioredis';
import pg from 'pg';

/** A server that answered, or why there is none. */
export type Service =
  | { readonly kind: 'found'; readonly url: string }
  | { readonly kind: 'absent'; readonly reason: string };

const probeTimeoutMs = 1_500;

const usualPostgresUrls = [
  'postgres://root@127.0.0.1:5432/postgres',
  'postgres:///postgres?host=/var/run/postgresql&user=root',
  'postgres://postgres@127.0.0.1:5432/postgres',
  'postgres:///postgres?host=/var/run/postgresql&user=postgres',
  'postgres://root@127.0.0.1:5433/postgres',
];

/** A PostgreSQL on which databases may be created: the named one, or a local one that asks for no password. */
export async function findPostgres(named: string | undefined): Promise<Service> {
  return firstThatAnswers('PostgreSQL', 'TEST_DATABASE_URL', named, usualPostgresUrls, probePostgres);
}

/** A Redis: the named one, or the local one. */
export async function findRedis(named: string | undefined): Promise<Service> {
  return firstThatAnswers('Redis', 'TEST_REDIS_URL', named, ['redis://127.0.0.1:6379'], probeRedis);
}

/** A Chromium that can be started: the named program, or Debian's. */
export async function findChromium(named: string | undefined): Promise<Service> {
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return firstThatAnswers('Chromium', 'TEST_CHROMIUM', named, usual, (path) => access(path, constants.X_OK));
}

async function firstThatAnswers(
  what: string,
  variable: string,
  named: string | undefined,
  usual: readonly string[],
  probe: (url: string) => Promise<void>,
): Promise<Service> {
  const faults: string[] = [];
  for (const url of named === undefined ? usual : [named]) {
    try {
      await probe(url);
      return { kind: 'found', url };
    } catch (fault) {
      faults.push(fault instanceof Error ? fault.message || fault.name : String(fault));
    }
  }
  const where = named === undefined ? 'in the usual local places' : `at ${variable}`;
  return { kind: 'absent', reason: `no ${what} ${where} (${faults[0] ?? 'nothing tried'}); set ${variable}` };
}

async function probePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: probeTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ may: boolean }>(
      'select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user',
    );
    if (rows[0]?.may !== true) throw new Error('its role may not create databases');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function probeRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: probeTimeoutMs, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
