/**
 * The grants that this process made and has not seen filed, oldest first. Redis keeps them too; should it forget its last
 * seconds, they are filed from here. Bounded in number: while the record is away for long, the oldest are left to Redis.
 */
import { limits } from '../../config/limits.ts';
import type { GrantRecord } from './lease-book.ts';

/** What one entry of a stream holds. */
export interface RememberedGrants {
  readonly stream: string;
  readonly entryId: string;
  readonly records: readonly GrantRecord[];
  /** Unix ms. */
  readonly at: number;
}

export function createRememberedGrants() {
  let entries: RememberedGrants[] = [];
  /** Those before it were taken. */
  let first = 0;
  /** Grants in the others. */
  let size = 0;

  function skip(count: number): readonly RememberedGrants[] {
    const skipped = entries.slice(first, first + count);
    first += skipped.length;
    size -= grantsIn(skipped);
    if (first >= entries.length / 2) {
      entries = entries.slice(first);
      first = 0;
    }
    return skipped;
  }

  return Object.freeze({
    /** How many grants. */
    size: () => size,
    note(entry: RememberedGrants): void {
      entries.push(entry);
      size += entry.records.length;
      if (size > limits.grantsRememberedMax) skip(1);
    },
    oldestAt: (): number | null => entries[first]?.at ?? null,
    /** The oldest entries, with so many grants or a few more; they are not here any more until they are put back. */
    take(grants: number): readonly RememberedGrants[] {
      let count = 0;
      for (let taken = 0; taken < grants && first + count < entries.length; count += 1) {
        taken += entries[first + count]?.records.length ?? 0;
      }
      return skip(count);
    },
    /** Those that could not be filed. */
    putBack(taken: readonly RememberedGrants[]): void {
      entries = [...taken, ...entries.slice(first)];
      first = 0;
      size += grantsIn(taken);
    },
  });
}

function grantsIn(entries: readonly RememberedGrants[]): number {
  return entries.reduce((sum, { records }) => sum + records.length, 0);
}
