/**
 * The gateway's own sealing key when settings give none: 32 random bytes in a file of the data folder that only the
 * owner may read, made at the first start. It lives beside an embedded database, so a stolen copy of both opens both;
 * the docs say so and point to SECRET_KEY.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomBytes } from './ids.ts';

/** Reads the key, or makes it. @throws Error when the file holds something else. */
export async function readOrMakeKey(folder: string, randomBytes: RandomBytes): Promise<Uint8Array> {
  const path = join(folder, 'secret.key');
  await mkdir(folder, { recursive: true });
  const made = Buffer.from(randomBytes(32)).toString('hex');
  await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' }).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EEXIST') throw fault;
  });
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Error(`${path} does not hold 64 hexadecimal digits: restore it or set SECRET_KEY`);
  return Buffer.from(text, 'hex');
}
