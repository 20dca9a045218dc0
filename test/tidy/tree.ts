/**
 * What the laws read: every text file of the project as `{ path, text }`, and what they answer: faults that say where,
 * what and how to mend it. The laws themselves never open a file, so each can be tried on a sample of two lines.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One file, its path relative to the project's root with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One breach of a law. `line` counts from 1. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly wrong: string;
  readonly cure: string;
}

const folders = ['src', 'config', 'test', 'bench', 'web', 'docs', '.github'];
const textEnding =
  /\.(?:[cm]?[jt]s|tsx|json|lua|sql|md|html|css|svg|ya?ml|xml|txt|sh|toml|pem|key|http|csv|example)$|Dockerfile$/;
const rootOnlyIgnored = new Set(['package-lock.json']);

/** Every text file under the project's own folders, and those standing at its root. Missing folders are empty. */
export function readTree(root: string): readonly SourceFile[] {
  const atRoot = readdirSync(root).filter(
    (name) => !rootOnlyIgnored.has(name) && name !== '.env' && statSync(join(root, name)).isFile(),
  );
  const below = folders.filter((folder) => existsSync(join(root, folder))).flatMap((folder) => listBelow(root, folder));
  return [...atRoot, ...below]
    .filter((path) => textEnding.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function listBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listBelow(root, path) : [path];
  });
}

/** The files below any of `folders`, whose names end in one of `endings`. */
export function below(
  files: readonly SourceFile[],
  folders: readonly string[],
  ending: RegExp = /\.ts$/,
): readonly SourceFile[] {
  return files.filter((file) => ending.test(file.path) && folders.some((folder) => file.path.startsWith(`${folder}/`)));
}

/** Answers on which line (from 1) the character at an offset stands. */
export function lineFinder(text: string): (offset: number) => number {
  const breaks = [...text.matchAll(/\n/g)].map((found) => found.index);
  return (offset) => {
    let [low, high] = [0, breaks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((breaks[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** One line a person can act on. */
export function tellFault(fault: Fault): string {
  return `${fault.path}:${fault.line}: ${fault.wrong}. Cure: ${fault.cure}.`;
}
