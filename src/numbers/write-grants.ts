/**
 * Writes a group of grants into the journal and knows of each lease whether it is kept. Leases of a pool that another
 * process has taken are left out and the others written alone. One that is left out may still have been written by an
 * earlier try whose answer was lost: as nothing can be written under its epoch any more, the record can tell.
 */
import type { BatchId, LeaseId, PoolId } from '../ports/ids.ts';
import type { DecidedGrant } from './grant-journal.ts';
import type { JournalBacklog } from './journal-backlog.ts';
import type { JournalRecord } from './lease-book.ts';

interface World {
  readonly record: Pick<JournalRecord, 'writeBatch' | 'filedOf'>;
  readonly backlog: Pick<JournalBacklog, 'add'>;
}

/** Resolves with the leases that are kept, null for all; the same group may be written again under the same id. */
export async function writeGrants(
  { record, backlog }: World,
  id: BatchId,
  grants: readonly DecidedGrant[],
): Promise<ReadonlySet<LeaseId> | null> {
  const epochs = new Map<PoolId, number>();
  for (const { lease, epoch } of grants) {
    if (lease !== null && epoch !== null && epoch > (epochs.get(lease.poolId) ?? -1)) epochs.set(lease.poolId, epoch);
  }
  let ours = grants.filter(({ lease, epoch }) => lease === null || epochs.get(lease.poolId) === epoch);
  while (ours.length > 0) {
    const moved = await record.writeBatch({ id, grants: ours, epochs });
    if (moved.size === 0) break;
    ours = ours.filter(({ lease }) => lease === null || !moved.has(lease.poolId));
    for (const poolId of moved) epochs.delete(poolId);
  }
  if (ours.length > 0) backlog.add(id, ours);
  if (ours.length === grants.length) return null;
  const kept = new Set(leasesOf(ours));
  const left = leasesOf(grants).filter((leaseId) => !kept.has(leaseId));
  return kept.union(await record.filedOf(left));
}

function leasesOf(grants: readonly DecidedGrant[]): LeaseId[] {
  return grants.flatMap(({ lease }) => (lease === null ? [] : [lease.id]));
}
