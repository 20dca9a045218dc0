/**
 * A Redis of the benchmark's own, run as production's should be (`docs/scaling.md`): append-only, fsynced each second, and
 * its file rewritten when it has grown for minutes, not for seconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface BenchRedis {
  readonly url: string;
  /** What its data takes in memory. */
  usedBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Null when there is no redis-server to start. */
export async function startBenchRedis(): Promise<BenchRedis | null> {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-bench-redis-'));
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--dir', folder];
  const durable = ['--appendfsync', 'everysec', '--auto-aof-rewrite-min-size', '1gb'];
  const child = spawn('redis-server', [...words, ...durable, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
  const ended = new Promise<void>((done) => {
    child.once('error', () => done());
    child.once('close', () => done());
  });
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  const stop = async () => {
    redis.disconnect();
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const answered = await Promise.race([redis.ping().then(() => true), ended.then(() => false)]);
  if (!answered || hasFailed(child)) {
    await stop();
    return null;
  }
  return Object.freeze({
    url: `redis://127.0.0.1:${port}`,
    usedBytes: async () => Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0),
    stop,
  });
}

function hasFailed(child: ChildProcess): boolean {
  return child.pid === undefined;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('a port has no number');
  return address.port;
}
