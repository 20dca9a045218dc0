/**
 * The ends of a process and what the next one finds: SIGTERM answers what it has taken, a held folder is refused with a
 * reason, and the lock of a killed process is no obstacle.
 */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { type ChildGateway, createChildGateway, freePort } from '../support/child-gateway.ts';
import { openVisit, prepareFolder, readKeys } from './busy-shop.ts';

const base = inject('stores').folder;
const prepared = join(base, 'drain-prepared');
let copies = 0;

beforeAll(() => prepareFolder(join(base, 'template'), prepared));

async function newFolder(): Promise<string> {
  copies += 1;
  const folder = join(base, `drain-${copies}`);
  await cp(prepared, folder, { recursive: true });
  return folder;
}

async function gatewayOn(folder: string): Promise<ChildGateway> {
  const gateway = createChildGateway({ folder, port: await freePort() });
  onTestFinished(async () => void (await gateway.end('SIGKILL')));
  return gateway;
}

test('SIGTERM under load: what was taken is answered and kept, the process ends with 0 and leaves no lock', async () => {
  const gateway = await gatewayOn(await newFolder());
  await gateway.start();
  const keys = await readKeys(gateway.folder);
  const first = Promise.withResolvers<void>();
  const loads = Array.from({ length: 40 }, () =>
    openVisit(gateway, keys).then(
      (visit) => {
        first.resolve();
        return visit;
      },
      (fault: unknown) => fault,
    ),
  );
  await first.promise;
  const exit = await gateway.end('SIGTERM');
  expect(exit).toMatchObject({ code: 0, signal: null });
  expect(existsSync(join(gateway.folder, 'pg.lock'))).toBe(false);
  const results = await Promise.all(loads);
  const answered = results.flatMap((result) => (result instanceof Error ? [] : [result as { visitId: string }]));
  process.stdout.write(`SIGTERM with 40 requests under way: ${answered.length} answered 201\n`);
  // Whoever comes once the draining has begun may be sent away, but never cut off.
  const cutOff = results.filter((result) => /reset|closed|terminated/.test(causeOf(result)));
  expect(cutOff).toEqual([]);
  await gateway.start();
  for (const { visitId } of answered)
    expect(await gateway.ask(`/v1/visits/${visitId}`, { key: keys.secretKey })).toMatchObject({ status: 200 });
}, 40_000);

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
});

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
});

function causeOf(result: unknown): string {
  if (!(result instanceof Error)) return '';
  const cause = result.cause instanceof Error ? result.cause.message : '';
  return `${result.message} ${cause}`;
}
