/** Many processes share one book: what one grants the others honour, and every grant comes into the record once. */
import { Redis } from 'ioredis';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { LeaseRecord } from '../../src/numbers/lease-book.ts';
import { createLeaseKeys } from '../../src/numbers/lease-keys.ts';
import type { Database } from '../../src/ports/database.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import type { Tables } from '../../src/records/schema.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { type BookWorld, stagePool } from '../support/stage-pool.ts';
import { deleteKeys, onEveryStore, onRedis } from '../support/stores.ts';

onRedis('many books on one Redis', (redis) => {
  onEveryStore('and one record', (store) => {
    const keys = createLeaseKeys(redis.keyPrefix.slice(1, -1));
    let database: Database<Tables>;
    beforeAll(async () => {
      database = await store.open();
    });

    const setup = async (plan: Parameters<typeof stagePool>[2] = {}) => {
      const pool = await stagePool(database, async (world) => openRedisBook(world, redis), plan);
      /** A book of which a test needs to change something; closed after the test. */
      const openWith = (world: Partial<BookWorld>, more: Parameters<typeof openRedisBook>[2] = {}) => {
        const book = openRedisBook({ ...pool, ...world }, redis, more);
        onTestFinished(() => book.close());
        return book;
      };
      return { ...pool, keys, openWith, books: [await pool.open(), await pool.open()] as const };
    };

    /** How many grants wait in the streams. */
    const waiting = async () => {
      const client = new Redis(redis.url);
      const entries = await Promise.all(keys.streams.map((stream) => client.xlen(stream)));
      client.disconnect();
      return entries.reduce((sum, more) => sum + more, 0);
    };

    test('sixty visitors at once at two books get the thirty numbers once each, and each lease is filed once', async () => {
      const { arrive, books, leases, overlaps } = await setup({ numbers: 30 });
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, index) => arrive(books[index % 2 === 0 ? 0 : 1])),
      );
      const granted = answers.flatMap(({ lease }) => (lease === null ? [] : [lease]));
      expect(new Set(granted.map(({ numberId }) => numberId)).size).toBe(30);
      await Promise.all(books.map((book) => book.tick()));
      const filed = await leases();
      expect(filed.map(({ id }) => id).sort()).toEqual(granted.map(({ id }) => id).sort());
      expect(await overlaps()).toEqual([]);
      expect(await waiting()).toBe(0);
    });

    test('a visit granted at one book beats at the other, whose settling tells the record', async () => {
      const { arrive, beat, books, clock, poolId, leases } = await setup();
      const [one, other] = books;
      const { visit, lease } = await arrive(one);
      clock.at += 20_000;
      await beat(one, visit.id, { engagedSeconds: 17, pages: 2 });
      clock.at += 1_000;
      expect(await beat(other, visit.id, { engagedSeconds: 18, pages: 2 })).toMatchObject({ id: lease?.id });
      clock.at += 1_000;
      await beat(one, visit.id, { engagedSeconds: 19, pages: 3 });
      if (lease !== null) await other.settle(poolId, lease.numberId);
      expect(await leases()).toMatchObject([{ engaged_seconds: 19, last_beat_at: new Date(clock.at) }]);
    });

    test('a number added at one book is given at the other', async () => {
      const { arrive, books, addNumber, poolId } = await setup();
      await arrive(books[0]);
      const added = await addNumber();
      await books[0].refresh(poolId);
      expect((await arrive(books[1])).lease?.numberId).toBe(added);
    });

    test('what a process had not filed when it was killed is filed by another one', async () => {
      const { arrive, openWith, record, leases, poolId } = await setup({ numbers: 5 });
      const read = Promise.withResolvers<void>();
      const hanging = Promise.withResolvers<never>();
      const fileGrants = () => {
        read.resolve();
        return hanging.promise;
      };
      const doomed = openWith({ record: { ...record, fileGrants } });
      onTestFinished(() => hanging.reject(new Error('the test is over')));
      const granted = await Promise.all([arrive(doomed), arrive(doomed), arrive(doomed)]);
      await read.promise;
      expect(await leases()).toEqual([]);
      const heir = openWith({}, { claimAfterMs: 0 });
      await heir.refresh(poolId);
      for (let ticks = 0; ticks < 5; ticks += 1) await heir.tick();
      expect((await leases()).map(({ id }) => id).sort()).toEqual(granted.map(({ lease }) => lease?.id).sort());
      expect(await waiting()).toBe(0);
    });

    test('while the record is away grants are answered, and filed once it is back', async () => {
      const { arrive, openWith, record, leases } = await setup({ numbers: 5 });
      let isAway = false;
      const fileGrants: LeaseRecord['fileGrants'] = async (grants) => {
        if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        return record.fileGrants(grants);
      };
      const book = openWith({ record: { ...record, fileGrants } });
      await arrive(book);
      isAway = true;
      const later = await Promise.all([arrive(book), arrive(book), arrive(book)]);
      expect(later.every(({ lease }) => lease !== null)).toBe(true);
      await book.tick();
      isAway = false;
      await book.tick();
      expect(await leases()).toHaveLength(4);
      expect(await waiting()).toBe(0);
    });

    test('two a minute from one address are two over all books, in one order or another', async () => {
      const { arrive, books, clock, addNumber, poolId } = await setup({ numbers: 8 });
      const from = (address: string) => ({
        guard: { address, proven: true, newPerMinuteMax: 2, livePerAddressMax: 9, provenAboveShare: 1 },
      });
      const ask = () => Promise.all([...books, ...books].map((book) => arrive(book, null, from('here'))));
      const kinds = async () => (await ask()).map(({ answer }) => answer?.kind === 'refused' && answer.reason).sort();
      expect(await kinds()).toEqual(['address-new', 'address-new', false, false]);
      expect((await arrive(books[0], null, from('there'))).lease).not.toBeNull();
      clock.at += limits.visitsPerAddressWithinMs - 1;
      expect(await kinds()).toEqual(Array.from({ length: 4 }, () => 'address-new'));
      clock.at += 1;
      await addNumber();
      await books[0].refresh(poolId);
      expect(await kinds()).toEqual(['address-new', 'address-new', false, false]);
    });

    test('a beat of a lease that is not in the record yet is kept until it is', async () => {
      const { arrive, beat, openWith, record, books, leases } = await setup();
      const back = Promise.withResolvers<void>();
      const slow = openWith({
        record: { ...record, fileGrants: async (grants) => back.promise.then(() => record.fileGrants(grants)) },
      });
      const { visit } = await arrive(slow);
      await beat(books[0], visit.id, { engagedSeconds: 42 });
      await books[0].tick();
      back.resolve();
      await slow.tick();
      await books[0].tick();
      expect(await leases()).toMatchObject([{ engaged_seconds: 42 }]);
    });

    test('what a version before left in Redis is filed before the pool is read, and then forgotten', async () => {
      const { arrive, openWith, record, poolId, numbers, ids, newVisit, terms, clock, enterpriseId, leases } =
        await setup();
      const client = new Redis(redis.url);
      onTestFinished(() => client.disconnect());
      const visit = newVisit('ada');
      const times = { grantedAt: clock.at, holdUntil: clock.at + terms.holdMs, expiresAt: clock.at + terms.holdMs };
      const [numberId] = numbers;
      const lease = { id: ids.make('lease'), visitId: visit.id, numberId, e164: '', generation: 1, ...times };
      const [old = ''] = keys.ofOldPool(poolId);
      await client.hset(old, 'loaded', 1);
      const packed = JSON.stringify({ ...lease, enterpriseId, poolId });
      await client.xadd(keys.grants(poolId), '*', 'visit', JSON.stringify(visit), 'lease', packed);
      expect((await arrive(openWith({ record }))).answer).toEqual({ kind: 'refused', reason: 'exhausted' });
      expect(await leases()).toMatchObject([{ id: lease.id, visitor_id: 'ada' }]);
      expect(await client.exists(old)).toBe(0);
    });

    test('a statement that PostgreSQL ended for the sake of another process is done again', async () => {
      const { arrive, beat, openWith, record, leases } = await setup({ numbers: 2 });
      const ended = new Set<string>();
      const once = (what: string) => {
        if (ended.has(what)) return;
        ended.add(what);
        throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      };
      const book = openWith({
        record: {
          ...record,
          fileGrants: async (grants) => once('grants') ?? record.fileGrants(grants),
          fileBeats: async (beats) => once('beats') ?? record.fileBeats(beats),
        },
      });
      const { visit, lease } = await arrive(book);
      await beat(book, visit.id, { engagedSeconds: 5 });
      await book.tick();
      expect(await leases()).toMatchObject([{ id: lease?.id, engaged_seconds: 5 }]);
      expect(ended).toEqual(new Set(['grants', 'beats']));
    });

    test('a grant that the record will never take, or cannot read, is put aside and holds up nobody', async () => {
      const told: string[] = [];
      const log: Log = { ...silentLog, error: (_facts, event) => void told.push(event) };
      const { arrive, openWith, leases, poolId, keys } = await setup({ numbers: 5 });
      const book = openWith({}, { log, claimAfterMs: 0 });
      const { lease } = await arrive(book);
      await book.tick();
      const impossible = JSON.stringify({ ...lease, id: 'lease_x', poolId, generation: 3_000_000_000 });
      const client = new Redis(redis.url);
      for (const [first, second] of [
        ['{', ''],
        ['', impossible],
      ] as const) {
        await client.xadd(keys.grants(poolId), '*', 'visit', first, 'lease', second);
      }
      const later = await arrive(book);
      for (let ticks = 0; ticks < 5; ticks += 1) await book.tick();
      expect(told).toEqual(['grant-buried', 'grant-buried']);
      expect((await leases()).map(({ id }) => id).sort()).toEqual([lease?.id, later.lease?.id].sort());
      expect(await client.xlen(keys.buried(keys.grants(poolId)))).toBe(2);
      expect(await waiting()).toBe(0);
      client.disconnect();
    });

    test('an emptied Redis is filled from the record: holders keep their numbers, generations go on', async () => {
      const { arrive, beat, books, clock, terms } = await setup({ numbers: 2 });
      const ada = await arrive(books[0], 'ada');
      const bob = await arrive(books[1], 'bob');
      await Promise.all(books.map((book) => book.tick()));
      await deleteKeys(redis);
      expect((await arrive(books[0])).lease).toBeNull();
      expect(await beat(books[1], ada.visit.id)).toMatchObject({ id: ada.lease?.id });
      expect(await beat(books[0], bob.visit.id)).toMatchObject({ id: bob.lease?.id });
      clock.at += terms.holdMs + terms.leaseMs + limits.beatFlushEveryMs + terms.restMs;
      expect((await arrive(books[1], 'ada')).lease).toMatchObject({ numberId: ada.lease?.numberId, generation: 2 });
    });

    test('what Redis lost before it was drained is filed from the memory of the process that granted it', async () => {
      const { arrive, openWith, record, leases } = await setup({ numbers: 2 });
      let isAway = true;
      const fileGrants: LeaseRecord['fileGrants'] = async (grants) => {
        if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        return record.fileGrants(grants);
      };
      const book = openWith({ record: { ...record, fileGrants } });
      const ada = await arrive(book, 'ada');
      await deleteKeys(redis);
      isAway = false;
      const bob = await arrive(book, 'bob');
      expect(bob.lease?.numberId).not.toBe(ada.lease?.numberId);
      await book.tick();
      expect((await leases()).map(({ visitor_id }) => visitor_id).sort()).toEqual(['ada', 'bob']);
    });

    test('a generation that a forgetful Redis gave twice is filed twice, under the next one', async () => {
      const { arrive, openWith, record, books, leases } = await setup();
      const read = Promise.withResolvers<void>();
      const back = Promise.withResolvers<void>();
      const fileGrants: LeaseRecord['fileGrants'] = async (grants) => {
        read.resolve();
        await back.promise;
        return record.fileGrants(grants);
      };
      const slow = openWith({ record: { ...record, fileGrants } });
      const ada = await arrive(slow, 'ada');
      await read.promise;
      await deleteKeys(redis);
      const bob = await arrive(books[0], 'bob');
      await books[0].tick();
      back.resolve();
      await slow.close();
      expect([ada.lease?.generation, bob.lease?.generation]).toEqual([1, 1]);
      expect((await leases()).map(({ visitor_id, generation }) => [visitor_id, generation])).toEqual([
        ['bob', 1],
        ['ada', 2],
      ]);
    });
  });
});
