/**
 * A migrated and empty database of one's own, as a copy of the template that the run has prepared: a folder for the
 * embedded one, a database on the server for the other. Whoever asks for a copy throws it away.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createDatabase, databaseName, dropDatabase, urlOf } from './server-databases.ts';

/** A folder of this run that is not there yet, and how to remove it. */
export function newFolder(): { readonly folder: string; remove(): Promise<void> } {
  const folder = join(inject('stores').folder, randomBytes(5).toString('hex'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A copy of the embedded template. */
export async function copyFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const copy = newFolder();
  await cp(join(inject('stores').folder, 'template'), copy.folder, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
  });
  return copy;
}

/** A copy of the server's template. @throws Error when there is no server. */
export async function copyDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const { postgres, serverTemplate, runPid } = inject('stores');
  if (postgres.kind === 'absent') throw new Error(postgres.reason);
  const serverUrl = postgres.url;
  const name = databaseName(runPid);
  await createDatabase(serverUrl, name, serverTemplate);
  return { url: urlOf(serverUrl, name), drop: () => dropDatabase(serverUrl, name) };
}
