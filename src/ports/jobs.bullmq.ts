/**
 * Wakes on BullMQ, which runs on Redis or, without one, on the record's own PostgreSQL. One queue carries nothing but
 * lane names; a job that is lost, doubled or fails costs nothing, because the outbox is the truth and the sweep reads
 * it. So jobs leave nothing behind, are not retried, and a queue that is away is never waited for: a process follows its
 * own wakes as far as its hands go (`own-wakes.timer.ts`), and sweeps by itself when the queue's schedule is silent.
 */
import type { Job, WorkerOptions } from 'bullmq';
import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import type { JobPool } from './database.ts';
import type { Jobs, Wake } from './jobs.ts';
import { createOwnWakes, type OwnWakes } from './own-wakes.timer.ts';

/** Where the queue lives. `keyPrefix` must hold one `{hash tag}`, so that Redis Cluster keeps a queue in one slot. */
export type JobBackend =
  | { readonly kind: 'postgres'; readonly pool: JobPool }
  | { readonly kind: 'redis'; readonly url: string; readonly keyPrefix?: string };

type Work = Parameters<Jobs['start']>[0];
type LaneQueue = Pick<Queue, 'addBulk' | 'upsertJobScheduler' | 'close'>;
interface LaneWorker {
  waitUntilReady(): Promise<void>;
  close(): Promise<void>;
  on(event: 'error', listener: (fault: Error) => void): unknown;
  on(event: 'failed', listener: (job: unknown, fault: Error) => void): unknown;
}
type Processor = (job: Pick<Job<{ lane: string }>, 'name' | 'data'>) => Promise<void>;

/** A queue with its worker, not yet made, and the connections to shut after them. */
interface Bench {
  readonly queue: LaneQueue;
  startWorker(processor: Processor, concurrency: number): LaneWorker;
  disconnect(): void;
}

type LogFault = (fault: unknown, event: string) => void;

const jobOptions = Object.freeze({ removeOnComplete: true, removeOnFail: true, attempts: 1 });
const queueOptions = Object.freeze({
  defaultJobOptions: jobOptions,
  streams: { events: { maxLen: limits.jobEventsMax } },
});

/** Makes or renews BullMQ's tables in the schema `bullmq`; safe to run in many processes at once. */
export async function migrateJobs(pool: JobPool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, 'bullmq');
  } finally {
    client.release();
  }
}

/** Opens the queue `queueName`. Faults nobody waits for go to `logFault` with a constant event name. */
export function createJobs(world: {
  readonly backend: JobBackend;
  readonly queueName: string;
  readonly logFault: LogFault;
  /** How often the sweep's schedule is posted again, in case the queue has lost it; limits.jobScheduleRenewEveryMs. */
  readonly renewEveryMs?: number;
}): Jobs {
  const { queueName, renewEveryMs = limits.jobScheduleRenewEveryMs } = world;
  let isClosed = false;
  // BullMQ's listeners stay on a pool it was given: what befalls the pool later is not the jobs' concern.
  const logFault: LogFault = (fault, event) => (isClosed ? undefined : world.logFault(fault, event));
  const bench =
    world.backend.kind === 'redis'
      ? redisBench(world.backend, queueName, logFault)
      : postgresBench(world.backend.pool, queueName, logFault);
  let worker: LaneWorker | null = null;
  let own: OwnWakes | null = null;
  let closing: Promise<void> | null = null;
  const timers: NodeJS.Timeout[] = [];
  const wake = async (wakes: readonly Wake[]) => {
    const others = own === null ? wakes : own.take(wakes);
    try {
      await postWakes(bench.queue, others);
    } catch (fault) {
      if (own === null) throw fault;
      own.takeBack(others);
    }
  };
  return Object.freeze({
    wake,
    async start(work: Work) {
      if (worker !== null) throw new Error('the jobs have been started already');
      const hands = createOwnWakes({
        hands: work.concurrency,
        handler: work.handler,
        pass: (passed) => void wake([passed]),
        logFault,
      });
      const sweeper = createSweeper(work, logFault);
      const lane = (name: string) => hands.lend(() => work.handler(name));
      worker = bench.startWorker(
        (job) => (job.name === 'sweep' ? sweeper.sweep() : lane(job.data.lane)),
        work.concurrency,
      );
      await worker.waitUntilReady();
      own = hands;
      await scheduleSweep(bench.queue, work.sweepEveryMs);
      const renew = () =>
        scheduleSweep(bench.queue, work.sweepEveryMs).catch((fault: unknown) => logFault(fault, 'sweep-not-scheduled'));
      timers.push(setInterval(renew, renewEveryMs).unref(), setInterval(sweeper.look, work.sweepEveryMs).unref());
    },
    close() {
      for (const timer of timers) clearInterval(timer);
      closing ??= closeAll(bench, worker, own).finally(() => {
        isClosed = true;
      });
      return closing;
    },
  });
}

