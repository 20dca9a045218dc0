/**
 * Word that a pool's numbers have changed in the record, within this process and after the commit: whoever keeps them in
 * memory (the lease book) reads them again. Other processes find out by looking.
 */
import type { PoolId } from '../ports/ids.ts';

export interface PoolNews {
  tell(poolIds: readonly PoolId[]): void;
  listen(listener: (poolId: PoolId) => void): void;
}

export function createPoolNews(): PoolNews {
  const listeners: ((poolId: PoolId) => void)[] = [];
  return Object.freeze({
    tell(poolIds: readonly PoolId[]): void {
      for (const poolId of new Set(poolIds)) for (const listener of listeners) listener(poolId);
    },
    listen: (listener: (poolId: PoolId) => void) => void listeners.push(listener),
  });
}
