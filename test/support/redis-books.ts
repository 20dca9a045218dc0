/** Opens the lease book in Redis for tests, as one more process would each time. */
import { createRedisLeaseBook } from '../../src/numbers/lease-book.redis.ts';
import type { LeaseBook, LeaseRecord } from '../../src/numbers/lease-book.ts';
import { connectLeaseRedis, type LeaseConnection } from '../../src/numbers/lease-redis.redis.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import type { BookWorld } from './stage-pool.ts';

/** `keyPrefix` is a hash tag, as `onRedis` hands it out. */
export function openRedisBook(
  world: Omit<BookWorld, 'record'> & { readonly record: LeaseRecord },
  redis: { readonly url: string; readonly keyPrefix: string },
  more: { readonly connection?: LeaseConnection; readonly claimAfterMs?: number; readonly log?: Log } = {},
): LeaseBook {
  return createRedisLeaseBook({
    ...world,
    connection: connectLeaseRedis(redis.url),
    keyPrefix: redis.keyPrefix.slice(1, -1),
    log: silentLog,
    ...more,
  });
}
