/**
 * A plan as a picture (SVG): against the number of numbers, above how many calls are credited to the visit they came from,
 * ours and by the convention "last holder", below how many visits have no number of their own. Curves differ in dash and
 * mark and are named beside their ends, so that nothing hangs on colour; title and description say the same in words.
 */
import { type ScaleLinear, type ScaleLogarithmic, scaleLinear, scaleLog } from 'd3-scale';
import { line, type SymbolType, symbol, symbolCircle, symbolSquare, symbolTriangle } from 'd3-shape';
import type { PlanRow } from './plan-pool.ts';
import type { PoolPlan } from './pool-planner.ts';
import { sayBasis, sayPlan } from './print-plan.ts';

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly dash: string;
  readonly mark: SymbolType;
  readonly valueOf: (row: PlanRow) => number;
}

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly height: number;
  readonly max: number;
  readonly curves: readonly Curve[];
  readonly target: { readonly share: number; readonly label: string };
}

type SizeScale = ScaleLogarithmic<number, number>;
type ShareScale = ScaleLinear<number, number>;

const width = 790;
const height = 632;
const left = 92;
const right = width - 150;
const markArea = 44;
const nameHeight = 15;

const ours: Curve = {
  name: 'Linekeeper',
  colour: '#0b5394',
  dash: '',
  mark: symbolCircle,
  valueOf: ({ correct }) => correct,
};
const lastHolder: Curve = {
  name: 'last holder',
  colour: '#8a4b08',
  dash: '7 4',
  mark: symbolSquare,
  valueOf: ({ lastHolderCorrect }) => lastHolderCorrect,
};
const overflow: Curve = {
  name: 'no own number',
  colour: '#4a4a4a',
  dash: '2 4',
  mark: symbolTriangle,
  valueOf: ({ overflow: share }) => share,
};

