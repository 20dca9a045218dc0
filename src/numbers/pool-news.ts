/**
 * Word that a pool's numbers have changed in the record, within this process and after the commit: whoever keeps them in
 * memory (the lease book) reads them again. Other processes find out by looking, and so does one whose reading failed.
 */
import type { PoolId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';

export interface PoolNews {
  /** Resolves when every listener has read them again; never rejects. */
  tell(poolIds: readonly PoolId[]): Promise<void>;
  listen(listener: (poolId: PoolId) => Promise<unknown>): void;
}

export function createPoolNews({ log }: { log: Log }): PoolNews {
  const listeners: ((poolId: PoolId) => Promise<unknown>)[] = [];
  return Object.freeze({
    async tell(poolIds: readonly PoolId[]): Promise<void> {
      const readings = [...new Set(poolIds)].flatMap((poolId) => listeners.map((listener) => listener(poolId)));
      for (const reading of await Promise.allSettled(readings)) {
        if (reading.status === 'rejected') log.warn({ fault: reading.reason }, 'pool-not-read-again');
      }
    },
    listen: (listener: (poolId: PoolId) => Promise<unknown>) => void listeners.push(listener),
  });
}
