/** Finds the charts by loading every `-machine.ts` file: machines are pure, so loading one does nothing else. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Chart } from './chart-law.ts';
import { lineFinder, type SourceFile } from './tree.ts';

/** Every export whose name ends in `Chart`, of every `src/**\/*-machine.ts`. */
export async function loadCharts(root: string, files: readonly SourceFile[]): Promise<readonly Chart[]> {
  const charts = machineFiles(files).map(async ({ path, text }) => {
    const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(root, path)).href)) as Record<string, unknown>;
    return Object.entries(loaded)
      .filter(([exportName]) => exportName.endsWith('Chart'))
      .map(([exportName, value]) => {
        const { states, transitions } = value as Pick<Chart, 'states' | 'transitions'>;
        return { path, exportName, line: lineFinder(text)(text.indexOf(exportName)), states, transitions };
      });
  });
  return (await Promise.all(charts)).flat();
}

/** The files that hold machines. */
export function machineFiles(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter(({ path }) => /^src\/.*-machine\.ts$/.test(path));
}
