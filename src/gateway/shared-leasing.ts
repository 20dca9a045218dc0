/**
 * What many processes share about leases, in Redis: the book, which there also counts the visits of an address. Without
 * Redis each process keeps its own, which the core makes by itself.
 */
import { createRedisLeaseBook } from '../numbers/lease-book.redis.ts';
import { connectLeaseRedis } from '../numbers/lease-redis.redis.ts';
import type { VisitRate } from '../numbers/visit-rate.ts';
import type { Log } from '../ports/log.ts';
import type { SharedLeasing } from './leasing.ts';

/** The tags `{lk-0}` to `{lk-15}`, beside the queue's `{lk}`. */
const keyPrefix = 'lk';

/** The book counts an address's visits in the step in which it decides, so nothing is asked before. */
const countedByBook: VisitRate = { isWithin: () => Promise.resolve(true) };

export function openSharedLeasing(redisUrl: string | null, log: Log): SharedLeasing {
  if (redisUrl === null) return {};
  return {
    visitRate: countedByBook,
    createLeaseBook: ({ record, clock, ids }) =>
      createRedisLeaseBook({ record, clock, ids, log, keyPrefix, connection: connectLeaseRedis(redisUrl) }),
  };
}
