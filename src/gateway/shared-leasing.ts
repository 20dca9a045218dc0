/**
 * What many processes share about leases, in Redis: the book, and how many visits an address has opened. Without Redis
 * each process keeps its own, which the core makes by itself.
 */
import { randomUUID } from 'node:crypto';
import { createRedisLeaseBook } from '../numbers/lease-book.redis.ts';
import { connectLeaseRedis } from '../numbers/lease-redis.redis.ts';
import { createSharedVisitRate } from '../numbers/visit-rate.redis.ts';
import type { Log } from '../ports/log.ts';
import type { SharedLeasing } from './leasing.ts';

/** The tags `{lk-0}` to `{lk-15}`, beside the queue's `{lk}`. */
const keyPrefix = 'lk';

/** `close` is called after the book was closed. */
export function openSharedLeasing(
  redisUrl: string | null,
  log: Log,
  logFault: (fault: unknown, event: string) => void,
): { readonly shared: SharedLeasing; close(): void } {
  if (redisUrl === null) return { shared: {}, close: () => undefined };
  const visitRate = createSharedVisitRate(redisUrl, logFault);
  const createLeaseBook: SharedLeasing['createLeaseBook'] = ({ record, clock, ids }) =>
    createRedisLeaseBook({
      record,
      clock,
      ids,
      log,
      keyPrefix,
      connection: connectLeaseRedis(redisUrl),
      consumer: randomUUID(),
    });
  return { shared: { visitRate, createLeaseBook }, close: visitRate.close };
}
