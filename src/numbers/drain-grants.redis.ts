/**
 * Moves grants from Redis into the record. Each grant stands in a stream in Redis from the instant it is decided, and in the
 * memory of the process that asked for it. That process files it from memory, in batches, and takes it off the stream
 * once the record has it; nothing is read back. What a dead process has left is found in the streams by its age and filed
 * by whoever finds it: filing twice changes nothing, so anybody may die anywhere.
 *
 * A Redis that dies may have acknowledged what it had not written yet; `rescue` files that from here.
 */
import type { Cluster, Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { faultFacts, type Log } from '../ports/log.ts';
import { filingPauseMs } from './filing-pace.ts';
import type { GrantRecord } from './lease-book.ts';
import { createRememberedGrants } from './remembered-grants.ts';
import { fieldsOf, type RawEntry, readEntry } from './waiting-grant.ts';

interface World {
  readonly connection: Redis | Cluster;
  readonly streams: readonly string[];
  /** Keeps the grants; what is there already stays as it is. */
  readonly file: (records: readonly GrantRecord[]) => Promise<unknown>;
  readonly buriedOf: (stream: string) => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly claimAfterMs?: number;
}

/** An entry of a stream and what it says. */
interface Entry {
  readonly stream: string;
  readonly entryId: string;
  readonly grants: readonly Grant[];
}

/** `record` is null when it is nothing that can be read; `fields` are what stands in the stream, where it was read from. */
interface Grant {
  readonly record: GrantRecord | null;
  readonly fields?: readonly string[];
}

export function createGrantDrain(world: World) {
  const { connection: client, clock, log } = world;
  const remembered = createRememberedGrants();
  let running: Promise<void> | null = null;
  let pausing: NodeJS.Timeout | undefined;
  /** Grants since the last filing began, and when that was. */
  let [came, since] = [0, clock.now()];
  let isStopped = false;
  let isFailing = false;

  /** Files until nothing is left, or until the pace says to wait; never rejects. */
  function start(isUrgent = false): Promise<void> {
    clearTimeout(pausing);
    pausing = undefined;
    running ??= run(isUrgent).finally(() => {
      running = null;
    });
    return running;
  }

  async function run(isUrgent: boolean): Promise<void> {
    try {
      while (remembered.size() > 0 && !isStopped) {
        const pauseMs = isUrgent ? 0 : nextPauseMs();
        if (pauseMs > 0) {
          pausing = setTimeout(() => void start(), pauseMs);
          return;
        }
        await fileNext(takeOff);
      }
      isFailing = false;
    } catch (fault) {
      if (!isFailing) logNotDrained(fault);
      isFailing = true;
    }
  }

  function logNotDrained(fault: unknown): void {
    log.warn({ err: faultFacts(fault) }, 'grants-not-drained');
  }

  function nextPauseMs(): number {
    const now = clock.now();
    const backlog = { grants: remembered.size(), waitedMs: now - (remembered.oldestAt() ?? now) };
    const pauseMs = filingPauseMs(backlog, came, now - since);
    [came, since] = [0, now];
    return pauseMs;
  }

  /** The oldest of our own; they are ours again when they cannot be filed. */
  async function fileNext(after: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    const batch = remembered.take(limits.grantsPerFiling);
    const entries = batch.map(({ records, ...entry }) => ({ ...entry, grants: records.map((record) => ({ record })) }));
    try {
      await fileAll(entries);
    } catch (fault) {
      remembered.putBack(batch);
      throw fault;
    }
    await after(entries);
  }

  async function fileAll(entries: readonly Entry[]): Promise<void> {
    const records = entries.flatMap(({ grants }) => grants.map(({ record }) => record));
    try {
      if (!records.includes(null)) return void (await world.file(records as readonly GrantRecord[]));
    } catch (fault) {
      if (!isRefusal(fault)) throw fault;
    }
    for (const entry of entries) {
      for (const grant of entry.grants) if (!(await isTaken(grant))) await bury(entry, grant);
    }
  }

  async function isTaken({ record }: Grant): Promise<boolean> {
    if (record === null) return false;
    try {
      await world.file([record]);
      return true;
    } catch (fault) {
      if (isRefusal(fault)) return false;
      throw fault;
    }
  }

  /** One bad grant must not hold up the others: it is put aside, and somebody is told. */
  async function bury({ stream, entryId }: Entry, { record, fields }: Grant): Promise<void> {
    log.error({ stream, entryId, leaseId: record?.lease?.id }, 'grant-buried');
    const kept = fields ?? (record === null ? [] : fieldsOf(record));
    await client.xadd(world.buriedOf(stream), 'MAXLEN', '~', limits.buriedGrantsMax, '*', ...kept);
  }

  /** What stays because Redis is away is found by its age later, and filed again, which changes nothing. */
  async function takeOff(entries: readonly Entry[]): Promise<void> {
    const byStream = Map.groupBy(entries, ({ stream }) => stream);
    const taking = [...byStream].map(([stream, own]) => client.xdel(stream, ...own.map(({ entryId }) => entryId)));
    await Promise.all(taking).catch((fault: unknown) => log.warn({ err: faultFacts(fault) }, 'grants-left-in-redis'));
  }

  /** Files whatever stands in the stream up to an entry. */
  async function fileStream(stream: string, last: string): Promise<void> {
    for (;;) {
      const raw = (await client.xrange(stream, '-', last, 'COUNT', limits.entriesPerFiling)) as RawEntry[];
      const entries = raw.map((entry) => ({ stream, entryId: entry[0], grants: grantsOf(entry) }));
      await fileAll(entries);
      if (entries.length > 0) await takeOff(entries);
      if (entries.length < limits.entriesPerFiling) return;
    }
  }

  return Object.freeze({
    /** Grants of ours were written to this stream as one entry; they are remembered until the record has them. */
    note(stream: string, entryId: string, records: readonly GrantRecord[]): void {
      remembered.note({ stream, entryId, records, at: clock.now() });
      came += records.length;
      // While it fails, the tick tries again; while it pauses, it goes on by itself.
      if (!isFailing && running === null && pausing === undefined) start();
    },

    /** Files our own as far as the pace lets us; also tries again what failed. */
    proceed: (): Promise<void> => (pausing === undefined ? start() : Promise.resolve()),

    /** Files everything, also what other processes have granted. Resolves when it is done, or cannot go on now. */
    async drainAll(): Promise<void> {
      await drainOwn();
      await Promise.all(world.streams.map((stream) => fileStream(stream, '+'))).catch(logNotDrained);
    },

    drainOwn,

    /** Everything in one stream. */
    drainStream: (stream: string): Promise<void> => fileStream(stream, '+'),

    /** What dead processes have left. */
    async claim(): Promise<void> {
      if (isFailing) return;
      try {
        const last = await lastLeft();
        await Promise.all(world.streams.map((stream) => fileStream(stream, last)));
      } catch (fault) {
        log.warn({ err: faultFacts(fault) }, 'grants-not-claimed');
      }
    },

    /** Files what this process remembers, without Redis. */
    async rescue(): Promise<void> {
      await running;
      while (remembered.size() > 0) await fileNext(async () => undefined);
    },

    /** Ends after the round under way. */
    async stop(): Promise<void> {
      isStopped = true;
      clearTimeout(pausing);
      await running;
    },
  });

  /** Files all of our own now. Resolves when nothing is left, or when it cannot go on. */
  async function drainOwn(): Promise<void> {
    await running;
    isFailing = false;
    while (remembered.size() > 0 && !isFailing && !isStopped) await start(true);
  }

  /** Entries that old by the clock of Redis, which names them, are nobody's. */
  async function lastLeft(): Promise<string> {
    const ageMs = world.claimAfterMs ?? limits.grantClaimAfterMs;
    if (ageMs === 0) return '+';
    const [seconds] = await client.time();
    return `${Number(seconds) * 1_000 - ageMs}`;
  }
}

/** Of an entry; what of it cannot be read is put aside as it stands. */
function grantsOf(entry: RawEntry): Grant[] {
  return readEntry(entry).map(({ record, visit, lease }) => ({ record, fields: ['visit', visit, 'lease', lease] }));
}

/** SQLSTATE classes 22 and 23: the rows themselves are at fault. */
function isRefusal(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && /^2[23]/.test(String(fault.code));
}
