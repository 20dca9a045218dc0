/**
 * Makes `lk.js` from `web/snippet/` when the gateway starts, so there is no build step to forget. Pages may pin a version
 * by its hash, so every version that was ever served from this data folder is kept there and served on: an upgrade of
 * the gateway must not take the script from pages that nobody has edited.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import type { ScriptBytes, Snippet } from '../api/app-type.ts';

const entry = fileURLToPath(new URL('../../web/snippet/snippet.ts', import.meta.url));
const versionLength = 16;

let built: ScriptBytes | undefined;

/** The script, built once a process. `buildSync` leaves no second process running, as `build` would. */
function buildSnippet(): ScriptBytes {
  if (built !== undefined) return built;
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2018',
    legalComments: 'none',
    tsconfigRaw: {},
    write: false,
    logLevel: 'silent',
  });
  built = scriptOf(Buffer.from(outputFiles[0]?.contents ?? ''));
  return built;
}

/** The snippet of this start, and those of earlier ones under `folder`, which is made. */
export async function openSnippets(
  folder: string,
  logFault: (fault: unknown, event: string) => void,
): Promise<Snippet> {
  const current = buildSnippet();
  const pathOf = (version: string) => join(folder, `lk-${version}.js`);
  await keep(folder, pathOf(current.version), current.plain).catch((fault: unknown) =>
    logFault(fault, 'snippet-not-kept'),
  );
  const known = new Map([[current.version, current]]);
  return Object.freeze({
    current,
    async find(version: string): Promise<ScriptBytes | null> {
      const found = known.get(version) ?? (await readKept(pathOf(version), version));
      if (found !== null) known.set(version, found);
      return found;
    },
  });
}

/** A reader never meets half a file: it is written beside and moved. */
async function keep(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, bytes);
  await rename(beside, path);
}

/** Null when there is none, or when what lies there is not what its name says. */
async function readKept(path: string, version: string): Promise<ScriptBytes | null> {
  const bytes = await readFile(path).catch(() => null);
  const script = bytes === null ? null : scriptOf(bytes);
  return script?.version === version ? script : null;
}

function scriptOf(plain: Buffer): ScriptBytes {
  const digest = createHash('sha384').update(plain).digest();
  return Object.freeze({
    version: digest.toString('hex').slice(0, versionLength),
    integrity: `sha384-${digest.toString('base64')}`,
    plain,
    gzipped: gzipSync(plain, { level: 9 }),
  });
}
