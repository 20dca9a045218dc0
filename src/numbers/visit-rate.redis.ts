/**
 * The rate of visits per address, counted for all processes in Redis. While Redis does not answer each process counts by
 * itself: a visitor's page must not wait for it.
 */
import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { limits } from '../../config/limits.ts';
import { createVisitRate, type VisitRate, visitRateBounds } from './visit-rate.ts';

export interface SharedVisitRate extends VisitRate {
  close(): void;
}

export function createSharedVisitRate(url: string, logFault: (fault: unknown, event: string) => void): SharedVisitRate {
  const redis = new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: limits.visitRateTimeoutMs,
    retryStrategy: (times) => Math.min(times * 100, limits.redisReconnectPauseMsMax),
  });
  redis.on('error', (fault: unknown) => logFault(fault, 'visit-rate-fault'));
  const insuranceLimiter = new RateLimiterMemory(visitRateBounds);
  const keyPrefix = '{lk}:visits';
  const store = new RateLimiterRedis({ ...visitRateBounds, keyPrefix, storeClient: redis, insuranceLimiter });
  return Object.freeze({ ...createVisitRate(store), close: () => redis.disconnect() });
}
