/** Processes that the lease benchmark starts: servers that say when they are ready, and tools whose output is read. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface StartedServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** As `npm start` runs the gateway. */
export const gatewayProgram = ['--max-semi-space-size=64', 'src/main.ts'] as const;

type Environment = Readonly<Record<string, string>>;

/** Starts a program that prints an address when it is ready; `ready` finds it in what was printed. */
export async function startServer(words: readonly string[], env: Environment, ready: RegExp): Promise<StartedServer> {
  const child = spawn(process.execPath, [...words], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  let complained = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complained = `${complained}${bytes.toString()}`.slice(-2_000);
  });
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  let said = '';
  const url = await new Promise<string>((found, failed) => {
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const address = ready.exec(said)?.[1];
      if (address !== undefined) found(address);
    });
    ended.then(() => failed(new Error(`${words.join(' ')} ended before it was ready: ${said}${complained}`)));
  });
  return Object.freeze({ url, stop });
}

/** Runs a program to its end and reads its last line as JSON. */
export async function runTool<Result>(words: readonly string[]): Promise<Result> {
  const child = spawn(process.execPath, [...words], {
    cwd: root,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    complained += bytes.toString();
  });
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`${words[0]} ended with ${code}: ${complained.slice(-2_000)}`);
  return JSON.parse(said.trim().split('\n').at(-1) ?? 'null') as Result;
}
