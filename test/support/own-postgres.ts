/**
 * A PostgreSQL server of a test's own, which it may kill and start again: made by initdb in a folder of its own, with
 * fsync on, run as the user postgres when the test is root's. Dead after the test, whatever became of it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { freePort } from './child-gateway.ts';

const run = promisify(execFile);
const programs = '/usr/lib/postgresql';

export interface OwnPostgres {
  readonly url: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** kill -9 of all its processes; resolves when they are gone. */
  kill(): Promise<void>;
}

/** Where initdb and postgres are; null when they are not installed. */
export async function findPostgresPrograms(): Promise<string | null> {
  const versions = await readdir(programs).catch(() => []);
  const latest = versions.sort((left, right) => Number(left) - Number(right)).at(-1);
  return latest === undefined ? null : join(programs, latest, 'bin');
}

/** A server that is not started yet, its files made by the programs in `bin`. */
export async function createOwnPostgres(bin: string): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-postgres-'));
  const asWhom = process.getuid?.() === 0 ? await becomePostgres(folder) : [];
  const [program = '', ...before] = [...asWhom, join(bin, 'initdb')];
  await run(program, [...before, '-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8']);
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const words = ['-D', join(folder, 'data'), '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
    const [postgres = '', ...first] = [...asWhom, join(bin, 'postgres')];
    const running = spawn(postgres, [...first, ...words, '-c', 'fsync=on', '-c', 'shared_buffers=32MB'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = running;
    const endWithTheRunner = () => running.kill('SIGKILL');
    process.once('exit', endWithTheRunner);
    running.once('close', () => process.off('exit', endWithTheRunner));
    let said = '';
    await new Promise<void>((ready, failed) => {
      running.once('close', () => failed(new Error(`postgres has ended: ${said}`)));
      running.stderr.on('data', (bytes: Buffer) => {
        said = `${said}${bytes.toString()}`.slice(-4_000);
        if (said.includes('database system is ready to accept connections')) ready();
      });
    });
  }

  async function kill(): Promise<void> {
    const dying = child;
    child = null;
    if (dying?.pid === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = once(dying, 'exit');
    const family = [dying.pid, ...(await childrenOf(dying.pid))];
    for (const pid of family) killIfThere(pid);
    await gone;
    while ((await Promise.all(family.map(isRunning))).includes(true)) await pass(2);
  }

  onTestFinished(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  return Object.freeze({ url: `postgres://postgres@127.0.0.1:${port}/postgres`, start, kill });
}

/** The server refuses to be root's: the folder is given away, and a program is put before it that changes the user. */
async function becomePostgres(folder: string): Promise<string[]> {
  const [user, group] = await Promise.all(
    ['-u', '-g'].map(async (what) => (await run('id', [what, 'postgres'])).stdout),
  );
  await chown(folder, Number(user), Number(group));
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
}

async function childrenOf(parent: number): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(all.map(async (pid) => ({ pid: Number(pid), stat: await statOf(Number(pid)) })));
  return stats.flatMap(({ pid, stat }) => (stat?.parent === parent ? [pid] : []));
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await statOf(pid);
  return stat !== null && stat.state !== 'Z';
}

async function statOf(pid: number): Promise<{ readonly state: string; readonly parent: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const [state, parent] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === undefined ? null : { state, parent: Number(parent) };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
