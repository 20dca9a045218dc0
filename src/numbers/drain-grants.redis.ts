/**
 * Moves grants from the streams in Redis into the record. A consumer group of all processes shares the work; an entry is
 * taken off its stream only once the record has it, and filing twice changes nothing, so a consumer may die anywhere:
 * what it had read is claimed by another. Whoever grants nudges its own drain, so nothing is polled to be quick; the
 * tick looks for what dead processes have left.
 *
 * What this process granted in the last seconds it also remembers itself: a Redis that dies may have acknowledged what
 * it had not written yet, and `rescue` files that from here.
 */
import type { Cluster, Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { faultFacts, type Log } from '../ports/log.ts';
import type { GrantRecord } from './lease-book.ts';
import { createRememberedGrants } from './remembered-grants.ts';
import { type RawEntry, readEntry, type WaitingGrant } from './waiting-grant.ts';

interface World {
  readonly connection: Redis | Cluster;
  readonly streams: readonly string[];
  /** Unique among all processes that drain, and new with each start. */
  readonly consumer: string;
  /** Keeps the grants; what is there already stays as it is. */
  readonly file: (records: readonly GrantRecord[]) => Promise<unknown>;
  readonly buriedOf: (stream: string) => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly claimAfterMs?: number;
}

interface Batch {
  readonly stream: string;
  readonly entries: readonly WaitingGrant[];
}

const group = 'filers';

export function createGrantDrain(world: World) {
  const { connection: client, consumer, log } = world;
  const dirty = new Set<string>(world.streams);
  /** Streams of which we hold entries that were read and not filed. */
  const held = new Set<string>();
  const remembered = createRememberedGrants();
  let running: Promise<void> | null = null;
  let isStopped = false;
  let isFailing = false;

  function start(): Promise<void> {
    running ??= run().finally(() => {
      running = null;
      if (dirty.size > 0 && !isFailing && !isStopped) start();
    });
    return running;
  }

  /** Rounds of reading and filing until nothing is new; grants that come meanwhile gather for the next round. */
  async function run(): Promise<void> {
    let streams: readonly string[] = [];
    try {
      while (dirty.size > 0 && !isStopped) {
        streams = [...dirty];
        dirty.clear();
        await fileAll(await Promise.all(streams.map(read)));
      }
      isFailing = false;
    } catch (fault) {
      // What was read, or may have been, is ours until it is filed.
      for (const stream of streams) held.add(stream);
      if (!isFailing) log.warn({ err: faultFacts(fault) }, 'grants-not-drained');
      isFailing = true;
    }
  }

  /** `>` reads what nobody has read, `0` what this process read before and has not taken off. */
  async function read(stream: string): Promise<Batch> {
    const from = held.has(stream) ? '0' : '>';
    const entries = await readGroup(client, stream, consumer, from);
    if (from === '0' && entries.length === 0) held.delete(stream);
    if (from === '0' || entries.length > 0) dirty.add(stream);
    return { stream, entries };
  }

  async function fileAll(batches: readonly Batch[]): Promise<void> {
    const full = batches.filter(({ entries }) => entries.length > 0);
    const grants = full.flatMap(({ entries }) => entries.map(({ record }) => record));
    try {
      await world.file(grants.filter((grant) => grant !== null));
      if (!grants.includes(null)) return void (await Promise.all(full.map(takeOff)));
    } catch (fault) {
      if (!isRefusal(fault)) throw fault;
    }
    for (const batch of full) await fileSingly(batch);
  }

  /** One bad entry must not hold up the others: it is put aside, and somebody is told. */
  async function fileSingly({ stream, entries }: Batch): Promise<void> {
    for (const entry of entries) {
      if (!(await isTaken(entry))) {
        log.error({ stream, entryId: entry.entryId, leaseId: entry.record?.lease?.id }, 'grant-buried');
        await client.xadd(world.buriedOf(stream), 'MAXLEN', '~', limits.buriedGrantsMax, '*', ...entry.fields);
      }
      await takeOff({ stream, entries: [entry] });
    }
  }

  async function isTaken({ record }: WaitingGrant): Promise<boolean> {
    if (record === null) return false;
    try {
      await world.file([record]);
      return true;
    } catch (fault) {
      if (isRefusal(fault)) return false;
      throw fault;
    }
  }

  async function takeOff({ stream, entries }: Batch): Promise<void> {
    for (const { record } of entries) if (record !== null) remembered.forget(record);
    const ids = entries.map(({ entryId }) => entryId);
    await Promise.all([client.xack(stream, group, ...ids), client.xdel(stream, ...ids)]);
  }

  /** Entries that a consumer read and never took off. */
  async function claimLeft(stream: string): Promise<void> {
    const idle = world.claimAfterMs ?? limits.grantClaimAfterMs;
    for (let from = '0-0'; ; ) {
      const answer = await client.xautoclaim(stream, group, consumer, idle, from, 'COUNT', limits.grantsPerFiling);
      const [next, raw] = answer as unknown as [string, RawEntry[]];
      if (raw.length > 0) held.add(stream);
      await fileAll([{ stream, entries: raw.map(readEntry) }]);
      if (next === '0-0') break;
      from = next;
    }
    await forgetConsumers(client, stream, consumer);
  }

  return Object.freeze({
    /** A grant was written to this stream; it is remembered until the record has it. */
    note(stream: string, record: GrantRecord): void {
      remembered.note(record, world.clock.now());
      dirty.add(stream);
      // While it fails, the tick tries again.
      if (!isFailing) start();
    },
    /** Looks at every stream. Resolves when nothing is left, or when it cannot go on now. */
    drainAll(): Promise<void> {
      for (const stream of world.streams) dirty.add(stream);
      isFailing = false;
      return start();
    },
    /** Takes over what dead consumers have read. */
    async claim(): Promise<void> {
      try {
        await Promise.all(world.streams.map(claimLeft));
      } catch (fault) {
        log.warn({ err: faultFacts(fault) }, 'grants-not-claimed');
      }
    },
    /** Files what this process remembers, without Redis. */
    async rescue(): Promise<void> {
      const records = remembered.all();
      for (let at = 0; at < records.length; at += limits.grantsPerFiling) {
        const part = records.slice(at, at + limits.grantsPerFiling);
        await world.file(part);
        for (const record of part) remembered.forget(record);
      }
    },
    /** Ends after the round under way. */
    async stop(): Promise<void> {
      isStopped = true;
      await running;
    },
  });
}

/** SQLSTATE classes 22 and 23: the rows themselves are at fault. */
function isRefusal(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && /^2[23]/.test(String(fault.code));
}

async function readGroup(
  client: Redis | Cluster,
  stream: string,
  consumer: string,
  from: '0' | '>',
): Promise<WaitingGrant[]> {
  const ask = () =>
    client.xreadgroup('GROUP', group, consumer, 'COUNT', limits.grantsPerFiling, 'STREAMS', stream, from);
  const answer = await ask().catch(async (fault: unknown) => {
    if (!(fault instanceof Error && fault.message.startsWith('NOGROUP'))) throw fault;
    await makeGroup(client, stream);
    return ask();
  });
  const [first] = (answer ?? []) as [string, RawEntry[]][];
  return (first?.[1] ?? []).filter(([, fields]) => fields !== null).map(readEntry);
}

async function makeGroup(client: Redis | Cluster, stream: string): Promise<void> {
  await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch((fault: unknown) => {
    if (!(fault instanceof Error && fault.message.startsWith('BUSYGROUP'))) throw fault;
  });
}

/** Each start is a new consumer, so those that have nothing left and were not seen for long are taken off the list. */
async function forgetConsumers(client: Redis | Cluster, stream: string, own: string): Promise<void> {
  const rows = (await client.xinfo('CONSUMERS', stream, group)) as unknown[][];
  for (const row of rows) {
    const facts = new Map(Array.from({ length: row.length / 2 }, (_, at) => [row[2 * at], row[2 * at + 1]]));
    const isOver = facts.get('pending') === 0 && Number(facts.get('idle')) > limits.grantConsumerForgottenMs;
    if (isOver && facts.get('name') !== own)
      await client.xgroup('DELCONSUMER', stream, group, String(facts.get('name')));
  }
}
