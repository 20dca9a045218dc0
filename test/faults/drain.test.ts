/**
 * The ends of a process and what the next one finds: SIGTERM answers what it has taken, a held folder is refused with a
 * reason, and the lock of a killed process is no obstacle.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { type ChildGateway, createChildGateway, freePort } from '../support/child-gateway.ts';
import { copyFolder, openVisit, prepareFolder, readKeys } from './busy-shop.ts';

const base = inject('stores').folder;
let copies = 0;

/** Migrated; the first start makes the demo in it. */
async function newFolder(fill = copyFolder): Promise<string> {
  copies += 1;
  const folder = join(base, `drain-${copies}`);
  await fill(join(base, 'template'), folder);
  return folder;
}

async function gatewayOn(folder: string): Promise<ChildGateway> {
  return createChildGateway({ folder, port: await freePort() });
}

test('SIGTERM under load: every request under way is answered and kept, the process ends with 0 and leaves no lock', async () => {
  const gateway = await gatewayOn(await newFolder(prepareFolder));
  await gateway.start();
  const keys = await readKeys(gateway.folder);
  const loads = Array.from({ length: 40 }, () => openVisit(gateway, keys));
  await Promise.race(loads);
  const exit = await gateway.end('SIGTERM');
  expect(exit).toMatchObject({ code: 0, signal: null });
  expect(existsSync(join(gateway.folder, 'pg.lock'))).toBe(false);
  const answered = await Promise.all(loads);
  await gateway.start();
  for (const { visitId } of answered)
    expect(await gateway.ask(`/v1/visits/${visitId}`, { key: keys.secretKey })).toMatchObject({ status: 200 });
}, 60_000);

test('a second process on a folder in use ends at once and says who has it', async () => {
  const folder = await newFolder();
  const [holder, second] = [await gatewayOn(folder), await gatewayOn(folder)];
  await holder.start();
  await expect(second.start()).rejects.toThrow('the data folder');
  const exit = await second.end('SIGTERM');
  expect(exit.code).toBe(1);
  expect(exit.stderr).toMatch(/is in use by process \d+ on .*: stop that process, or give this one another folder/);
  const keys = await readKeys(folder);
  expect((await openVisit(holder, keys)).number).toMatch(/^\+1/);
}, 60_000);

test('the lock of a killed process is taken over by the next start', async () => {
  const gateway = await gatewayOn(await newFolder());
  await gateway.start();
  const keys = await readKeys(gateway.folder);
  const before = await openVisit(gateway, keys);
  expect((await gateway.end('SIGKILL')).signal).toBe('SIGKILL');
  expect(existsSync(join(gateway.folder, 'pg.lock'))).toBe(true);
  await gateway.start();
  expect((await gateway.ask(`/v1/visits/${before.visitId}`, { key: keys.secretKey })).status).toBe(200);
  expect((await gateway.end('SIGTERM')).code).toBe(0);
}, 60_000);
