/**
 * Runs once before all suites: finds the services, says which there are, and prepares one migrated template per store,
 * so that a test's own database is a copy. Runs once after them too, and leaves nothing behind.
 */
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openEmbeddedDatabase } from '../../src/ports/database.pglite.ts';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import { migrateJobs } from '../../src/ports/jobs.bullmq.ts';
import { migrate } from '../../src/records/migrate.postgres.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createDatabase, databaseName, dropDatabase, dropLeftovers, isAlive, urlOf } from './server-databases.ts';
import type { Service } from './services.ts';
import { findChromium, findPostgres, findRedis } from './services.ts';
import { serverPolicy, storeSchemas } from './store-settings.ts';

/** What the workers are told. */
export interface TestStores {
  readonly runPid: number;
  /** The folder everything of this run lies in; the embedded template is its folder `template`. */
  readonly folder: string;
  readonly postgres: Service;
  /** The template database on the server; null without a server. */
  readonly serverTemplate: string | null;
  readonly redis: Service;
  /** Its `url` is the program's path. */
  readonly chromium: Service;
}

declare module 'vitest' {
  interface ProvidedContext {
    stores: TestStores;
  }
}

const folderPrefix = 'linekeeper-test-';
const memoryFolder = '/dev/shm';
const memoryBytesMin = 2 * 1024 ** 3;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis, chromium] = await Promise.all([
    findPostgres(process.env.TEST_DATABASE_URL),
    findRedis(process.env.TEST_REDIS_URL),
    findChromium(process.env.TEST_CHROMIUM),
  ]);
  process.stdout.write(
    `stores: embedded; PostgreSQL: ${tell(postgres)}; Redis: ${tell(redis)}; Chromium: ${tell(chromium)}\n`,
  );
  if (process.env.LINEKEEPER_REQUIRE_SERVICES === '1') requireAll(postgres, redis, chromium);
  const base = await fastestFolder();
  await removeLeftoverFolders(base);
  const folder = await mkdtemp(join(base, `${folderPrefix}${process.pid}-`));
  await fill(await openEmbeddedDatabase<Tables>({ folder: join(folder, 'template'), ...storeSchemas }));
  const serverTemplate = postgres.kind === 'found' ? await makeServerTemplate(postgres.url) : null;
  project.provide('stores', { runPid: process.pid, folder, postgres, serverTemplate, redis, chromium });
  return async () => {
    await rm(folder, { recursive: true, force: true });
    if (postgres.kind === 'found' && serverTemplate !== null) await dropDatabase(postgres.url, serverTemplate);
  };
}

function tell(service: Service): string {
  return service.kind === 'found' ? `found at ${service.url.replace(/:[^:@/]*@/, ':***@')}` : service.reason;
}

function requireAll(...services: readonly Service[]): void {
  const reasons = services.flatMap((service) => (service.kind === 'absent' ? [service.reason] : []));
  if (reasons.length > 0) throw new Error(`LINEKEEPER_REQUIRE_SERVICES=1, but there is ${reasons.join(' and ')}`);
}

async function makeServerTemplate(serverUrl: string): Promise<string> {
  await dropLeftovers(serverUrl);
  const name = databaseName(process.pid);
  await createDatabase(serverUrl, name, null);
  await fill(await openServerDatabase<Tables>({ url: urlOf(serverUrl, name), ...serverPolicy, ...storeSchemas }));
  return name;
}

async function fill(database: Database<Tables>): Promise<void> {
  try {
    await migrate(database);
    await migrateJobs(database.jobPool);
  } finally {
    await database.close();
  }
}

/** Copying a template of some 60 MB takes 45 ms in memory and up to a second on a busy disk. */
async function fastestFolder(): Promise<string> {
  const memory = await statfs(memoryFolder).catch(() => null);
  return memory !== null && memory.bavail * memory.bsize >= memoryBytesMin ? memoryFolder : tmpdir();
}

async function removeLeftoverFolders(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const pid = Number(new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1] ?? Number.NaN);
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(base, name), { recursive: true, force: true });
  }
}
