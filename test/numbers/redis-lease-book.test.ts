/** The lease book in Redis passes the suite of every lease book: on every record, and on a cluster of three nodes. */
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { connectLeaseCluster } from '../../src/numbers/lease-redis.redis.ts';
import { leaseBookSuite } from '../conformance/lease-book.ts';
import { type OwnRedis, startCluster } from '../support/own-redis.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { onEveryStore, onRedis } from '../support/stores.ts';

onRedis('lease book in Redis', (redis) => {
  onEveryStore('on a record', (store) => leaseBookSuite(store, async (world) => openRedisBook(world, redis)));
});

const { redis } = inject('stores');
const skipped = redis.kind === 'absent' ? ` SKIPPED: ${redis.reason}` : '';

describe.skipIf(redis.kind === 'absent')(`lease book in a Redis Cluster${skipped}`, () => {
  let nodes: readonly OwnRedis[] = [];
  beforeAll(async () => {
    nodes = await startCluster();
  });
  afterAll(() => Promise.all(nodes.map((node) => node.kill())));

  onEveryStore('on a record', (store) =>
    leaseBookSuite(store, async (world) => {
      const connection = connectLeaseCluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
      return openRedisBook(world, { url: '', keyPrefix: '{lk}' }, { connection });
    }),
  );
});
