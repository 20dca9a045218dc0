/** A file of numbers brought into the record: checked whole, written in batches, gone on with where it was stopped. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { addEnterprise } from '../../src/gateway/add-enterprise.postgres.ts';
import { type FileImport, importFile, type Progress } from '../../src/gateway/import-file.file.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Database } from '../../src/ports/database.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Tables } from '../../src/records/schema.ts';
import { nextPhone } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function setup(database: Database<Tables>, lines: readonly string[]) {
  const world = { database, db: database.kysely, clock: systemClock, randomBytes, log: silentLog };
  const { id: enterpriseId } = await addEnterprise(world, 'Acme');
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-import-'));
  folders.push(folder);
  const path = join(folder, 'numbers.csv');
  const write = (text: readonly string[]) => writeFile(path, `number\n${text.join('\n')}\n`);
  await write(lines);
  const told: Progress[] = [];
  const run = (more: Partial<FileImport> = {}) =>
    importFile(world, {
      path,
      enterpriseId,
      defaults: { carrier: 'sandbox' },
      dryRun: false,
      progress: (progress) => told.push(progress),
      isStopped: () => false,
      ...more,
    });
  const count = async () =>
    (await world.db.selectFrom('number').select('id').where('enterprise_id', '=', enterpriseId).execute()).length;
  return { run, count, told, write };
}

const phones = (count: number) => Array.from({ length: count }, () => nextPhone() as string);

onEveryStore('a file of numbers', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('that was stopped after a batch goes on where it was, and a third run changes nothing', async () => {
    const { run, count, told } = await setup(database, phones(450));
    const stopped = await run({ isStopped: () => told.length === 1 });
    expect(stopped).toEqual({ kind: 'stopped', rows: 200, of: 450, added: 200, kept: 0 });
    expect(await count()).toBe(200);
    expect(await run()).toEqual({ kind: 'done', rows: 450, of: 450, added: 250, kept: 200 });
    expect(await run()).toEqual({ kind: 'done', rows: 450, of: 450, added: 0, kept: 450 });
    expect(await count()).toBe(450);
  });

  test('with a fault in its last line brings in nothing, and the line is named', async () => {
    const { run, count, write } = await setup(database, [...phones(250), '5035550102']);
    expect(await run()).toMatchObject({ kind: 'faults', faults: [{ field: 'line 252: number' }], more: 0 });
    expect(await count()).toBe(0);
    await write(phones(1));
    expect(await run()).toMatchObject({ kind: 'done', added: 1 });
  });

  test('names at most fifty faults and counts the others', async () => {
    const { run } = await setup(
      database,
      Array.from({ length: 60 }, (_, line) => `x${line}`),
    );
    expect(await run()).toMatchObject({ kind: 'faults', faults: { length: 50 }, more: 10 });
  });

  test('is only checked in a dry run, and one without numbers is refused', async () => {
    const { run, count, write } = await setup(database, phones(3));
    expect(await run({ dryRun: true })).toMatchObject({ kind: 'checked', of: 3 });
    await write([]);
    expect(await run()).toMatchObject({ kind: 'faults', faults: [{ field: 'file' }] });
    expect(await count()).toBe(0);
  });

  test('that is not there is a fault of its own', async () => {
    const { run } = await setup(database, phones(1));
    await expect(run({ path: join(tmpdir(), 'linekeeper-no-such-file.csv') })).rejects.toThrow('ENOENT');
  });
});
