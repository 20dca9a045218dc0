/**
 * The scripts of the Redis book where the book alone does not show them: on a server that has forgotten them, with more
 * numbers due than one step looks at, with loaders that overtake each other, and in the keys they touch.
 */
import { Redis } from 'ioredis';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createLeaseKeys } from '../../src/numbers/lease-keys.ts';
import { leaseOfLines, readReply } from '../../src/numbers/lease-replies.ts';
import { type LeaseScript, readLeaseScripts } from '../../src/numbers/lease-scripts.file.ts';
import type { Database } from '../../src/ports/database.ts';
import type { PoolId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { stagedAt } from '../support/stage-core.ts';
import { stagePool } from '../support/stage-pool.ts';
import { onEveryStore, onRedis } from '../support/stores.ts';

onRedis('the lease scripts', (redis) => {
  onEveryStore('on a record', (store) => {
    let database: Database<Tables>;
    beforeAll(async () => {
      database = await store.open();
    });

    const setup = async (plan: Parameters<typeof stagePool>[2] = {}) => {
      const pool = await stagePool(database, async (world) => openRedisBook(world, redis), plan);
      const client = new Redis(redis.url);
      onTestFinished(() => client.disconnect());
      return { ...pool, client, keys: createLeaseKeys(redis.keyPrefix.slice(1, -1)) };
    };

    test('come back by themselves to a Redis that has forgotten them', async () => {
      const { arrive, beat, end, open, client, poolId } = await setup({ numbers: 2 });
      const book = await open();
      const ada = await arrive(book);
      await beat(book, ada.visit.id);
      await end(book, ada.visit.id);
      if (ada.lease !== null) await book.settle(poolId, ada.lease.numberId);
      await client.script('FLUSH');
      expect(await beat(book, ada.visit.id)).toMatchObject({ id: ada.lease?.id });
      await end(book, ada.visit.id);
      if (ada.lease !== null) await book.settle(poolId, ada.lease.numberId);
      expect((await arrive(book)).lease).not.toBeNull();
    });

    test('find the one number of a wished-for group among three hundred that fall due at once', async () => {
      const pool = await setup({ numbers: 300 });
      const { record, numbers, arrive, clock, terms } = pool;
      const rare = numbers.at(-1);
      const grouped: typeof record.readPool = async (poolId) => {
        const stock = await record.readPool(poolId);
        return { ...stock, numbers: stock.numbers.map((one) => ({ ...one, group: one.id === rare ? 'b' : 'a' })) };
      };
      const book = openRedisBook({ ...pool, record: { ...record, readPool: grouped } }, redis);
      onTestFinished(() => book.close());
      await Promise.all(numbers.map(() => arrive(book)));
      expect((await arrive(book)).answer?.kind).toBe('refused');
      clock.at += terms.holdMs + terms.restMs;
      expect((await arrive(book, null, { groups: ['c', 'b', 'a'] })).lease?.numberId).toBe(rare);
      expect((await arrive(book, null, { groups: ['b', 'a'] })).lease?.numberId).toBe(numbers[0]);
    });

    test('leave a visit its second number when the first one’s rest is over', async () => {
      const { open, arrive, beat, want, clock, terms } = await setup({ numbers: 2 });
      const book = await open();
      const { visit, lease } = await arrive(book);
      clock.at += terms.holdMs;
      const again = await book.grant(visit, want());
      expect(again.kind === 'granted' && again.lease.numberId !== lease?.numberId).toBe(true);
      clock.at += terms.holdMs - 1;
      await beat(book, visit.id);
      while (clock.at < stagedAt + terms.holdMs + terms.restMs) {
        clock.at += terms.leaseMs - 1;
        await beat(book, visit.id);
      }
      expect((await arrive(book)).lease?.numberId).toBe(lease?.numberId);
      expect(await beat(book, visit.id)).toMatchObject(again.kind === 'granted' ? { id: again.lease.id } : {});
    });

    test('decide for all others who came at once when one of them meets what cannot be read', async () => {
      const { open, newVisit, want, client, keys, poolId } = await setup({ numbers: 4 });
      const book = await open();
      const [first, doomed, last] = [newVisit(), newVisit(), newVisit()];
      await book.open(newVisit(), want());
      await client.hset(keys.ofPool(poolId)[0] ?? '', doomed.id, 'torn', 'torn', 'no slot');
      const answers = await Promise.allSettled([first, doomed, last].map((visit) => book.open(visit, want())));
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const given = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const numbers = given.map((answer) => (answer?.kind === 'granted' ? answer.lease.numberId : ''));
      expect(new Set([...numbers, '']).size).toBe(3);
    });

    test('keep a visitor whose number is not looked for later', async () => {
      const { open, arrive } = await setup({ numbers: 1, terms: { stickyMs: 0 } });
      expect((await arrive(await open(), 'ada')).lease).not.toBeNull();
    });

    test('take a guard that bounds nothing', async () => {
      const { open, arrive } = await setup({ numbers: 2 });
      const guard = {
        address: 'digest',
        proven: false,
        livePerAddressMax: Number.POSITIVE_INFINITY,
        provenAboveShare: 1,
      };
      const book = await open();
      expect((await arrive(book, null, { guard })).lease).not.toBeNull();
      expect((await arrive(book, null, { guard })).lease).not.toBeNull();
    });

    test('keep all keys of a pool and its stream under one tag, and spread pools over the tags', async () => {
      const { arrive, beat, open, client, keys } = await setup({ numbers: 2 });
      const guard = { address: 'digest', proven: true, livePerAddressMax: 5, provenAboveShare: 0.8 };
      const book = await open();
      const { visit } = await arrive(book, 'ada', { guard });
      await beat(book, visit.id);
      const tagOf = (key: string) => /^\{[^}]+\}/.exec(key)?.[0];
      const tags = Map.groupBy(await client.keys(`${redis.keyPrefix.slice(0, -1)}*:pool_*`), (key) => {
        return key.split(':')[1];
      });
      expect(tags.size).toBeGreaterThan(0);
      for (const [poolId = '', own] of tags) {
        expect(new Set(own.map(tagOf))).toEqual(new Set([tagOf(keys.grants(poolId as PoolId))]));
      }
      const many = Array.from({ length: 1_000 }, (_, index) => keys.grants(`pool_${index}` as PoolId));
      expect(new Set(many)).toEqual(new Set(keys.streams));
    });

    test('give the last word to the loader that read the record last', async () => {
      const { open, arrive, addNumber, numbers, client, keys, poolId, clock, terms, ids } = await setup();
      const book = await open();
      const { lease } = await arrive(book, 'ada');
      const pool = keys.ofPool(poolId);
      const ticket = await client.hincrby(pool[0] ?? '', 'ticket', 1);
      await addNumber();
      await book.refresh(poolId);
      const older = { id: lease?.numberId, e164: '+15035550199', group: 'any', freeAt: 0, back: 0 };
      const stale = { ...older, lease: { id: ids.make('lease'), generation: 0 } };
      const run = (name: LeaseScript, given: readonly string[], args: readonly (string | number)[]) => {
        const { lua, numberOfKeys = given.length } = readLeaseScripts()[name];
        return client.eval(lua, numberOfKeys, ...given, ...args);
      };
      const args = [clock.now(), ticket, JSON.stringify([stale]), JSON.stringify(numbers), '1', '1'];
      expect(await run('load-pool', pool, [...args, JSON.stringify(terms), ''])).toBe('overtaken');
      const [kept] = (await run('read-number', [...pool, keys.grants(poolId)], [lease?.numberId ?? ''])) as [string];
      expect(leaseOfLines(readReply(kept).lines)).toEqual(lease);
      expect((await arrive(book, 'bob')).lease).not.toBeNull();
    });

    test('loading a pool again shortens and extends nothing', async () => {
      const { open, arrive, beat, clock, poolId, terms } = await setup({ terms: { holdMs: 1_000 } });
      const book = await open();
      const { visit } = await arrive(book, 'ada');
      clock.at += 30_000;
      const before = await beat(book, visit.id);
      clock.at += 20_000;
      for (let times = 0; times < 3; times += 1) await book.refresh(poolId);
      clock.at = stagedAt + 30_000 + terms.leaseMs + terms.restMs - 1;
      expect((await arrive(book, 'bob')).lease).toBeNull();
      clock.at += 1;
      expect((await arrive(book, 'bob')).lease).toMatchObject({ generation: 2 });
      expect(before?.expiresAt).toBe(stagedAt + 30_000 + terms.leaseMs);
    });

    test('are never given what the record cannot hold: the page hears of it at once', async () => {
      const { open, newVisit, want, db } = await setup();
      const book = await open();
      for (const text of ['a\0b', 'half \ud83d']) {
        const visit = { ...newVisit(), arrival: { utm_source: text } };
        await expect(book.open(visit, want())).rejects.toMatchObject({ code: 'invalid-request' });
        await expect(book.open({ ...newVisit(text), arrival: {} }, null)).rejects.toMatchObject({
          code: 'invalid-request',
        });
      }
      await book.close();
      const stored = await db.selectFrom('visit').select('id').where('visitor_id', 'like', 'half%').execute();
      expect(stored).toEqual([]);
    });
  });
});