async function postWakes(queue: LaneQueue, wakes: readonly Wake[]): Promise<void> {
  if (wakes.length === 0) return;
  const jobs = wakes.map(({ lane, delayMs = 0 }) => ({ name: 'wake', data: { lane }, opts: { delay: delayMs } }));
  const posted = queue.addBulk(jobs);
  // After the deadline the posting may still succeed or fail; either is as good as the other by then.
  posted.catch(() => undefined);
  await within(limits.jobPostTimeoutMs, posted);
}

/**
 * All processes share the one schedule of this name. Redis may lose it (a flush, a restart without its files), and the
 * sweep is what makes lost wakes harmless, so each process posts it again from time to time; that changes nothing when
 * it is there.
 */
async function scheduleSweep(queue: LaneQueue, everyMs: number): Promise<void> {
  await queue.upsertJobScheduler('sweep', { every: everyMs }, { name: 'sweep', opts: jobOptions });
}

/**
 * A sweep that finds the last one still running leaves: the running one will see what it would have seen. `look` comes
 * as often as a sweep should, and makes one when the queue has brought none for some rounds.
 */
function createSweeper(work: Work, logFault: LogFault) {
  let isSweeping = false;
  let roundsMissed = 0;
  const sweepHere = async () => {
    if (isSweeping) return;
    isSweeping = true;
    try {
      await work.sweep();
    } catch (fault) {
      logFault(fault, 'sweep-failed');
    } finally {
      isSweeping = false;
    }
  };
  return {
    sweep() {
      roundsMissed = 0;
      return sweepHere();
    },
    look() {
      roundsMissed += 1;
      if (roundsMissed > limits.sweepRoundsMissedMax) void sweepHere();
    },
  };
}

/**
 * What this process has not begun is left to the others. Its own hands do the queue's work too, so once they are empty
 * the worker has only its books to close: one whose Redis is away would wait for it, and is not waited for.
 */
async function closeAll(bench: Bench, worker: LaneWorker | null, own: OwnWakes | null): Promise<void> {
  try {
    const ended = worker?.close();
    const left = (await own?.close()) ?? [];
    await within(limits.jobCloseTimeoutMs, Promise.resolve(ended)).catch(() => undefined);
    await postWakes(bench.queue, left).catch(() => undefined);
    await within(limits.jobCloseTimeoutMs, bench.queue.close()).catch(() => undefined);
  } finally {
    bench.disconnect();
  }
}

function workerOptions(concurrency: number) {
  return {
    concurrency,
    lockDuration: limits.jobLockMs,
    stalledInterval: limits.jobStalledCheckEveryMs,
    drainDelay: limits.jobBlockSeconds,
  } satisfies Partial<WorkerOptions>;
}

function watchWorker(worker: LaneWorker, logFault: LogFault): LaneWorker {
  worker.on('error', (fault) => logFault(fault, 'job-worker-fault'));
  worker.on('failed', (_job, fault) => logFault(fault, 'wake-handler-failed'));
  return worker;
}

function postgresBench(pool: JobPool, queueName: string, logFault: LogFault): Bench {
  const queue = new Queue(queueName, { connection: pool, ...queueOptions }, createPostgresBackend);
  queue.on('error', (fault) => logFault(fault, 'job-queue-fault'));
  return {
    queue,
    startWorker: (processor, concurrency) =>
      watchWorker(
        new Worker(queueName, processor, { connection: pool, ...workerOptions(concurrency) }, createPostgresBackend),
        logFault,
      ),
    disconnect: () => undefined,
  };
}

/**
 * The queue's connection refuses commands while Redis is away, so that a wake fails at once; the worker's waits for it,
 * as BullMQ demands. BullMQ leaves connections it was given open, so they are shut here.
 */
function redisBench(backend: { url: string; keyPrefix?: string }, queueName: string, logFault: LogFault): Bench {
  const connections: Redis[] = [];
  const connect = (options: { enableOfflineQueue: boolean }) => {
    const connection = new Redis(backend.url, {
      ...options,
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(times * 100, limits.redisReconnectPauseMsMax),
    });
    // BullMQ passes these on to its own 'error' events; without a listener of ours ioredis would print them.
    connection.on('error', () => undefined);
    connections.push(connection);
    return connection;
  };
  const prefix = backend.keyPrefix ?? '{lk}';
  const queue = new Queue(queueName, {
    connection: connect({ enableOfflineQueue: false }),
    prefix,
    ...queueOptions,
  });
  queue.on('error', (fault) => logFault(fault, 'job-queue-fault'));
  return {
    queue,
    startWorker: (processor, concurrency) =>
      watchWorker(
        new Worker(queueName, processor, {
          connection: connect({ enableOfflineQueue: true }),
          prefix,
          ...workerOptions(concurrency),
        }),
        logFault,
      ),
    disconnect() {
      for (const connection of connections) connection.disconnect();
    },
  };
}

async function within<Value>(timeoutMs: number, value: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the job queue did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