/** The picture as a document of its own. */
export function drawPlan(plan: PoolPlan): string {
  const { rows, targets } = plan;
  const sizes = rows.map(({ numbers }) => numbers);
  const least = Math.min(...sizes);
  const x = scaleLog()
    .domain([least, Math.max(least * 2, ...sizes)])
    .range([left, right]);
  const panels: readonly Panel[] = [
    {
      title: 'Calls credited to the visit they came from',
      top: 104,
      height: 240,
      max: 1,
      curves: [ours, lastHolder],
      target: { share: targets.correctMin, label: `target ${percent(targets.correctMin)}` },
    },
    {
      title: 'Visits without a number of their own',
      top: 396,
      height: 130,
      max: Math.max(0.05, targets.overflowMax, ...rows.map(overflow.valueOf)),
      curves: [overflow],
      target: { share: targets.overflowMax, label: `at most ${percent(targets.overflowMax)}` },
    },
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ' role="img" aria-labelledby="plan-title plan-desc" font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a">',
    `<title id="plan-title">How many numbers the pool needs</title>`,
    `<desc id="plan-desc">${escapeXml(describe(plan))}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(left, 28, 'How many numbers the pool needs', 'font-size="18" font-weight="600"'),
    ...wrap(sayPlan(plan), 100).map((words, index) => text(left, 48 + index * 16, words, 'font-size="12"')),
    ...panels.map((panel) => drawPanel(panel, plan, x)),
    drawSizes(plan, x),
    '</svg>',
    '',
  ].join('\n');
}

/** The whole table in words, for who cannot see the picture. */
function describe(plan: PoolPlan): string {
  const rows = plan.rows.map(
    ({ numbers, correct, lastHolderCorrect, overflow: share }) =>
      `${numbers} numbers: ${percent(correct)} credited rightly, ${percent(lastHolderCorrect)} by last holder, ${percent(share)} without a number`,
  );
  return `${sayPlan(plan)} ${sayBasis(plan)} ${rows.join('; ')}.`;
}

function drawPanel(panel: Panel, plan: PoolPlan, x: SizeScale): string {
  const { top, height: panelHeight, max, target } = panel;
  const y = scaleLinear()
    .domain([0, max])
    .range([top + panelHeight, top])
    .nice(4);
  const grid = y
    .ticks(5)
    .flatMap((share) => [
      rule(left, right, y(share), y(share), 'stroke="#d9d9d9"'),
      text(left - 8, y(share) + 4, percent(share), 'text-anchor="end"'),
    ]);
  const aim = rule(left, right, y(target.share), y(target.share), 'stroke="#1a1a1a" stroke-dasharray="1 3"');
  return [
    text(left, top - 10, panel.title, 'font-weight="600"'),
    ...grid,
    aim,
    ...drawSmallest(plan, x, panel),
    ...panel.curves.map((curve) => drawCurve(curve, plan.rows, x, y)),
    ...drawNames(panel, plan.rows, y),
  ].join('\n');
}

function drawCurve(curve: Curve, rows: readonly PlanRow[], x: SizeScale, y: ShareScale): string {
  const path = line<PlanRow>()
    .x(({ numbers }) => round(x(numbers)))
    .y((row) => round(y(curve.valueOf(row))))(rows);
  const mark = symbol(curve.mark, markArea)() ?? '';
  const dash = curve.dash === '' ? '' : ` stroke-dasharray="${curve.dash}"`;
  const marks = rows.map(
    (row) =>
      `<path d="${mark}" transform="translate(${round(x(row.numbers))} ${round(y(curve.valueOf(row)))})" fill="${curve.colour}"/>`,
  );
  return [`<path d="${path ?? ''}" fill="none" stroke="${curve.colour}" stroke-width="2"${dash}/>`, ...marks].join(
    '\n',
  );
}

/** What stands at the right of a panel, moved apart where two would cover each other. */
function drawNames(
  { top, height: panelHeight, curves, target }: Panel,
  rows: readonly PlanRow[],
  y: ShareScale,
): string[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const names = [
    ...curves.map((curve) => ({ name: curve.name, colour: curve.colour, at: y(curve.valueOf(last)) })),
    { name: target.label, colour: '#1a1a1a', at: y(target.share) },
  ].sort((one, other) => one.at - other.at);
  let floor = top + panelHeight;
  const placed = names.reverse().map(({ name, colour, at }) => {
    const place = Math.min(at, floor);
    floor = place - nameHeight;
    return text(right + 10, place + 4, name, `fill="${colour}"`);
  });
  return placed.reverse();
}

/** A line through both panels at the smallest pool that meets the targets. */
function drawSmallest({ smallest }: PoolPlan, x: SizeScale, { top, height: panelHeight }: Panel): string[] {
  if (smallest === null) return [];
  const at = x(smallest);
  return [rule(at, at, top, top + panelHeight, 'stroke="#1a1a1a" stroke-width="1.5"')];
}

/** The axis below: some of the sizes, what they cost, and which of them is meant. */
function drawSizes(plan: PoolPlan, x: SizeScale): string {
  const base = 526;
  const shown = spaced(plan, x).flatMap(({ numbers, monthlyCost, isPresent }) => {
    const isSmallest = numbers === plan.smallest;
    const note = [isPresent ? 'now' : '', isSmallest ? 'smallest' : ''].filter((word) => word !== '').join(', ');
    const weight = isPresent || isSmallest ? ' font-weight="600"' : '';
    const middle = `text-anchor="middle"${weight}`;
    return [
      rule(x(numbers), x(numbers), base, base + 5, 'stroke="#1a1a1a"'),
      text(x(numbers), base + 20, String(numbers), middle),
      text(x(numbers), base + 37, monthlyCost.toFixed(0), `${middle} font-size="11"`),
      ...(note === '' ? [] : [text(x(numbers), base + 53, note, `${middle} font-size="11"`)]),
    ];
  });
  return [
    ...shown,
    text(left - 14, base + 20, 'numbers', 'text-anchor="end"'),
    text(left - 14, base + 37, 'cost, a month', 'text-anchor="end" font-size="11"'),
    ...wrap(sayBasis(plan), 110).map((words, index) => text(left, base + 78 + index * 15, words, 'font-size="11"')),
  ].join('\n');
}

/** Sizes whose labels do not cover each other: the ones that are meant come first. */
function spaced({ rows, smallest }: PoolPlan, x: SizeScale): PlanRow[] {
  const rankOf = ({ numbers, isPresent }: PlanRow) => (numbers === smallest ? 0 : isPresent ? 1 : 2);
  const kept: PlanRow[] = [];
  for (const row of [...rows].sort((one, other) => rankOf(one) - rankOf(other))) {
    if (kept.every(({ numbers }) => Math.abs(x(numbers) - x(row.numbers)) >= 48)) kept.push(row);
  }
  return kept;
}

function text(x: number, y: number, words: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${more === '' ? '' : ` ${more}`}>${escapeXml(words)}</text>`;
}

function rule(fromX: number, toX: number, fromY: number, toY: number, more: string): string {
  return `<line x1="${round(fromX)}" x2="${round(toX)}" y1="${round(fromY)}" y2="${round(toY)}" ${more}/>`;
}

/** Lines of up to so many characters. */
function wrap(words: string, charactersMax: number): string[] {
  const lines: string[] = [''];
  for (const word of words.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > charactersMax) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
