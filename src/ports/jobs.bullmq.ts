/**
 * Wakes on BullMQ, which runs on Redis or, without one, on the record's own PostgreSQL. One queue carries nothing but
 * lane names; a job that is lost, doubled or fails costs nothing, because the outbox is the truth and the sweep reads
 * it. So jobs leave nothing behind, are not retried, and a queue that is away is never waited for.
 */
import type { Job, WorkerOptions } from 'bullmq';
import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import type { JobPool } from './database.ts';
import type { Jobs, Wake } from './jobs.ts';

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
  let closing: Promise<void> | null = null;
  let renewal: NodeJS.Timeout | undefined;
  return Object.freeze({
    wake: (wakes: readonly Wake[]) => postWakes(bench.queue, wakes),
    async start(work: Work) {
      if (worker !== null) throw new Error('the jobs have been started already');
      worker = bench.startWorker(createProcessor(work, logFault), work.concurrency);
      await worker.waitUntilReady();
      await scheduleSweep(bench.queue, work.sweepEveryMs);
      renewal = setInterval(() => {
        scheduleSweep(bench.queue, work.sweepEveryMs).catch((fault: unknown) => logFault(fault, 'sweep-not-scheduled'));
      }, renewEveryMs);
      renewal.unref();
    },
    close() {
      clearInterval(renewal);
      closing ??= closeAll(bench, worker).finally(() => {
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

/** A sweep that finds the last one still running leaves: the running one will see what it would have seen. */
function createProcessor(work: Work, logFault: LogFault): Processor {
  let isSweeping = false;
  return async (job) => {
    if (job.name !== 'sweep') return work.handler(job.data.lane);
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
}

async function closeAll(bench: Bench, worker: LaneWorker | null): Promise<void> {
  try {
    await worker?.close();
    await bench.queue.close();
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
