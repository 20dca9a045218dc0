/**
 * The ends of a process and what the next one finds: SIGTERM answers what it has taken, a held folder is refused with a
 * reason, and the lock of a killed process is no obstacle.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
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

test('a receiver that does not answer keeps no process from ending', async () => {
  const folder = await newFolder();
  const gateway = createChildGateway({ folder, port: await freePort(), env: { DRAIN_TIMEOUT_MS: '3000' } });
  const receiver = createServer();
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  await gateway.start();
  const key = (await readKeys(folder)).secretKey;
  const { port } = receiver.address() as AddressInfo;
  await gateway.ask('/v1/endpoints', { method: 'POST', key, body: { url: `http://127.0.0.1:${port}/` } });
  const asked = once(receiver, 'request');
  const call = { from: '+12125550142', to: '+15035550101' };
  expect(await gateway.ask('/carriers/sandbox/calls', { method: 'POST', key, body: call })).toMatchObject({
    status: 201,
  });
  await asked;
  expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0 });
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
