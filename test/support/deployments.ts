/**
 * The ways the gateway is deployed: everything embedded, the record on a PostgreSQL server, and the queue on Redis
 * beside it. A suite written for one runs on all; what is not there is named in the title of the skipped suite. A place
 * outlives the gateways that run on it, so that a second start can be tried.
 */
import { sql } from 'kysely';
import { describe, inject } from 'vitest';
import { openEmbeddedDatabase } from '../../src/ports/database.pglite.ts';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import type { Db, Tables } from '../../src/records/schema.ts';
import { claimRedisDatabase } from './redis-databases.ts';
import { serverPolicy, storeSchemas } from './store-settings.ts';
import { titleOn } from './stores.ts';
import { copyDatabase, copyFolder, newFolder } from './template-copies.ts';
import { keepThrowAways, type ThrowAway } from './throw-aways.ts';

export type DeploymentKind = 'embedded' | 'server' | 'server+redis';

/** A record of one's own that gateways are started on. */
export interface Place {
  readonly folder: string;
  /** The settings that name the stores, as they stand in the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Looks into the record, or changes it; on the embedded one while no gateway runs. */
  record<Answer>(act: (db: Db) => Promise<Answer>): Promise<Answer>;
  /** Runs `throwAway` before the place itself goes. */
  keep(throwAway: ThrowAway): void;
}

export interface Deployment {
  readonly kind: DeploymentKind;
  /** A new place; it goes after the test, or after the suite when it was made in `beforeAll`. */
  open(): Promise<Place>;
}

type Part = Pick<Place, 'folder' | 'environment' | 'record'>;
type Open = (keep: (throwAway: ThrowAway) => void) => Promise<Part>;

/** Runs `suite` embedded, on a PostgreSQL server, and on one with Redis. */
export function onEveryDeployment(title: string, suite: (deployment: Deployment) => void): void {
  const { postgres, redis } = inject('stores');
  const missing = postgres.kind === 'absent' ? postgres : redis;
  describe(`${title} [embedded]`, () => suite(embeddedDeployment()));
  describe.skipIf(postgres.kind === 'absent')(titleOn(title, 'server', postgres), () =>
    suite(createDeployment('server', openServer)),
  );
  describe.skipIf(missing.kind === 'absent')(titleOn(title, 'server+redis', missing), () =>
    suite(createDeployment('server+redis', openServerAndRedis)),
  );
}

/** The deployment that is there on every machine; call it in `describe` or at the top of a test file. */
export function embeddedDeployment(): Deployment {
  return createDeployment('embedded', openEmbedded);
}

function createDeployment(kind: DeploymentKind, open: Open): Deployment {
  const throwAways = keepThrowAways();
  return Object.freeze({
    kind,
    open: async () => Object.freeze({ ...(await open(throwAways.add)), keep: throwAways.add }),
  });
}

async function openEmbedded(keep: (throwAway: ThrowAway) => void): Promise<Part> {
  const { folder, remove } = await copyFolder();
  keep(remove);
  return {
    folder,
    environment: { DATA_DIR: folder },
    async record(act) {
      const database = await openEmbeddedDatabase<Tables>({ folder, ...storeSchemas });
      return act(database.kysely).finally(() => database.close());
    },
  };
}

async function openServer(keep: (throwAway: ThrowAway) => void): Promise<Part> {
  const { folder, remove } = newFolder();
  keep(remove);
  const { url, drop } = await copyDatabase();
  keep(drop);
  return {
    folder,
    environment: { DATA_DIR: folder, DATABASE_URL: url },
    async record(act) {
      const database = await openServerDatabase<Tables>({ url, ...serverPolicy, ...storeSchemas });
      return act(database.kysely).finally(() => database.close());
    },
  };
}

async function openServerAndRedis(keep: (throwAway: ThrowAway) => void): Promise<Part> {
  const { redis } = inject('stores');
  if (redis.kind === 'absent') throw new Error(redis.reason);
  const { url, release } = await claimRedisDatabase(redis.url);
  keep(release);
  const server = await openServer(keep);
  return { ...server, environment: { ...server.environment, REDIS_URL: url, SECRET_KEY: '5'.repeat(64) } };
}

/** How many rows each table of the record holds. */
export async function countRows(db: Db): Promise<Readonly<Record<string, number>>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = ${storeSchemas.schema} and table_name <> 'pool_fence' order by 1
  `.execute(db);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const counted = await sql<{ count: string }>`select count(*) from ${sql.table(name)}`.execute(db);
    counts[name] = Number(counted.rows[0]?.count);
  }
  return counts;
}
