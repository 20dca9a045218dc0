/**
 * Brings a CSV file of numbers into the record, however long it is. The whole file is checked before anything is
 * written; then it is written in batches, each a transaction of its own. An import that was stopped or died is run
 * again: what is there is kept, the rest is added.
 */
import { createReadStream } from 'node:fs';
import { limits } from '../../config/limits.ts';
import { createChangeNumber } from '../numbers/change-number.ts';
import { createImportNumbers } from '../numbers/import-numbers.ts';
import { readNumberCsv } from '../numbers/number-csv.ts';
import { createNumberPlaces } from '../numbers/number-place.file.ts';
import { createRowReader, type PlacedRow, type RowDefaults } from '../numbers/number-row.ts';
import { pools } from '../numbers/pools.postgres.ts';
import { createStock } from '../numbers/stock.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { Database } from '../ports/database.ts';
import { AppError, type FieldFault } from '../ports/errors.ts';
import { createIds, type EnterpriseId, type RandomBytes } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import { createOutbox } from '../records/outbox.postgres.ts';
import type { Tables } from '../records/schema.ts';
import { createTransact } from '../records/transact.ts';

interface World {
  readonly database: Database<Tables>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

export interface FileImport {
  readonly path: string;
  readonly enterpriseId: EnterpriseId;
  readonly defaults: RowDefaults;
  readonly dryRun: boolean;
  /** Told after each batch. */
  readonly progress: (done: Progress) => void;
  /** Asked before each batch. */
  readonly isStopped: () => boolean;
}

export interface Progress {
  readonly rows: number;
  readonly of: number;
  readonly added: number;
  readonly kept: number;
}

export type FileImported =
  | ({ readonly kind: 'done' | 'checked' | 'stopped' } & Progress)
  | { readonly kind: 'faults'; readonly faults: readonly FieldFault[]; readonly more: number };

export async function importFile(world: World, wish: FileImport): Promise<FileImported> {
  const checked = await check(wish);
  if (checked.faults.length > 0) {
    const { importFaultsMax } = limits;
    const more = Math.max(0, checked.faults.length - importFaultsMax);
    return { kind: 'faults', faults: checked.faults.slice(0, importFaultsMax), more };
  }
  let progress: Progress = { rows: 0, of: checked.rows, added: 0, kept: 0 };
  if (wish.dryRun) return { kind: 'checked', ...progress, rows: checked.rows };
  const write = createWriter(world, wish.enterpriseId);
  for await (const batch of batches(wish)) {
    if (wish.isStopped()) return { kind: 'stopped', ...progress };
    const { added, kept } = await write(batch);
    progress = {
      ...progress,
      rows: progress.rows + batch.length,
      added: progress.added + added,
      kept: progress.kept + kept,
    };
    wish.progress(progress);
  }
  return { kind: 'done', ...progress };
}

async function check(wish: FileImport): Promise<{ rows: number; faults: FieldFault[] }> {
  const faults: FieldFault[] = [];
  let rows = 0;
  try {
    const read = createRowReader(wish.defaults);
    for await (const raw of rowsOf(wish)) {
      rows += 1;
      const one = read(raw);
      if ('faults' in one) faults.push(...one.faults);
    }
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    faults.push(...fault.fields);
  }
  if (rows === 0 && faults.length === 0) {
    faults.push({ field: 'file', problem: 'holds no numbers', cure: 'write a header and a line for each number' });
  }
  return { rows, faults };
}

async function* batches(wish: FileImport): AsyncGenerator<readonly PlacedRow[]> {
  const read = createRowReader(wish.defaults);
  let batch: PlacedRow[] = [];
  for await (const raw of rowsOf(wish)) {
    const one = read(raw);
    if ('faults' in one)
      throw new AppError('invalid-request', { detail: 'the file changed meanwhile', fields: one.faults });
    batch.push(one.placed);
    if (batch.length < limits.importBatchRows) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function rowsOf({ path }: FileImport) {
  return readNumberCsv(createReadStream(path), { rowsMax: limits.importFileRowsMax });
}

/** Wakes are not posted: a gateway's sweep finds what the import has to tell. */
function createWriter(world: World, enterpriseId: EnterpriseId) {
  const { clock, database, log } = world;
  const ids = createIds(world);
  const transact = createTransact({ database, jobs: { wake: async () => undefined }, log });
  const outbox = createOutbox({ clock, ids });
  const stock = createStock({ clock });
  const places = createNumberPlaces();
  const change = createChangeNumber({ stock, outbox, clock });
  const importNumbers = createImportNumbers({ stock, pools, places, change, outbox, clock, ids });
  return async (batch: readonly PlacedRow[]) => {
    await places.learn(batch.map(({ row }) => row.number));
    return transact((work) => importNumbers(work, enterpriseId, batch));
  };
}
