/**
 * The gateway as operators run it: a process of its own on a folder of its own, which a test may kill at any moment and
 * start again. Readiness is read from what it prints, so nothing is polled.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** How a process ended: its exit code or the signal, and what it said on standard error. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of many routes; a wrong name fails the assertion
  readonly body: any;
}

export interface Ask {
  readonly method?: 'GET' | 'POST';
  readonly key: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ChildGateway {
  readonly url: string;
  readonly folder: string;
  /** Starts it on its folder and port; resolves when it takes requests. Rejects when it exits instead. */
  start(): Promise<void>;
  /** Resolves while it runs, or when the start that replaces a killed one is done. */
  up(): Promise<void>;
  /** kill -9, and the next start at once after the process is gone. */
  killAndRestart(): Promise<void>;
  /** Sends a signal and waits for the end; the end of a process that has ended already is told again. */
  end(signal: NodeJS.Signals): Promise<Exit>;
  /** One request to the API. Rejects when no answer came. */
  ask(path: string, ask: Ask): Promise<Answer>;
}

const root = resolve(import.meta.dirname, '../..');
const answerWithinMs = 15_000;

/** A gateway that is not started yet. `env` are settings beside the folder and the port. */
export function createChildGateway(options: {
  readonly folder: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}): ChildGateway {
  const { folder, port } = options;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  let exited: Promise<Exit> = Promise.resolve({ code: null, signal: null, stderr: 'never started' });
  let starting: Promise<void> = Promise.resolve();

  function start(): Promise<void> {
    const running = spawn(process.execPath, ['src/main.ts'], {
      cwd: root,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', ...options.env, DATA_DIR: folder, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = running;
    exited = exitOf(running);
    starting = Promise.race([saysItRuns(running), exited.then(refuseToStart)]);
    starting.catch(() => undefined);
    return starting;
  }

  function end(signal: NodeJS.Signals): Promise<Exit> {
    child?.kill(signal);
    return exited;
  }

  return Object.freeze({
    url,
    folder,
    start,
    end,
    up: () => starting,
    killAndRestart: () => {
      starting = end('SIGKILL').then(start);
      return starting;
    },
    async ask(path: string, { method = 'GET', key, body, headers }: Ask): Promise<Answer> {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          connection: 'close',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(answerWithinMs),
      });
      return { status: response.status, body: await response.json() };
    },
  });
}

/** A port of loopback nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('a port has no number');
  return address.port;
}

function saysItRuns(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((running) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes('Ctrl-C stops it.')) running();
    });
  });
}

function exitOf(child: ChildProcess): Promise<Exit> {
  let stderr = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  return new Promise((ended) => {
    child.on('close', (code, signal) => ended({ code, signal, stderr }));
  });
}

function refuseToStart({ code, signal, stderr }: Exit): never {
  throw new Error(`the gateway ended while starting (${signal ?? `code ${code}`}): ${stderr}`);
}
