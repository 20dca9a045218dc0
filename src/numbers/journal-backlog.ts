/**
 * What the journal has and the record does not, as far as this process wrote it. It is filed in the background: at once
 * while pages come slowly, later while they come fast, so that nobody waits for it. How much may wait and how long is
 * bounded; beyond that filing goes first, and grants wait for it.
 */
import { limits } from '../../config/limits.ts';
import type { BatchId, NumberId, VisitId } from '../ports/ids.ts';
import type { GrantRecord, JournalRecord } from './lease-book.ts';

/** What a batch is asked for by: a number (its own, or the shared one that was shown instead) or a visit it opened. */
export type BatchSubject = NumberId | VisitId;

interface World {
  readonly fileBatches: JournalRecord['fileBatches'];
  readonly clock: { now(): number };
  readonly pause: (delayMs: number) => Promise<void>;
  /** Told of faults nobody waits for. */
  readonly onFault: (fault: unknown) => void;
}

interface Batch {
  readonly id: BatchId;
  readonly subjects: readonly BatchSubject[];
  readonly grants: number;
  readonly since: number;
  /** Its subjects are counted in `named`. */
  isNamed: boolean;
  filing: Promise<void> | null;
}

export type JournalBacklog = ReturnType<typeof createJournalBacklog>;

export function createJournalBacklog(world: World) {
  /** Oldest first. */
  const batches = new Map<BatchId, Batch>();
  /** In how many batches a subject is named, but for those batches that nobody has looked for a subject in yet. */
  const named = new Map<BatchSubject, number>();
  let isNamedWhole = true;
  let unfiled = 0;
  /** Since the last look. */
  let arrived = 0;
  let isWatching = false;

  function drop({ id, subjects, grants, isNamed }: Batch): void {
    if (!batches.delete(id)) return;
    unfiled -= grants;
    if (!isNamed) return;
    for (const subject of subjects) {
      const left = (named.get(subject) ?? 0) - 1;
      if (left > 0) named.set(subject, left);
      else named.delete(subject);
    }
  }

  /** Whether something of the subject is not in the record yet. Most batches are filed before anybody asks. */
  function has(subject: BatchSubject): boolean {
    if (!isNamedWhole) nameAll();
    return named.has(subject);
  }

  function nameAll(): void {
    for (const batch of batches.values()) {
      if (batch.isNamed) continue;
      batch.isNamed = true;
      for (const subject of batch.subjects) named.set(subject, (named.get(subject) ?? 0) + 1);
    }
    isNamedWhole = true;
  }

  /** Resolves when these are filed, by this call or one under way. */
  async function file(wanted: readonly Batch[]): Promise<void> {
    const idle = wanted.filter(({ filing }) => filing === null);
    const filing = idle.length === 0 ? null : start(idle);
    await Promise.all([...new Set(wanted.map((batch) => batch.filing)), filing]);
  }

  async function start(idle: readonly Batch[]): Promise<void> {
    const filing = world.fileBatches(idle.map(({ id }) => id));
    for (const batch of idle) batch.filing = filing;
    try {
      await filing;
      for (const batch of idle) drop(batch);
    } finally {
      for (const batch of idle) batch.filing = null;
    }
  }

  /** As many of the oldest as one statement takes; when all of them are under way, those. */
  function fileSome(): Promise<void> {
    const some: Batch[] = [];
    let grants = 0;
    for (const batch of batches.values()) {
      if (batch.filing !== null) continue;
      if (some.length > 0 && grants + batch.grants > limits.grantsPerMoveMax) break;
      if (some.length >= limits.batchesPerFilingMax) break;
      some.push(batch);
      grants += batch.grants;
    }
    return file(some.length > 0 ? some : [...batches.values()]);
  }

  function mayWait(): boolean {
    const isBusy = arrived >= limits.grantsPerLookBusy;
    arrived = 0;
    const oldest = batches.values().next().value?.since ?? world.clock.now();
    return isBusy && unfiled < limits.grantsUnfiledMax && world.clock.now() - oldest < limits.grantsUnfiledMs;
  }

  async function watch(): Promise<void> {
    try {
      while (batches.size > 0) {
        await world.pause(limits.grantLookEveryMs);
        if (mayWait()) continue;
        do await fileSome();
        while (unfiled >= limits.grantsPerMoveMax && !mayWait());
      }
    } catch (fault) {
      // The next grant or tick begins anew.
      world.onFault(fault);
    } finally {
      isWatching = false;
    }
  }

  function look(): void {
    if (isWatching || batches.size === 0) return;
    isWatching = true;
    void watch();
  }

  return Object.freeze({
    /** The journal has this batch, or may have it. */
    add(id: BatchId, grants: readonly GrantRecord[]): void {
      if (batches.has(id)) return;
      const since = world.clock.now();
      const batch = { id, subjects: subjectsOf(grants), grants: grants.length, since, isNamed: false, filing: null };
      batches.set(id, batch);
      isNamedWhole = false;
      unfiled += grants.length;
      arrived += grants.length;
      look();
    },

    has,

    hasRoom: (): boolean => unfiled < limits.grantsUnfiledMax,

    fileSome,

    /** Resolves when all that names one of the subjects is filed. */
    async settle(subjects: readonly BatchSubject[]): Promise<void> {
      const wanted = subjects.filter(has);
      if (wanted.length === 0) return;
      await file([...batches.values()].filter((batch) => wanted.some((subject) => batch.subjects.includes(subject))));
    },

    /** Resolves when everything so far is filed. */
    async settleAll(): Promise<void> {
      const wanted = [...batches.keys()];
      while (wanted.some((id) => batches.has(id))) await fileSome();
    },

    /** Goes on after a fault. */
    look,
  });
}

function subjectsOf(grants: readonly GrantRecord[]): BatchSubject[] {
  const subjects: BatchSubject[] = [];
  for (const { visit, lease } of grants) {
    if (visit !== null) subjects.push(visit.id);
    const shown = lease?.numberId ?? visit?.sharedNumberId ?? null;
    if (shown !== null) subjects.push(shown);
  }
  return subjects;
}
