/** The lease book of one process passes the suite of every lease book. */
import { createMemoryLeaseBook } from '../../src/numbers/memory-lease-book.ts';
import { leaseBookSuite } from '../conformance/lease-book.ts';
import type { BookWorld } from '../support/stage-pool.ts';
import { onEveryStore } from '../support/stores.ts';

onEveryStore('lease book in memory', (store) => {
  leaseBookSuite(store, async (world: BookWorld) =>
    createMemoryLeaseBook({ ...world, pause: async () => undefined, logFault: () => undefined }),
  );
});
