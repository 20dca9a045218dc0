/**
 * Weighs the lease book in memory, as a process of its own started with --expose-gc: the heap with 100,000 live leases
 * against the heap with the same numbers idle. Prints the bytes of one lease.
 */
import { randomBytes } from 'node:crypto';
import type { LeaseBook } from '../src/numbers/lease-book.ts';
import { createMemoryLeaseBook } from '../src/numbers/memory-lease-book.ts';
import { packGrant } from '../src/numbers/pack-grant.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { E164 } from '../src/ports/e164.ts';
import { createIds, type PoolId } from '../src/ports/ids.ts';

const leases = Number(process.argv[2] ?? 100_000);
const hourMs = 3_600_000;
const ids = createIds({ clock: systemClock, randomBytes });
const poolId = ids.make('pool');
const enterpriseId = ids.make('ent');
const websiteId = ids.make('site');
const terms = { holdMs: hourMs, leaseMs: hourMs, restMs: 0, stickyMs: hourMs };
const numbers = Array.from({ length: leases }, (_, index) => ({
  id: ids.make('num'),
  e164: `+999${String(index).padStart(8, '0')}` as E164,
  group: 'any',
}));
const book = createMemoryLeaseBook({
  record: {
    fileGrants: async () => new Set(),
    fileBeats: async () => undefined,
    readPool: async (_pool: PoolId) => ({ numbers, past: [], stamp: '' }),
    readStamp: async () => '',
    // As the real one does: what is written as JSON is kept as one piece of text from then on.
    writeBatch: async ({ grants }) => {
      JSON.stringify(grants.map(packGrant));
      return new Set();
    },
    takePool: async () => 1,
    fileBatches: async () => undefined,
    fileJournal: async () => undefined,
    filedOf: async () => new Set(),
  },
  clock: systemClock,
  ids,
  pause: async () => undefined,
  logFault: () => undefined,
});

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function open(target: LeaseBook, index: number): Promise<void> {
  const visit = {
    id: ids.make('visit'),
    enterpriseId,
    websiteId,
    visitorId: `visitor-${randomBytes(8).toString('hex')}`,
    arrival: {},
    startedAt: systemClock.now(),
    sharedNumberId: null,
  };
  const address = randomBytes(32).toString('hex');
  const guard = { address, proven: false, livePerAddressMax: 5, provenAboveShare: 1 };
  const answer = await target.open(visit, { enterpriseId, poolId, groups: null, trait: null, terms, guard });
  if (answer?.kind !== 'granted') throw new Error(`lease ${index} was refused`);
}

await book.refresh(poolId);
await book.beat({ poolId, visitId: ids.make('visit'), terms, engagedSeconds: 0, pages: 1 });
const before = heap();
for (let from = 0; from < leases; from += 1_000) {
  await Promise.all(Array.from({ length: Math.min(1_000, leases - from) }, (_, index) => open(book, from + index)));
}
await book.tick();
await book.settle(poolId, null);
process.stdout.write(`${Math.round((heap() - before) / leases)}\n`);
