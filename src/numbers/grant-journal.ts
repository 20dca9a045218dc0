/**
 * Group commit for the lease book in memory. A grant is answered after its commit; while one is under way further
 * grants gather, and the next commit takes them all, with those of the turn in which the last one ended. No timer delays
 * a lone grant.
 *
 * A commit whose answer was lost is tried again with the same ids, which files nothing twice. A batch that the record
 * refuses for what it holds is halved until the one grant at fault is found, so that it fails alone.
 */
import { limits } from '../../config/limits.ts';
import type { BatchId, LeaseId } from '../ports/ids.ts';
import type { GrantRecord } from './lease-book.ts';

/**
 * `taken`: another process gives the pool's numbers by now. `not-filed`: it is certainly not in the record.
 * `unknown`: it may be.
 */
export type Filing = 'filed' | 'taken' | 'not-filed' | 'unknown';

/** A grant, and the epoch of its pool under which it was decided; a visit without a lease has none. */
export interface DecidedGrant extends GrantRecord {
  readonly epoch: number | null;
}

interface World {
  /** Commits the grants; resolves with those leases that are kept, null for all. */
  readonly commit: (id: BatchId, grants: readonly DecidedGrant[]) => Promise<ReadonlySet<LeaseId> | null>;
  /** Told of grants that may have been committed, though nobody was told. */
  readonly onUnknown: (id: BatchId, grants: readonly DecidedGrant[]) => void;
  /** Whether the journal may take more, and what to wait for when not. */
  readonly hasRoom: () => boolean;
  readonly makeRoom: () => Promise<void>;
  /** Resolves when all that came in with this turn of the event loop has been looked at. */
  readonly endOfTurn: () => Promise<void>;
  readonly newId: () => BatchId;
  readonly clock: { now(): number };
  readonly pause: (delayMs: number) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

interface Entry {
  readonly grant: DecidedGrant;
  readonly since: number;
  readonly settle: (filing: Filing) => void;
}

export function createGrantJournal(world: World) {
  let waiting: Entry[] = [];
  let isCommitting = false;

  /** Commits until nothing waits. */
  async function pump(): Promise<void> {
    if (isCommitting) return;
    isCommitting = true;
    while (waiting.length > 0) {
      await world.endOfTurn();
      if (!world.hasRoom()) await makeRoom();
      const batch = waiting.slice(0, limits.grantsPerCommitMax);
      waiting = waiting.slice(limits.grantsPerCommitMax);
      // Those that waited were given up meanwhile.
      if (batch.length === 0) continue;
      if (world.hasRoom()) await commit(world, batch);
      else for (const { settle } of batch) settle('not-filed');
    }
    isCommitting = false;
  }

  async function makeRoom(): Promise<void> {
    try {
      await world.makeRoom();
    } catch (fault) {
      world.onFault(fault);
    }
  }

  return Object.freeze({
    /** Tells what became of the grant, however long that takes. */
    add(grant: DecidedGrant, settle: (filing: Filing) => void): void {
      if (waiting.length >= limits.grantsWaitingMax) {
        settle('not-filed');
        return;
      }
      waiting.push({ grant, since: world.clock.now(), settle });
      if (!isCommitting) void pump();
    },

    /** Gives up the grants that wait since `before` or longer and were not part of a commit yet. */
    giveUp(before: number): void {
      const late = waiting.filter(({ since }) => since <= before);
      if (late.length === 0) return;
      waiting = waiting.filter(({ since }) => since > before);
      for (const { settle } of late) settle('not-filed');
    },
  });
}

/** Settles every entry of the batch. */
async function commit(world: World, batch: readonly Entry[]): Promise<void> {
  const id = world.newId();
  const grants = batch.map(({ grant }) => grant);
  let mayBeFiled = false;
  for (const pauseMs of [0, ...limits.grantRetryPausesMs]) {
    if (pauseMs > 0) await world.pause(pauseMs);
    try {
      const kept = await world.commit(id, grants);
      for (const { grant, settle } of batch) settle(filingOf(grant, kept));
      return;
    } catch (fault) {
      world.onFault(fault);
      if (isRefusal(fault)) return halve(world, batch, mayBeFiled);
      mayBeFiled ||= !wasRolledBack(fault);
    }
  }
  if (mayBeFiled) world.onUnknown(id, grants);
  for (const { settle } of batch) settle(mayBeFiled ? 'unknown' : 'not-filed');
}

async function halve(world: World, batch: readonly Entry[], mayBeFiled: boolean): Promise<void> {
  if (batch.length === 1) return batch[0]?.settle(mayBeFiled ? 'unknown' : 'not-filed');
  const middle = Math.ceil(batch.length / 2);
  await commit(world, batch.slice(0, middle));
  await commit(world, batch.slice(middle));
}

function filingOf({ lease }: GrantRecord, kept: ReadonlySet<LeaseId> | null): Filing {
  return lease === null || kept === null || kept.has(lease.id) ? 'filed' : 'taken';
}

/** SQLSTATE classes 22 and 23: the rows themselves are at fault, and sending them again would not help. */
export function isRefusal(fault: unknown): boolean {
  return /^2[23]/.test(codeOf(fault));
}

/** The server said that it did not do it, or was never reached; a lost connection or a shutdown says neither. */
function wasRolledBack(fault: unknown): boolean {
  const code = codeOf(fault);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return true;
  return /^[0-9A-Z]{5}$/.test(code) && !/^(?:08|57P)/.test(code);
}

function codeOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}
