/**
 * Nothing lies about unused: no file, export or dependency that nobody reaches. Knip does the looking; this file runs
 * it and turns its report into faults. Before `src/main.ts` stands there is nothing to be reached from, so until then
 * only imports that lead nowhere are told.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fault } from './tree.ts';

interface Finding {
  readonly name: string;
  readonly line?: number;
}

/** One row of `knip --reporter json`: a file, then findings by kind. */
export type KnipRow = { readonly file: string } & { readonly [kind: string]: unknown };

const cures: Readonly<Record<string, string>> = {
  files: 'import it from something that runs, or delete it',
  dependencies: 'use it, or npm uninstall it',
  devDependencies: 'use it, or npm uninstall it',
  unlisted: 'add it to package.json, pinned',
  unresolved: 'mend the path, with its .ts ending',
  exports: 'drop `export`, or delete it if nothing in the file uses it',
  types: 'drop `export`, or delete it if nothing in the file uses it',
};

/** Runs knip over the project with the settings in `knip.json`. */
export async function runKnip(root: string): Promise<readonly KnipRow[]> {
  const program = join(root, 'node_modules/knip/bin/knip.js');
  const options = { cwd: root, timeout: 30_000, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, '--reporter', 'json', '--no-exit-code'],
    options,
  );
  return (JSON.parse(stdout) as { issues: readonly KnipRow[] }).issues;
}

/** Knip's findings as faults. The page test reads charts by name, which knip cannot see, so those exports stand. */
export function knipFaults(rows: readonly KnipRow[], isComposed: boolean): readonly Fault[] {
  const kinds = (row: KnipRow): readonly string[] =>
    isComposed ? Object.keys(row).filter((kind) => Array.isArray(row[kind])) : ['unlisted', 'unresolved'];
  return rows.flatMap((row) =>
    kinds(row).flatMap((kind) =>
      findingsOf(row, kind)
        .filter(({ name }) => !(kind === 'exports' && name.endsWith('Chart') && row.file.endsWith('-machine.ts')))
        .map(({ name, line }) => ({
          path: row.file,
          line: line ?? 1,
          wrong: kind === 'files' ? 'nothing reaches this file' : `knip finds ${kind}: ${name}`,
          cure: cures[kind] ?? 'see knip.dev for this kind of finding',
        })),
    ),
  );
}

/** `duplicates` and their like come as lists of lists. */
function findingsOf(row: KnipRow, kind: string): readonly Finding[] {
  const found = row[kind] as readonly (Finding | readonly Finding[])[] | undefined;
  return (found ?? []).flatMap((one) => {
    if (!Array.isArray(one)) return [one as Finding];
    const names = one.map(({ name }: Finding) => name).join(', ');
    return [{ ...(one[0] as Finding), name: names }];
  });
}
