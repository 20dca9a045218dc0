/**
 * The grants that this process made and has not seen filed, oldest first. Redis keeps them too; should it forget its last
 * seconds, they are filed from here. Bounded in number: while the record is away for long, the oldest are left to Redis.
 */
import { limits } from '../../config/limits.ts';
import type { GrantRecord } from './lease-book.ts';

export interface RememberedGrant {
  readonly stream: string;
  readonly entryId: string;
  readonly record: GrantRecord;
  /** Unix ms. */
  readonly at: number;
}

export function createRememberedGrants() {
  let grants: RememberedGrant[] = [];
  /** Those before it were taken. */
  let first = 0;
  const size = () => grants.length - first;

  function skip(count: number): void {
    first += count;
    if (first < grants.length / 2) return;
    grants = grants.slice(first);
    first = 0;
  }

  return Object.freeze({
    size,
    note(grant: RememberedGrant): void {
      grants.push(grant);
      if (size() > limits.grantsRememberedMax) skip(1);
    },
    oldestAt: (): number | null => grants[first]?.at ?? null,
    /** The oldest ones, which are not here any more until they are put back. */
    take(count: number): readonly RememberedGrant[] {
      const taken = grants.slice(first, first + count);
      skip(taken.length);
      return taken;
    },
    /** Those that could not be filed. */
    putBack(taken: readonly RememberedGrant[]): void {
      grants = [...taken, ...grants.slice(first)];
      first = 0;
    },
  });
}
