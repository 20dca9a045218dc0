/**
 * No import cycles among the files that run. A cycle makes load order matter and means two files are one idea cut in
 * the wrong place. Type-only imports vanish before Node runs the file, so they close no ring.
 */
import { readSyntax } from './syntax.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

interface Edge {
  readonly to: string;
  readonly line: number;
}

/** One fault for each ring met, told at the import that closes it. */
export function cycleFaults(files: readonly SourceFile[]): readonly Fault[] {
  const edges = new Map<string, readonly Edge[]>();
  for (const file of below(files, ['src', 'config'])) edges.set(file.path, edgesOf(file));
  const done = new Set<string>();
  const faults: Fault[] = [];
  for (const path of edges.keys()) walk(path, [], edges, done, faults);
  return faults;
}

function edgesOf(file: SourceFile): readonly Edge[] {
  return readSyntax(file).imports.flatMap((use) =>
    use.typeOnly || use.target === undefined ? [] : [{ to: use.target, line: use.line }],
  );
}

function walk(
  path: string,
  trail: readonly string[],
  edges: ReadonlyMap<string, readonly Edge[]>,
  done: Set<string>,
  faults: Fault[],
): void {
  if (done.has(path)) return;
  const here = [...trail, path];
  for (const { to, line } of edges.get(path) ?? []) {
    const from = here.indexOf(to);
    if (from === -1) {
      walk(to, here, edges, done, faults);
      continue;
    }
    const ring = [...here.slice(from), to].join(' -> ');
    const cure =
      'move what both need into a third file, or pass one into the other; `import type` if only types are meant';
    faults.push({ path, line, wrong: `an import cycle: ${ring}`, cure });
  }
  done.add(path);
}
