/** One data folder, one process: also after kill -9, and when the dead one's number was given to somebody else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedDatabase } from '../src/ports/database.pglite.ts';
import { lockFolder } from '../src/ports/folder-lock.file.ts';
import { storeSchemas } from './support/store-settings.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linekeeper-lock-'));
  file = join(folder, 'pg.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a held folder is refused by name, process and cure', async () => {
  const lock = await lockFolder(folder, file);
  const refusal = lockFolder(folder, file);
  await expect(refusal).rejects.toThrow(folder);
  await expect(lockFolder(folder, file)).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
  await expect(lockFolder(folder, file)).rejects.toThrow('DATABASE_URL');
  await lock.release();
  await (await lockFolder(folder, file)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('the database refuses a folder that is in use before it touches its files', async () => {
  const lock = await lockFolder(folder, file);
  await expect(openEmbeddedDatabase({ folder, ...storeSchemas })).rejects.toThrow('is in use by process');
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that was killed is taken over', async () => {
  const source = new URL('../src/ports/folder-lock.file.ts', import.meta.url).href;
  const script = `const { lockFolder } = await import(${JSON.stringify(source)});
    await lockFolder(${JSON.stringify(folder)}, ${JSON.stringify(file)});
    process.stdout.write('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(lockFolder(folder, file)).rejects.toThrow(`process ${child.pid} `);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lockFolder(folder, file)).release();
});

test.runIf(process.platform === 'linux')(
  'a number that was given to a new process does not keep the lock',
  async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), startTicks: '1' }));
    await (await lockFolder(folder, file)).release();
  },
);

test.each(['', '{', '{"pid":-1}', '{"pid":"1"}'])(
  'a lock that reads %j names no holder and is taken over',
  async (text) => {
    await writeFile(file, text);
    const lock = await lockFolder(folder, file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  },
);

test('of many who ask at once, one gets it', async () => {
  for (let round = 0; round < 30; round += 1) {
    await writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), startTicks: `${round + 1}` }));
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, file)));
    const held = asked.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(held).toHaveLength(1);
    await held[0]?.release();
  }
});
