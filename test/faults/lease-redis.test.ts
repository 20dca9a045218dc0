/**
 * Redis dies, hangs or is not there under the lease book: no lease that was answered is lost, nobody is given a number
 * that another one was promised, and neither pages nor calls are kept waiting.
 *
 * `LINEKEEPER_REDIS_KILLS=30` plays that many rounds with each kind of files; a run of the suite plays two.
 */
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/ports/clock.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { createOwnRedis } from '../support/own-redis.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { stagePool } from '../support/stage-pool.ts';
import { onEveryStore } from '../support/stores.ts';
import { createLeaseLoad } from './lease-load.ts';

const rounds = Number(process.env.LINEKEEPER_REDIS_KILLS ?? 2);
const keyPrefix = '{lk}';
const files = {
  'appendfsync always': ['--appendonly', 'yes', '--appendfsync', 'always'],
  'appendfsync everysec': ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  'no files at all': ['--appendonly', 'no'],
};

const { redis: found } = inject('stores');
const skipped = found.kind === 'absent' ? ` SKIPPED: ${found.reason}` : '';

describe.skipIf(found.kind === 'absent')(`Redis under the lease book${skipped}`, () => {
  onEveryStore('with a record', (store) => {
    let database: Database<Tables>;
    beforeAll(async () => {
      database = await store.open();
    });

    /** A Redis of its own and a pool on the machine's clock, whose numbers come round within seconds. */
    const setup = async (args: readonly string[], numbers: number) => {
      const redis = await createOwnRedis(args);
      onTestFinished(redis.kill);
      await redis.start();
      const terms = { holdMs: 800, leaseMs: 800, restMs: 0 };
      const staged = await stagePool(database, async () => Promise.reject(new Error('open it here')), {
        numbers,
        terms,
      });
      const pool = { ...staged, clock: systemClock, newVisit: () => ({ ...staged.newVisit(), startedAt: Date.now() }) };
      const openBook = () => {
        const book = openRedisBook(pool, { url: redis.url, keyPrefix });
        onTestFinished(() => book.close());
        return book;
      };
      return { ...pool, redis, openBook };
    };

    for (const [kind, args] of Object.entries(files)) {
      test(`kill -9 loses no answered lease: ${kind}`, { timeout: 60_000 + rounds * 10_000 }, async () => {
        const pool = await setup(args, 500);
        const load = createLeaseLoad(pool, [pool.openBook(), pool.openBook()]);
        const random = createRandom(rounds);
        for (let round = 0; round < rounds; round += 1) {
          load.start(32);
          await load.untilGranted(random.integer(1, 300));
          await pool.redis.kill();
          await pool.redis.start();
          await load.untilGranted(50);
          await load.stop();
        }
        const told = await load.audit(database.kysely);
        process.stdout.write(`kill -9 of Redis, ${kind}, ${store.kind}: ${rounds} rounds; ${told.summary}\n`);
        expect(told.faults).toEqual([]);
        expect(told.granted).toBeGreaterThan(rounds * 50);
      });
    }

    test('while it hangs pages and calls are told in time; afterwards all goes on', { timeout: 15_000 }, async () => {
      const { redis, openBook, newVisit, want, poolId, numbers, leases } = await setup([], 3);
      const book = openBook();
      const before = await book.open(newVisit(), want());
      const [first] = numbers;
      redis.freeze();
      const began = performance.now();
      const page = book.open(newVisit(), want());
      const call = book.settle(poolId, first ?? expect.fail());
      await expect(call).rejects.toMatchObject({ code: 'unavailable' });
      expect(performance.now() - began).toBeLessThan(1_500);
      await expect(page).rejects.toMatchObject({ code: 'unavailable' });
      expect(performance.now() - began).toBeLessThan(3_000);
      redis.thaw();
      expect(await book.open(newVisit(), want())).toMatchObject({ kind: 'granted' });
      await book.tick();
      const ids = (await leases()).map(({ id }) => id);
      expect(ids).toContain(before?.kind === 'granted' ? before.lease.id : '');
    });

    test('while it is away pages are refused at once, and what was granted is in the record', async () => {
      const { redis, openBook, newVisit, want, leases } = await setup([], 3);
      const book = openBook();
      const granted = await book.open(newVisit(), want());
      await redis.kill();
      await expect(book.open(newVisit(), want())).rejects.toMatchObject({ code: 'unavailable' });
      const began = performance.now();
      for (let tries = 0; tries < 20; tries += 1) {
        await expect(book.open(newVisit(), want())).rejects.toMatchObject({ code: 'unavailable' });
      }
      expect(performance.now() - began).toBeLessThan(500);
      const ids = (await leases()).map(({ id }) => id);
      expect(ids).toEqual(granted?.kind === 'granted' ? [granted.lease.id] : []);
      await redis.start();
      await expect.poll(() => book.open(newVisit(), want()).catch(() => null), { timeout: 10_000 }).not.toBeNull();
    });

    test('emptied, it lends nobody a number that another process has yet to file', { timeout: 15_000 }, async () => {
      const { redis, record, openBook, newVisit, want, ...pool } = await setup(['--appendonly', 'no'], 1);
      const filing = Promise.withResolvers<void>();
      const slowly = {
        ...record,
        fileGrants: (...grants: Parameters<typeof record.fileGrants>) =>
          filing.promise.then(() => record.fileGrants(...grants)),
      };
      const slow = openRedisBook({ ...pool, record: slowly }, { url: redis.url, keyPrefix });
      onTestFinished(() => slow.close());
      const book = openBook();
      const terms = { ...want().terms, holdMs: 60_000, leaseMs: 60_000 };
      expect(await slow.open(newVisit(), { ...want(), terms })).toMatchObject({ kind: 'granted' });
      expect(await book.open(newVisit(), { ...want(), terms })).toMatchObject({ kind: 'refused' });
      await redis.kill();
      await redis.start();
      const asked = book.open(newVisit(), { ...want(), terms });
      setTimeout(filing.resolve, 300);
      expect(await asked).toMatchObject({ kind: 'refused', reason: 'exhausted' });
    });

    test('a book that starts before Redis does serves once it is there', { timeout: 15_000 }, async () => {
      const { redis, openBook, newVisit, want } = await setup([], 3);
      await redis.kill();
      const book = openBook();
      await expect(book.open(newVisit(), want())).rejects.toMatchObject({ code: 'unavailable' });
      await redis.start();
      const served = () => book.open(newVisit(), want()).catch(() => null);
      await expect.poll(served, { timeout: 10_000 }).toMatchObject({ kind: 'granted' });
    });
  });
});
