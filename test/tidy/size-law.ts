/**
 * Size: a file past 300 lines wants to be two, and a function past 60 does more than one thing. Blank lines and lines
 * that hold only a comment count for the file but not for the function, so explaining is never punished. A function's
 * lines are its own: one defined inside it is measured by itself, so a factory is not punished for what it hands out.
 */
import { readSyntax } from './syntax.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

const fileLinesMax = 300;
const functionLinesMax = 60;

/** Files over the wall. */
export function fileSizeFaults(files: readonly SourceFile[]): readonly Fault[] {
  return below(files, ['src', 'config', 'test', 'bench', 'web']).flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    if (lines <= fileLinesMax) return [];
    const wrong = `the file has ${lines} lines, ${fileLinesMax} is the wall`;
    return [
      { path, line: fileLinesMax + 1, wrong, cure: 'split it by noun or verb, each part named as its first export' },
    ];
  });
}

/** Functions of any form over the bound; the lines of a nested one (after its first) belong to that one alone. */
export function functionSizeFaults(files: readonly SourceFile[]): readonly Fault[] {
  return below(files, ['src', 'config']).flatMap((file) => {
    const { functions, bare } = readSyntax(file);
    const lines = bare.split('\n');
    return functions.flatMap(({ name, firstLine, lastLine }) => {
      const inner = functions.filter((other) => other.firstLine > firstLine && other.lastLine <= lastLine);
      const isOwn = (line: number) => !inner.some((other) => line > other.firstLine && line <= other.lastLine);
      const own = lines.slice(firstLine - 1, lastLine).filter((_line, index) => isOwn(firstLine + index));
      const count = own.filter((line) => line.trim() !== '').length;
      if (count <= functionLinesMax) return [];
      const wrong = `${name} has ${count} lines, ${functionLinesMax} is the bound`;
      return [{ path: file.path, line: firstLine, wrong, cure: 'lift its steps into named functions of the file' }];
    });
  });
}
