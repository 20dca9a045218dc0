/**
 * What every queue behind the `Jobs` port promises: run on BullMQ over the embedded database, a PostgreSQL server and
 * Redis. Nothing here waits by the clock; a promise that is not kept ends in the test's own timeout.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { JobBackend } from '../../src/ports/jobs.bullmq.ts';
import { createJobs } from '../../src/ports/jobs.bullmq.ts';
import type { Jobs } from '../../src/ports/jobs.ts';

type Work = Parameters<Jobs['start']>[0];

const anHourMs = 3_600_000;

/** The suite; `openBackend` is called once a test. */
export function jobsSuite(openBackend: () => Promise<JobBackend>): void {
  const running: Jobs[] = [];
  const faults: string[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map((jobs) => jobs.close()));
    faults.length = 0;
  });

  function create(backend: JobBackend, queueName = `q-${randomBytes(5).toString('hex')}`): Jobs {
    const jobs = createJobs({ backend, queueName, logFault: (_fault, event) => faults.push(event) });
    running.push(jobs);
    return jobs;
  }

  async function startNew(work: Partial<Work>): Promise<Jobs> {
    const jobs = create(await openBackend());
    await jobs.start(workOf(work));
    return jobs;
  }

  test('a wake that was posted before anybody worked is handed over at the start', async () => {
    const heard = Promise.withResolvers<string>();
    const jobs = create(await openBackend());
    await jobs.wake([{ lane: 'call:1' }]);
    await jobs.start(workOf({ handler: async (lane) => heard.resolve(lane) }));
    expect(await heard.promise).toBe('call:1');
  });

  test('lone wakes reach an idle worker without waiting for its next poll', { timeout: 4_500 }, async () => {
    // Were each found by polling (every 5 s), the first alone would pass the timeout.
    let heard = Promise.withResolvers<string>();
    const jobs = await startNew({ handler: async (lane) => heard.resolve(lane) });
    for (const lane of ['a', 'b', 'c']) {
      heard = Promise.withResolvers<string>();
      await jobs.wake([{ lane }]);
      expect(await heard.promise).toBe(lane);
    }
  });

  test('a delayed wake comes after one that is due now', async () => {
    const order: string[] = [];
    const both = Promise.withResolvers<void>();
    const jobs = await startNew({
      handler: async (lane) => {
        if (order.push(lane) === 2) both.resolve();
      },
    });
    await jobs.wake([{ lane: 'later', delayMs: 200 }, { lane: 'now' }]);
    await both.promise;
    expect(order).toEqual(['now', 'later']);
  });

  test('the same lane woken twice is handed over twice: wakes are never merged', async () => {
    let times = 0;
    const twice = Promise.withResolvers<void>();
    const handler = async () => {
      times += 1;
      if (times === 2) twice.resolve();
    };
    const jobs = await startNew({ handler });
    await jobs.wake([{ lane: 'call:1' }, { lane: 'call:1' }]);
    await twice.promise;
  });

  test('a handler that throws is reported and the worker goes on', async () => {
    const heard = Promise.withResolvers<void>();
    const handler = async (lane: string) => {
      if (lane === 'broken') throw new Error('no');
      heard.resolve();
    };
    const jobs = await startNew({ handler, concurrency: 1 });
    await jobs.wake([{ lane: 'broken' }]);
    await jobs.wake([{ lane: 'whole' }]);
    await heard.promise;
    expect(faults).toContain('wake-handler-failed');
  });

  test('no more than concurrency handlers run at once', async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    const all = Promise.withResolvers<void>();
    const handler = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      done += 1;
      if (done === 30) all.resolve();
    };
    const jobs = await startNew({ handler, concurrency: 3 });
    await jobs.wake(Array.from({ length: 30 }, (_, n) => ({ lane: `lane:${n}` })));
    await all.promise;
    expect(most).toBeLessThanOrEqual(3);
  });

  test('the sweep is called, and goes on after one that failed', async () => {
    let sweeps = 0;
    const third = Promise.withResolvers<void>();
    const sweep = async () => {
      sweeps += 1;
      if (sweeps === 3) third.resolve();
      if (sweeps === 1) throw new Error('no');
    };
    await startNew({ sweep, sweepEveryMs: 50 });
    await third.promise;
    expect(faults).toContain('sweep-failed');
  });

  test('close waits for the handler under way', async () => {
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    let ended = false;
    const handler = async () => {
      begun.resolve();
      await mayEnd.promise;
      ended = true;
    };
    const jobs = await startNew({ handler });
    await jobs.wake([{ lane: 'call:1' }]);
    await begun.promise;
    const closed = jobs.close();
    mayEnd.resolve();
    await closed;
    expect(ended).toBe(true);
  });

  test('a wake posted by one process is handed over by another', async () => {
    const heard = Promise.withResolvers<string>();
    const backend = await openBackend();
    const queueName = `q-${randomBytes(5).toString('hex')}`;
    const poster = create(backend, queueName);
    const worker = create(backend, queueName);
    await worker.start(workOf({ handler: async (lane) => heard.resolve(lane) }));
    await poster.wake([{ lane: 'call:1' }]);
    expect(await heard.promise).toBe('call:1');
  });

  test('closing an idle queue twice, started or not, ends', async () => {
    const jobs = create(await openBackend());
    await Promise.all([jobs.close(), jobs.close()]);
    const started = await startNew({});
    await Promise.all([started.close(), started.close()]);
    expect(faults).toEqual([]);
  });
}

function workOf(part: Partial<Work>): Work {
  return {
    handler: async () => undefined,
    sweep: async () => undefined,
    concurrency: 16,
    sweepEveryMs: anHourMs,
    ...part,
  };
}
