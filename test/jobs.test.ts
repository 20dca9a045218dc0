/** Wakes keep their promises on every backend, and a queue that is away is not waited for. */
import { describe, expect, test } from 'vitest';
import { createJobs } from '../src/ports/jobs.bullmq.ts';
import { jobsSuite } from './conformance/jobs.ts';
import { deleteKeys, onEveryStore, onRedis } from './support/stores.ts';

onEveryStore('jobs on PostgreSQL', (store) =>
  jobsSuite(async () => ({ kind: 'postgres', pool: (await store.open()).jobPool })),
);

onRedis('jobs on Redis', (redis) => jobsSuite(async () => ({ kind: 'redis', ...redis })));

onRedis('jobs on a Redis that loses its memory', (redis) => {
  test('the sweep and wakes go on', async () => {
    let sweeps = 0;
    let swept = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<string>();
    const jobs = createJobs({
      backend: { kind: 'redis', ...redis },
      queueName: 'forgetful',
      logFault: () => undefined,
      renewEveryMs: 400,
    });
    const sweep = async () => {
      sweeps += 1;
      swept.resolve();
    };
    await jobs.start({ handler: async (lane) => heard.resolve(lane), sweep, concurrency: 1, sweepEveryMs: 100 });
    await swept.promise;
    await deleteKeys(redis);
    swept = Promise.withResolvers<void>();
    const before = sweeps;
    await swept.promise;
    expect(sweeps).toBeGreaterThan(before);
    await jobs.wake([{ lane: 'call:1' }]);
    expect(await heard.promise).toBe('call:1');
    await jobs.close();
  });
});

describe('jobs while Redis is away', () => {
  test('a wake is refused and closing ends', { timeout: 5_000 }, async () => {
    // Port 9 (discard) answers nobody.
    const backend = { kind: 'redis', url: 'redis://127.0.0.1:9' } as const;
    const jobs = createJobs({ backend, queueName: 'away', logFault: () => undefined });
    await expect(jobs.wake([{ lane: 'call:1' }])).rejects.toThrow();
    await jobs.close();
  });
});

onEveryStore('jobs whose database is gone', (store) => {
  test('a wake is refused', { timeout: 5_000 }, async () => {
    const database = await store.open();
    const backend = { kind: 'postgres', pool: database.jobPool } as const;
    const jobs = createJobs({ backend, queueName: 'away', logFault: () => undefined });
    await database.close();
    await expect(jobs.wake([{ lane: 'call:1' }])).rejects.toThrow();
    await jobs.close();
  });
});
