/** Two processes on one Redis under everything that befalls them; what must hold is written in the model. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, test } from 'vitest';
import { createLeaseKeys } from '../../src/numbers/lease-keys.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { modelSize, runLeaseBookModel } from '../conformance/lease-book-model.ts';
import { checkLeasePromises, modelTerms } from '../conformance/lease-promises.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { type OpenBook, stagePool } from '../support/stage-pool.ts';
import { deleteKeys, onEveryStore, onRedis, type Store } from '../support/stores.ts';

const runs = Number(process.env.LINEKEEPER_MODEL_RUNS ?? 3);
const timeout = 60_000 * runs;

/** A pool of its own for each run, in one database. */
function useStage(store: Store) {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });
  const never = () => Promise.reject(new Error('the model opens its books itself'));
  return (numbers: number) => stagePool(database, never, { numbers, terms: modelTerms });
}

onRedis('the lease book in Redis, modelled', (redis) => {
  const { streams } = createLeaseKeys(redis.keyPrefix.slice(1, -1));
  const client = new Redis(redis.url, { lazyConnect: true });
  afterAll(() => client.disconnect());

  onEveryStore('one process', (store) => {
    let database: Database<Tables>;
    beforeAll(async () => {
      database = await store.open();
    });
    test('no number is ever with two visitors, whatever happens', { timeout: 600_000 }, async () => {
      const openBook: OpenBook = async (world) => openRedisBook(world, redis, { claimAfterMs: 0 });
      const { visits } = await runLeaseBookModel(database, openBook, modelSize());
      process.stdout.write(`lease book in Redis [${store.kind}]: ${visits} visits in ${modelSize().runs} stories\n`);
    });
  });

  onEveryStore('two processes', (store) => {
    const stage = useStage(store);
    test('no number is given twice and no answer forgotten, though the memory is lost', { timeout }, async () => {
      await checkLeasePromises(
        {
          processes: 2,
          open: (world) => openRedisBook(world, redis, { claimAfterMs: 0 }),
          isDrained: async () =>
            (await Promise.all(streams.map((stream) => client.xlen(stream)))).every((left) => left === 0),
          forget: () => deleteKeys(redis),
        },
        stage,
        runs,
      );
    });
  });
});
