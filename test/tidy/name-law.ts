/**
 * Names: a file is one noun or one verb in kebab-case, so the folder's listing reads as a table of contents. Words that
 * name nothing (a drawer for odds and ends) and barrels are refused. And a file opens by saying why it exists.
 */
import { worldSuffixes } from './suffix-law.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

const retired = new Set(['utils', 'util', 'helper', 'helpers', 'types', 'common', 'misc', 'manager']);
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Suffixes that say what a file is for rather than what it touches. */
const roleSuffixes = ['test', 'bench', 'd'];

/** Files and folders whose names break the law. */
export function nameFaults(files: readonly SourceFile[]): readonly Fault[] {
  const folderSeen = new Set<string>();
  return below(files, ['src', 'config', 'test', 'bench', 'web'], /./).flatMap(({ path }) => {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const faults: Fault[] = [];
    parts.forEach((folder, depth) => {
      const where = parts.slice(0, depth + 1).join('/');
      if (folderSeen.has(where)) return;
      folderSeen.add(where);
      const wrong = wordFault(folder);
      if (wrong)
        faults.push({ path, line: 1, wrong: `the folder ${where} ${wrong}`, cure: 'name it by the thing it holds' });
    });
    const wrong = fileFault(name);
    if (wrong)
      faults.push({
        path,
        line: 1,
        wrong: `the file name ${wrong}`,
        cure: 'name it in kebab-case as its first export',
      });
    return faults;
  });
}

function wordFault(word: string): string | undefined {
  if (retired.has(word)) return `is the retired word "${word}"`;
  return kebab.test(word) ? undefined : `"${word}" is not kebab-case`;
}

function fileFault(name: string): string | undefined {
  const [stem = '', ...rest] = name.split('.');
  const ending = rest.pop() ?? '';
  const word = wordFault(stem);
  if (word) return word;
  if (!/^[cm]?[jt]sx?$/.test(ending)) return undefined;
  if (stem === 'index') return 'is a barrel';
  const [first, second, ...more] = rest;
  const known = [...worldSuffixes, ...roleSuffixes];
  if (first !== undefined && !known.includes(first))
    return `carries an unknown suffix ".${first}" (known: ${known.join(', ')})`;
  if (second !== undefined && !roleSuffixes.includes(second))
    return `carries two outside things, ".${first}.${second}"`;
  return more.length > 0 ? 'carries too many suffixes' : undefined;
}

/** Files that do not open with a block comment that says why they exist. */
export function openingFaults(files: readonly SourceFile[]): readonly Fault[] {
  return below(files, ['src', 'config']).flatMap(({ path, text }) => {
    const body = path === 'src/cli.ts' ? text.replace(/^#![^\n]*\n/, '') : text;
    const opening = /^\s*\/\*\*([\s\S]*?)\*\//.exec(body)?.[1] ?? '';
    if (/\w+\W+\w+\W+\w+/.test(opening)) return [];
    const cure =
      'open with /** two to five sentences: why it exists, and the RFC or carrier section where one rules it */';
    return [{ path, line: 1, wrong: 'the file does not open with a block comment', cure }];
  });
}
