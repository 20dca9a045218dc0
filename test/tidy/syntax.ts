/**
 * Source files as a parser sees them, so that a word in a comment or a string is never taken for code. Parsed once a
 * file and kept, because four laws ask about the same tree.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { lineFinder, type SourceFile } from './tree.ts';

/** One import of any kind: `import`, `export … from`, `import()` or `import('…').Type`. */
export interface ImportUse {
  /** As written, save that Node's own modules always carry `node:`. Empty when a dynamic import computes its name. */
  readonly specifier: string;
  /** The root-relative path a relative specifier names, else undefined. */
  readonly target: string | undefined;
  /** True only when the whole statement disappears at run time (`import type`, `export type`). */
  readonly typeOnly: boolean;
  /** The names taken, `*` and `default` included. */
  readonly names: readonly string[];
  readonly line: number;
}

/** One function of any form, with the lines it covers (from 1, both included). */
export interface FunctionSpan {
  readonly name: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** A call, a construction without arguments or a property read that matters to the suffix law, by its dotted name. */
export interface WorldUse {
  readonly form: 'call' | 'bare-new' | 'member';
  readonly name: string;
  readonly line: number;
}

export interface Syntax {
  readonly imports: readonly ImportUse[];
  readonly functions: readonly FunctionSpan[];
  readonly uses: readonly WorldUse[];
  /** Every string literal outside import statements. */
  readonly strings: readonly string[];
  /** The text with each comment blanked, line breaks kept. */
  readonly bare: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Named {
  readonly type: string;
  readonly name?: unknown;
  readonly value?: unknown;
}

type LineAt = (offset: number) => number;

const kept = new WeakMap<SourceFile, Syntax>();
const builtins = new Set(builtinModules);

/** The file's syntax; throws when it does not parse. */
export function readSyntax(file: SourceFile): Syntax {
  const known = kept.get(file);
  if (known) return known;
  const parsed = parseSync(file.path, file.text, { lang: langOf(file.path) });
  const broken = parsed.errors[0];
  if (broken) throw new Error(`${file.path} does not parse: ${broken.message}`);
  const imports: ImportUse[] = [];
  const functions: FunctionSpan[] = [];
  const uses: WorldUse[] = [];
  const strings: string[] = [];
  const lineAt = lineFinder(file.text);
  visitImports(file, lineAt, imports).visit(parsed.program);
  visitFunctions(file, lineAt, functions).visit(parsed.program);
  visitUses(lineAt, uses, strings).visit(parsed.program);
  const syntax = { imports, functions, uses, strings, bare: blank(file.text, parsed.comments) };
  kept.set(file, syntax);
  return syntax;
}

function visitImports(file: SourceFile, lineAt: LineAt, found: ImportUse[]): Visitor {
  const add = (node: Node, written: unknown, typeOnly: boolean, names: readonly string[]): void => {
    const specifier = typeof written === 'string' ? withNodePrefix(written) : '';
    found.push({
      specifier,
      target: resolve(file.path, specifier),
      typeOnly,
      names,
      line: lineAt(node.start),
    });
  };
  return new Visitor({
    ImportDeclaration(node) {
      const names = node.specifiers.map((one) => {
        if (one.type === 'ImportSpecifier') return nameOf(one.imported);
        return one.type === 'ImportDefaultSpecifier' ? 'default' : '*';
      });
      add(node, node.source.value, node.importKind === 'type', names);
    },
    ExportNamedDeclaration(node) {
      if (!node.source) return;
      const names = node.specifiers.map((one) => nameOf(one.local));
      add(node, node.source.value, node.exportKind === 'type', names);
    },
    ExportAllDeclaration(node) {
      add(node, node.source.value, node.exportKind === 'type', ['*']);
    },
    ImportExpression(node) {
      add(node, node.source.type === 'Literal' ? node.source.value : undefined, false, ['*']);
    },
    TSImportType(node) {
      add(node, node.source.value, true, ['*']);
    },
  });
}

function visitFunctions(file: SourceFile, lineAt: LineAt, found: FunctionSpan[]): Visitor {
  const lines = file.text.split('\n');
  const add = (node: Node, name: string | undefined): void => {
    const firstLine = lineAt(node.start);
    const lead = /([\w$#]+)(?:\s*[:=]|\s*\(|$)/.exec((lines[firstLine - 1] ?? '').trimStart());
    found.push({ name: name ?? lead?.[1] ?? 'function', firstLine, lastLine: lineAt(node.end) });
  };
  return new Visitor({
    FunctionDeclaration: (node) => add(node, node.id?.name),
    FunctionExpression: (node) => add(node, node.id?.name),
    ArrowFunctionExpression: (node) => add(node, undefined),
  });
}

function visitUses(lineAt: LineAt, uses: WorldUse[], strings: string[]): Visitor {
  const add = (form: WorldUse['form'], node: Node, name: string | undefined): void => {
    if (name) uses.push({ form, name, line: lineAt(node.start) });
  };
  return new Visitor({
    CallExpression: (node) => add('call', node, dotted(node.callee)),
    NewExpression(node) {
      if (node.arguments.length === 0) add('bare-new', node, dotted(node.callee));
    },
    MemberExpression: (node) => add('member', node, dotted(node)),
    Literal(node) {
      if (typeof node.value === 'string') strings.push(node.value);
    },
  });
}

/** `a.b.c` for a chain of plain names, with `globalThis.` taken off; undefined for anything else. */
function dotted(node: Named): string | undefined {
  if (node.type === 'Identifier') return String(node.name);
  if (node.type !== 'MemberExpression') return undefined;
  const { object, property, computed } = node as unknown as { object: Named; property: Named; computed: boolean };
  const left = dotted(object);
  const right = computed ? (typeof property.value === 'string' ? property.value : undefined) : nameOf(property);
  if (!left || !right) return undefined;
  return left === 'globalThis' || left === 'global' ? right : `${left}.${right}`;
}

function nameOf(node: Named): string {
  return String(node.name ?? node.value ?? '');
}

function langOf(path: string): 'dts' | 'tsx' | 'ts' {
  if (path.endsWith('.d.ts')) return 'dts';
  return path.endsWith('x') ? 'tsx' : 'ts';
}

function withNodePrefix(specifier: string): string {
  const head = specifier.split('/')[0] ?? '';
  return builtins.has(head) ? `node:${specifier}` : specifier;
}

function resolve(from: string, specifier: string): string | undefined {
  return /^\.{1,2}(?:\/|$)/.test(specifier) ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined;
}

function blank(text: string, comments: readonly { start: number; end: number }[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of comments) {
    pieces.push(text.slice(from, start), text.slice(start, end).replace(/[^\n]/g, ' '));
    from = end;
  }
  return pieces.join('') + text.slice(from);
}
