/**
 * Throw-away databases on a PostgreSQL server. Each run makes one template and copies it per test, which takes a tenth
 * of what migrating would. Names carry the machine and the process of the run, so that a later run can tell which were
 * left behind by one that was killed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';

const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);

/** A new name for a database of the run whose main process is `pid`. */
export function databaseName(pid: number): string {
  return `lk_test_${machine}_${pid}_${randomBytes(5).toString('hex')}`;
}

/** The same server's URL with another database. */
export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Creates `name`, as a copy of `template` when one is given. */
export async function createDatabase(serverUrl: string, name: string, template: string | null): Promise<void> {
  const copy = template === null ? '' : ` template ${template}`;
  await onServer(serverUrl, async (client) => void (await client.query(`create database ${name}${copy}`)));
}

/** Drops `name`, whoever is still connected to it. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await onServer(
    serverUrl,
    async (client) => void (await client.query(`drop database if exists ${name} with (force)`)),
  );
}

/** Drops what runs of this machine left behind whose process is gone. */
export async function dropLeftovers(serverUrl: string): Promise<void> {
  await onServer(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const mine = new RegExp(`^lk_test_${machine}_(\\d+)_[0-9a-f]{10}$`);
    for (const { datname } of rows) {
      const pid = Number(mine.exec(datname)?.[1] ?? Number.NaN);
      if (Number.isInteger(pid) && !isAlive(pid)) await client.query(`drop database if exists ${datname} with (force)`);
    }
  });
}

/** Whether a process of this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return fault instanceof Error && 'code' in fault && fault.code === 'EPERM';
  }
}

async function onServer(serverUrl: string, step: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await step(client);
  } finally {
    await client.end();
  }
}
