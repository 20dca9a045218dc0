/**
 * The command line as a person meets it: a process of its own, its two outputs and its exit code.
 */
import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { loadSettings } from '../config/load.ts';
import { startGateway } from '../src/gateway/start-gateway.ts';

const program = join(import.meta.dirname, '../src/cli.ts');
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: 60_000 };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [program, ...args], options)) };
  } catch (fault) {
    return fault as Ran;
  }
}

/** A migrated, empty data folder. */
async function freshFolder(name: string): Promise<string> {
  const base = inject('stores').folder;
  const folder = join(base, `${name}-${process.pid}`);
  await cp(join(base, 'template'), folder, { recursive: true });
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(folder: string, demo = 'on') {
  const loaded = loadSettings({ DATA_DIR: folder, PORT: '0', DEMO: demo });
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  const gateway = await startGateway(loaded.settings, pino({ level: 'silent' }));
  undo.push(() => gateway.close());
  return gateway;
}

// Programs are started one after the other, which takes as long as the machine is busy with others.
vi.setConfig({ testTimeout: 60_000 });

test('help lists the commands', async () => {
  const { code, stdout } = await run(['help']);
  expect(code).toBe(0);
  for (const word of ['start', 'migrate', 'keys', 'enterprise', 'import-numbers', 'simulate', 'listen'])
    expect(stdout).toContain(`  ${word} `);
});

test('an unknown command, an unknown option and a missing kind end with 2 and the cure', async () => {
  const unknown = await run(['mirgate']);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('"linekeeper help" lists them');
  expect(await run(['migrate', '--loud'])).toMatchObject({ code: 2 });
  expect((await run(['keys'])).stderr).toContain('--kind publishable or --kind secret');
  expect((await run(['enterprise', 'add'])).stderr).toContain('enterprise add --name NAME');
});

test('settings that need mending are told as npm start tells them', async () => {
  const { code, stderr } = await run(['migrate'], { PORT: 'many' });
  expect(code).toBe(2);
  expect(stderr).toMatch(/these settings need mending\.\n {2}PORT is "many": /);
});

test('a record without an enterprise has nobody to make a key for', async () => {
  const { code, stderr } = await run(['keys', '--kind', 'secret'], { DATA_DIR: await freshFolder('empty') });
  expect(code).toBe(1);
  expect(stderr).toContain('linekeeper enterprise add --name NAME');
});

test('a lost key is replaced: not beside a running gateway, but once it has stopped', async () => {
  const folder = await freshFolder('keys');
  const first = await start(folder);
  const beside = await run(['keys', '--kind', 'secret'], { DATA_DIR: folder });
  expect(beside).toMatchObject({ code: 1, stdout: '' });
  expect(beside.stderr).toContain(`is in use by process ${process.pid}`);
  await first.close();
  const made = await run(['keys', '--kind', 'secret'], { DATA_DIR: folder });
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sk_[\w-]{43}\n$/) });
  const { url } = await start(folder);
  const headers = { authorization: `Bearer ${made.stdout.trim()}` };
  expect((await fetch(`${url}/v1/numbers`, { headers })).status).toBe(200);
});

test('an enterprise is made with keys that work, and its numbers come from a file', async () => {
  const folder = await freshFolder('enterprise');
  const env = { DATA_DIR: folder };
  const made = await run(['enterprise', 'add', '--name', 'Acme'], env);
  const [, id, publishable, secret] =
    /^enterprise=(ent_\w{26})\npublishable_key=(pk_[\w-]{43})\nsecret_key=(sk_[\w-]{43})\n$/.exec(made.stdout) ?? [];
  expect([made.code, id, publishable, secret]).toEqual([0, id, expect.any(String), expect.any(String)]);
  const file = join(folder, 'numbers.csv');
  const lines = Array.from(
    { length: 250 },
    (_, line) => `+1${300 + Math.floor(line / 100)}55501${String(line % 100).padStart(2, '0')}`,
  );
  await writeFile(file, `number,carrier\n${lines.map((number) => `${number},sandbox`).join('\n')}\n`);
  const importing = ['import-numbers', file];
  const imported = await run(importing, env);
  expect(imported).toMatchObject({ code: 0, stdout: '250 numbers added, 0 there before.\n' });
  expect(imported.stderr).toBe(
    '200 of 250 rows: 200 added, 0 there before\n250 of 250 rows: 250 added, 0 there before\n',
  );
  const { url } = await start(folder, 'off');
  const answer = await fetch(`${url}/v1/numbers?limit=200`, { headers: { authorization: `Bearer ${secret}` } });
  expect(((await answer.json()) as { items: unknown[] }).items).toHaveLength(200);
});
