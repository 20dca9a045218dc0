/**
 * The error catalogue and its page say the same. A caller's program branches on a code, so a code nobody explains, or
 * one explained and never sent, is a broken promise.
 */
import { parseSync, Visitor } from 'oxc-parser';
import { readSyntax } from './syntax.ts';
import { below, type Fault, lineFinder, type SourceFile } from './tree.ts';

const cataloguePath = 'src/ports/errors.ts';
const pagePath = 'docs/errors.md';

interface Entry {
  readonly code: string;
  readonly status: number;
  readonly line: number;
}

/** Codes or statuses that differ between `src/ports/errors.ts` and `docs/errors.md`. Neither existing is lawful. */
export function errorPageFaults(files: readonly SourceFile[]): readonly Fault[] {
  const source = files.find((file) => file.path === cataloguePath);
  const page = files.find((file) => file.path === pagePath);
  if (!source && !page) return [];
  if (!source)
    return [
      { path: pagePath, line: 1, wrong: 'explains a catalogue that is not there', cure: `write ${cataloguePath}` },
    ];
  if (!page)
    return [
      {
        path: cataloguePath,
        line: 1,
        wrong: 'no page explains the codes',
        cure: `write ${pagePath}, rows "| \`code\` | status | … |"`,
      },
    ];
  const coded = catalogueOf(source);
  const told = rowsOf(page);
  if (coded.length === 0)
    return [
      { path: cataloguePath, line: 1, wrong: 'no `const catalogue = {…}` found', cure: 'keep the codes as its keys' },
    ];
  return [...untold(coded, told), ...uncoded(coded, told)];
}

/** Codes of the catalogue that no other file under `src/` names as a string. */
export function unusedCodeFaults(files: readonly SourceFile[]): readonly Fault[] {
  const source = files.find((file) => file.path === cataloguePath);
  if (!source) return [];
  const named = new Set(
    below(files, ['src'])
      .filter((file) => file.path !== cataloguePath)
      .flatMap((file) => readSyntax(file).strings),
  );
  return catalogueOf(source)
    .filter(({ code }) => !named.has(code))
    .map(({ code, line }) => ({
      path: cataloguePath,
      line,
      wrong: `nothing in src answers with '${code}'`,
      cure: 'use the code where it happens, or take it out of the catalogue and its page',
    }));
}

function untold(coded: readonly Entry[], told: readonly Entry[]): readonly Fault[] {
  return coded.flatMap(({ code, status, line }) => {
    const row = told.find((one) => one.code === code);
    if (row?.status === status) return [];
    const wrong = row
      ? `'${code}' is ${status} here and ${row.status} in ${pagePath}:${row.line}`
      : `'${code}' is not explained`;
    return [{ path: cataloguePath, line, wrong, cure: `give ${pagePath} the row "| \`${code}\` | ${status} | … |"` }];
  });
}

function uncoded(coded: readonly Entry[], told: readonly Entry[]): readonly Fault[] {
  return told.flatMap(({ code, line }, at) => {
    const twice = told.findIndex((row) => row.code === code) < at;
    if (!twice && coded.some((one) => one.code === code)) return [];
    const wrong = twice ? `'${code}' is explained twice` : `'${code}' is not in the catalogue`;
    return [{ path: pagePath, line, wrong, cure: `take the row out, or add the code to ${cataloguePath}` }];
  });
}

function rowsOf(page: SourceFile): readonly Entry[] {
  return page.text.split('\n').flatMap((text, at) => {
    const row = /^\|\s*`([^`]+)`\s*\|\s*(\d{3})\s*\|/.exec(text);
    return row?.[1] ? [{ code: row[1], status: Number(row[2]), line: at + 1 }] : [];
  });
}

function catalogueOf(source: SourceFile): readonly Entry[] {
  const entries: Entry[] = [];
  const lineAt = lineFinder(source.text);
  new Visitor({
    VariableDeclarator(node) {
      if (node.id.type !== 'Identifier' || node.id.name !== 'catalogue') return;
      const value = unwrap(node.init);
      for (const property of value?.properties ?? []) {
        const code = String(property.key?.name ?? property.key?.value ?? '');
        const status = unwrap(property.value)?.properties?.find((one) => one.key?.name === 'status')?.value?.value;
        entries.push({ code, status: Number(status), line: lineAt(property.start) });
      }
    },
  }).visit(parseSync(source.path, source.text).program);
  return entries;
}

interface Literalish {
  readonly start: number;
  readonly expression?: unknown;
  readonly properties?: readonly Literalish[];
  readonly key?: { readonly name?: unknown; readonly value?: unknown };
  readonly value?: Literalish & { readonly value?: unknown };
}

/** The object literal inside `{…} as const satisfies …`. */
function unwrap(node: unknown): Literalish | undefined {
  const one = node as Literalish | null | undefined;
  return one?.expression ? unwrap(one.expression) : (one ?? undefined);
}
