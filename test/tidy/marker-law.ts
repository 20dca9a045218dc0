/**
 * Nothing half done is left lying: no notes to self, no test switched off, no checker silenced without a reason, no
 * print left from debugging and no path of somebody's machine.
 */
import { readSyntax } from './syntax.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly wrong: string;
  readonly cure: string;
}

const everywhere: readonly Rule[] = [
  {
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    wrong: 'a note to self',
    cure: 'do it now, or open an issue and delete the note',
  },
  { pattern: /\.only\s*\(/, wrong: 'a test shuts out the others', cure: 'take .only away' },
  {
    pattern: /\.skip\s*\(/,
    wrong: 'a test is switched off',
    cure: 'mend it, delete it, or use skipIf with a printed reason',
  },
  {
    pattern: /@ts-(?:ignore|nocheck)\b/,
    wrong: 'the type checker is silenced',
    cure: 'mend the type, or @ts-expect-error with a reason',
  },
  {
    pattern: /biome-ignore(?:-all|-start)?\s+[\w/]+(?!.*:\s*(?!<)\w+\W+\w+)/,
    wrong: 'the linter is silenced without a reason',
    cure: 'write "biome-ignore lint/…: the reason in a few words"',
  },
  {
    pattern: /@ts-expect-error(?!\W+\w+\W+\w+)/,
    wrong: 'a type error is expected without a reason',
    cure: 'write the reason after it in a few words',
  },
];

const machinePath: Rule = {
  pattern: /(?<![\w.])\/(?:work|root|tmp)\//,
  wrong: "a path of somebody's machine",
  cure: 'take the folder from Settings, or os.tmpdir() in the composition root',
};

/** Leftovers in code and pages. The laws' own folder names what it forbids, so it is not read. */
export function markerFaults(files: readonly SourceFile[]): readonly Fault[] {
  const code = below(files, ['src', 'config', 'test', 'bench', 'web'], /\.(?:[cm]?[jt]s|tsx|lua|sql|html|css)$/);
  return [
    ...code.filter(({ path }) => !path.startsWith('test/tidy/')).flatMap((file) => matchLines(file, everywhere)),
    ...below(files, ['src'], /./).flatMap((file) => matchLines(file, [machinePath])),
    ...below(files, ['src']).flatMap(printFaults),
  ];
}

function matchLines({ path, text }: SourceFile, rules: readonly Rule[]): readonly Fault[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ wrong, cure }) => ({ path, line: at + 1, wrong: `${wrong}: ${line.trim().slice(0, 80)}`, cure })),
    );
}

function printFaults(file: SourceFile): readonly Fault[] {
  if (file.path === 'src/cli.ts' || file.path.startsWith('src/simulate/')) return [];
  return readSyntax(file)
    .uses.filter(({ form, name }) => form === 'call' && name === 'console.log')
    .map(({ line }) => ({
      path: file.path,
      line,
      wrong: 'console.log in the product',
      cure: 'take the Log port and name the event',
    }));
}
