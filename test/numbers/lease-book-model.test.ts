/** Both lease books under everything that befalls them; what must hold is written in the model. */
import { beforeAll, test } from 'vitest';
import { createMemoryLeaseBook } from '../../src/numbers/memory-lease-book.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { checkLeaseBook, modelTerms } from '../conformance/lease-book-model.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { stagePool } from '../support/stage-pool.ts';
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

onEveryStore('the lease book in memory, modelled', (store) => {
  const stage = useStage(store);
  test('gives no number twice and forgets no answer', { timeout }, async () => {
    const open: Parameters<typeof checkLeaseBook>[0]['open'] = (world) =>
      createMemoryLeaseBook({ ...world, pause: async () => undefined, logFault: () => undefined });
    await checkLeaseBook({ processes: 1, open }, stage, runs);
  });
});

onRedis('the lease book in Redis, modelled', (redis) => {
  onEveryStore('on a record', (store) => {
    const stage = useStage(store);
    test('two processes give no number twice and forget no answer', { timeout }, async () => {
      await checkLeaseBook(
        {
          processes: 2,
          open: (world) => openRedisBook(world, redis, { claimAfterMs: 0 }),
          forget: () => deleteKeys(redis),
        },
        stage,
        runs,
      );
    });
  });
});
