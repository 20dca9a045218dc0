/**
 * Redis servers of a test's own, which it may kill and start again: alone with append-only files, or three as a cluster.
 * Killed after the test, whatever became of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { freePort } from './child-gateway.ts';

export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  /** Starts it on its files; resolves when it takes commands. */
  start(): Promise<void>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Stops it without killing it: nothing is answered until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** A server that is not started yet; `args` as on redis-server's command line. */
export async function createOwnRedis(args: readonly string[]): Promise<OwnRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(inject('stores').folder, 'redis-'));
  let child: ChildProcess | null = null;
  return Object.freeze({
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      const running = spawn('redis-server', [...own, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      child = running;
      const endWithTheRunner = () => running.kill('SIGKILL');
      process.once('exit', endWithTheRunner);
      running.once('close', () => process.off('exit', endWithTheRunner));
      await new Promise<void>((ready, failed) => {
        running.on('error', failed);
        running.on('exit', (code) => failed(new Error(`redis-server ended with ${code}`)));
        running.stdout.on('data', (bytes: Buffer) => {
          if (bytes.toString().includes('Ready to accept connections')) ready();
        });
      });
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  });
}

/** Three nodes that share the slots, ready for use; the caller kills them. */
export async function startCluster(): Promise<readonly OwnRedis[]> {
  const nodes = await Promise.all(
    [0, 1, 2].map(() => createOwnRedis(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'])),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    const share = 16_384 / 3;
    await Promise.all(
      clients.map((client, index) =>
        client.call('CLUSTER', 'ADDSLOTSRANGE', Math.ceil(index * share), Math.ceil((index + 1) * share) - 1),
      ),
    );
    const [first] = clients;
    for (const { port } of nodes.slice(1)) await first?.call('CLUSTER', 'MEET', '127.0.0.1', port);
    const isWhole = async (client: Redis) => {
      const facts = String(await client.call('CLUSTER', 'INFO'));
      return facts.includes('cluster_state:ok') && facts.includes('cluster_known_nodes:3');
    };
    while (!(await Promise.all(clients.map(isWhole))).every(Boolean)) await clients[0]?.ping();
  } finally {
    for (const client of clients) client.disconnect();
  }
  return nodes;
}
