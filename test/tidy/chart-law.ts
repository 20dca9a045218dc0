/**
 * The state charts and their page say the same. A machine is a table (`<name>Chart` in a `-machine.ts` file) and is
 * drawn once, under `## <name>` in `docs/states.md`; a drawing nobody keeps true is worse than none.
 */
import type { Fault, SourceFile } from './tree.ts';

const pagePath = 'docs/states.md';
/** Mermaid's word for before the first state and after the last; an arrow from it counts once it names an event. */
const outsideState = '[*]';

/** One chart as its file exports it. */
export interface Chart {
  readonly path: string;
  /** The export's name, ending in `Chart`. */
  readonly exportName: string;
  readonly line: number;
  readonly states: readonly string[];
  readonly transitions: readonly (readonly string[])[];
}

interface Drawing {
  readonly name: string;
  readonly line: number;
  /** `from --> to: event` with the line it stands on. */
  readonly arrows: ReadonlyMap<string, number>;
}

/** Triples that stand in the code or on the page but not in both, and transitions that name no state. */
export function chartFaults(charts: readonly Chart[], files: readonly SourceFile[]): readonly Fault[] {
  const page = files.find((file) => file.path === pagePath);
  const drawings = page ? drawingsOf(page) : [];
  return [
    ...charts.flatMap((chart) => [
      ...strayStates(chart),
      ...compare(
        chart,
        drawings.find((one) => matches(one, chart)),
      ),
    ]),
    ...drawings
      .filter((drawing) => !charts.some((chart) => matches(drawing, chart)))
      .map(({ name, line }) => ({
        path: pagePath,
        line,
        wrong: `"${name}" is drawn but no machine exports ${name}Chart`,
        cure: 'export the chart from a -machine.ts file, or take the drawing out',
      })),
  ];
}

/** Machine files that export no chart at all: a machine the page could never be held to. */
export function chartlessFaults(charts: readonly Chart[], machinePaths: readonly string[]): readonly Fault[] {
  return machinePaths
    .filter((path) => !charts.some((chart) => chart.path === path))
    .map((path) => ({
      path,
      line: 1,
      wrong: 'a machine file exports no chart',
      cure: 'export const <name>Chart: { states, transitions: [from, event, to][] }',
    }));
}

function strayStates({ path, line, exportName, states, transitions }: Chart): readonly Fault[] {
  const known = new Set([...states, outsideState]);
  const stray = new Set(
    transitions.flatMap(([from = '', , to = '']) => [from, to]).filter((state) => !known.has(state)),
  );
  return [...stray].map((state) => ({
    path,
    line,
    wrong: `${exportName} moves through '${state}', which is none of its states`,
    cure: 'list it in states, or mend the transition',
  }));
}

function compare(chart: Chart, drawing: Drawing | undefined): readonly Fault[] {
  const { path, line, exportName, transitions } = chart;
  const name = exportName.replace(/Chart$/, '');
  if (!drawing) {
    const cure = `add "## ${name}" with a mermaid stateDiagram-v2 block to ${pagePath}`;
    return [{ path, line, wrong: `${exportName} is not drawn`, cure }];
  }
  const coded = new Set(transitions.map(([from = '', event = '', to = '']) => `${from} --> ${to}: ${event}`));
  const missing = [...coded].filter((arrow) => !drawing.arrows.has(arrow));
  const extra = [...drawing.arrows].filter(([arrow]) => !coded.has(arrow));
  return [
    ...missing.map((arrow) => ({
      path: pagePath,
      line: drawing.line,
      wrong: `"${drawing.name}" lacks the transition ${arrow}`,
      cure: `draw "${arrow}"`,
    })),
    ...extra.map(([arrow, at]) => ({
      path: pagePath,
      line: at,
      wrong: `"${drawing.name}" draws ${arrow}, which ${exportName} (${path}) does not have`,
      cure: 'take the line out, or add the triple to the chart',
    })),
  ];
}

function drawingsOf(page: SourceFile): readonly Drawing[] {
  const drawings: { name: string; line: number; arrows: Map<string, number> }[] = [];
  let heading = { name: '', line: 0 };
  let open: Map<string, number> | undefined;
  page.text.split('\n').forEach((text, at) => {
    const named = /^##\s+(.+?)\s*$/.exec(text);
    if (named?.[1]) heading = { name: named[1].replaceAll('`', ''), line: at + 1 };
    else if (/^\s*stateDiagram-v2\s*$/.test(text)) {
      open = new Map();
      drawings.push({ ...heading, arrows: open });
    } else if (/^\s*```/.test(text)) open = undefined;
    const arrow = /^\s*(\[\*\]|[\w-]+)\s*-->\s*(\[\*\]|[\w-]+)\s*:\s*(\S.*?)\s*$/.exec(text);
    if (open && arrow) open.set(`${arrow[1]} --> ${arrow[2]}: ${arrow[3]}`, at + 1);
  });
  return drawings;
}

/** `## data channel`, `## data-channel` and `## dataChannel` all name `dataChannelChart`. */
function matches(drawing: Drawing, chart: Chart): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain(drawing.name) === plain(chart.exportName.replace(/Chart$/, ''));
}
