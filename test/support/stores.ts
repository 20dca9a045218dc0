/**
 * Runs a suite on every store the product runs on. A store that is not there is named in the title of the skipped suite,
 * so that a green run never hides what it has not tried; with LINEKEEPER_REQUIRE_SERVICES=1 its absence fails the run.
 */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, describe, inject } from 'vitest';
import { openEmbeddedDatabase } from '../../src/ports/database.pglite.ts';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import type { Database, DatabaseKind } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { Service } from './services.ts';
import { serverPolicy, storeSchemas } from './store-settings.ts';
import { copyDatabase, copyFolder } from './template-copies.ts';
import { keepThrowAways, type ThrowAway } from './throw-aways.ts';

/** A place databases can be had from. */
export interface Store {
  readonly kind: DatabaseKind;
  /**
   * A database of its own for the caller, migrated and empty. It is closed and thrown away after the test that opened
   * it, or after the suite when it was opened in `beforeAll`.
   */
  open(): Promise<Database<Tables>>;
}

/**
 * A Redis to test on. Every key must begin with `keyPrefix`, which is a hash tag, or with one that is longer at its end
 * (`{x-0}` for `{x}`); those keys are deleted afterwards.
 */
export interface RedisForTests {
  readonly url: string;
  readonly keyPrefix: string;
}

/** Runs `suite` on the embedded database and, where there is one, on a PostgreSQL server. */
export function onEveryStore(title: string, suite: (store: Store) => void): void {
  const { postgres } = inject('stores');
  describe(`${title} [embedded]`, () => suite(createStore('embedded', openEmbeddedCopy)));
  describe.skipIf(postgres.kind === 'absent')(titleOn(title, 'server', postgres), () =>
    suite(createStore('server', openServerCopy)),
  );
}

/** Runs `suite` on Redis where there is one. */
export function onRedis(title: string, suite: (redis: RedisForTests) => void): void {
  const { redis } = inject('stores');
  describe.skipIf(redis.kind === 'absent')(titleOn(title, 'redis', redis), () => {
    const url = redis.kind === 'found' ? redis.url : '';
    const keyPrefix = `{lk-test-${randomBytes(5).toString('hex')}}`;
    const own = { url, keyPrefix };
    afterAll(() => deleteKeys(own));
    suite(own);
  });
}

/** A suite's title on a place that may not be there. */
export function titleOn(title: string, place: string, service: Service): string {
  return service.kind === 'found' ? `${title} [${place}]` : `${title} [${place}] SKIPPED: ${service.reason}`;
}

function createStore(kind: DatabaseKind, openCopy: () => Promise<[Database<Tables>, ThrowAway]>): Store {
  const throwAways = keepThrowAways();
  return Object.freeze({
    kind,
    async open() {
      const [database, throwAway] = await openCopy();
      throwAways.add(throwAway);
      return database;
    },
  });
}

async function openEmbeddedCopy(): Promise<[Database<Tables>, ThrowAway]> {
  const { folder, remove } = await copyFolder();
  const database = await openEmbeddedDatabase<Tables>({ folder, ...storeSchemas });
  return [database, () => database.close().then(remove)];
}

async function openServerCopy(): Promise<[Database<Tables>, ThrowAway]> {
  const { url, drop } = await copyDatabase();
  const database = await openServerDatabase<Tables>({ url, ...serverPolicy, ...storeSchemas });
  return [database, () => database.close().then(drop)];
}

/** Deletes every key that begins with `keyPrefix` or a longer tag, as a Redis that lost its memory would. */
export async function deleteKeys({ url, keyPrefix }: RedisForTests): Promise<void> {
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanStream({ match: `${keyPrefix.slice(0, -1)}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...keys);
    }
  } finally {
    redis.disconnect();
  }
}
