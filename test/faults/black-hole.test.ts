/**
 * The network between the gateway and its database server loses the way without a word: no reset, no answer. What waits
 * is told so within two seconds, nothing that is merely slow is cut, and the pool works as soon as the way is back.
 */
import { sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import type { Tables } from '../../src/records/schema.ts';
import { serverPolicy, storeSchemas } from '../support/store-settings.ts';
import { startLoopbackProxy } from './loopback-proxy.ts';
import { ownDatabase } from './server-gateway.ts';

const { postgres } = inject('stores');
const why = postgres.kind === 'absent' ? ` SKIPPED: ${postgres.reason}` : '';

async function openThroughWire() {
  const url = new URL(await ownDatabase());
  const socketFolder = url.searchParams.get('host');
  const port = Number(url.port || 5432);
  const wire = await startLoopbackProxy(
    socketFolder === null ? { host: url.hostname, port } : { path: `${socketFolder}/.s.PGSQL.${port}` },
  );
  onTestFinished(() => wire.close());
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${wire.port}`;
  const database = await openServerDatabase<Tables>({ url: url.href, ...serverPolicy, ...storeSchemas });
  onTestFinished(() => database.close());
  return { wire, db: database.kysely };
}

describe.skipIf(postgres.kind === 'absent')(`a way to the database that leads nowhere${why}`, () => {
  test('is noticed within the time a caller waits, also half-way through a transaction', async () => {
    const { wire, db } = await openThroughWire();
    await sql`select 1`.execute(db);
    const swallowed = Promise.withResolvers<void>();
    const open = db.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      wire.swallow();
      swallowed.resolve();
      await sql`select 2`.execute(tx);
    });
    const beganAt = performance.now();
    await swallowed.promise;
    await expect(open).rejects.toThrow();
    expect(performance.now() - beganAt).toBeLessThan(3_500);
    wire.heal();
    expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  }, 20_000);

  test('is told from a query that takes its time', async () => {
    const { db } = await openThroughWire();
    const { rows } = await sql<{ slept: string }>`select pg_sleep(2.6)::text as slept`.execute(db);
    expect(rows).toEqual([{ slept: '' }]);
  }, 20_000);
});
