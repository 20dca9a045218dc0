/**
 * The two pictures of `docs/attribution.md`, drawn from a result of the benchmark: how far a stated probability can be
 * believed, and how often we are right with so many numbers.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { AttributionResult } from './attribution-benchmark.ts';

const width = 560;
const height = 380;
const margin = { left: 64, right: 24, top: 40, bottom: 52 };
const ink = '#1d2733';
const blue = '#1f5fa8';
const orange = '#b4540a';

/** File name and SVG text of each picture. */
export function drawFigures(result: AttributionResult): { name: string; svg: string }[] {
  const { sizes = [] } = result;
  const figures = [{ name: 'attribution-reliability.svg', svg: reliability(result) }];
  if (sizes.length > 0) figures.push({ name: 'attribution-by-pool-size.svg', svg: bySize(sizes) });
  return figures;
}

function reliability({ reliability: bins, policies }: AttributionResult): string {
  const x = scaleLinear([0, 1], [margin.left, width - margin.right]);
  const y = scaleLinear([0, 1], [height - margin.bottom, margin.top]);
  const filled = bins.filter(({ calls }) => calls > 0);
  const most = Math.max(1, ...filled.map(({ calls }) => calls));
  const dots = filled.map(({ calls, meanProbability, shareRight }) => {
    const radius = (3 + 9 * Math.sqrt(calls / most)).toFixed(1);
    const title = `${calls} calls: stated ${percent(meanProbability)}, right ${percent(shareRight)}`;
    return `<circle cx="${x(meanProbability).toFixed(1)}" cy="${y(shareRight).toFixed(1)}" r="${radius}" fill="${blue}" fill-opacity="0.7"><title>${title}</title></circle>`;
  });
  const ece = policies.find(({ policy }) => policy === 'linekeeper')?.ece ?? 0;
  const diagonal = `<path d="M${x(0)},${y(0)}L${x(1)},${y(1)}" stroke="${ink}" stroke-dasharray="4 4" fill="none"/>`;
  return frame({
    title: `How far a stated probability can be believed (error ${ece.toFixed(3)})`,
    description:
      'Reliability diagram: stated probability against the share that was right; larger dots stand for more calls.',
    xTitle: 'stated probability of the credited visit, or of nobody',
    yTitle: 'share that was right',
    xTicks: x.ticks(5).map((at) => ({ at: x(at), text: percent(at) })),
    yTicks: y.ticks(5).map((at) => ({ at: y(at), text: percent(at) })),
    body: [diagonal, ...dots],
  });
}

function bySize(sizes: NonNullable<AttributionResult['sizes']>): string {
  const counts = sizes.map(({ numbers }) => numbers);
  const x = scaleLog([Math.min(...counts), Math.max(...counts)], [margin.left, width - margin.right]);
  const y = scaleLinear([0, 1], [height - margin.bottom, margin.top]);
  const curve = (of: 'linekeeper' | 'hold2Last', colour: string, dash: string) => {
    const path = line<(typeof sizes)[number]>()
      .x(({ numbers }) => x(numbers))
      .y((size) => y(size[of]))(sizes);
    const last = sizes.at(-1);
    const name = of === 'linekeeper' ? 'linekeeper' : 'hold2-last';
    const label = `<text x="${width - margin.right}" y="${y(last?.[of] ?? 0) - 8}" text-anchor="end" fill="${colour}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}"/>${label}`;
  };
  return frame({
    title: 'Calls credited rightly, by the numbers in the pool',
    description: 'Accuracy by pool size, our attribution against a two-minute hold that credits the last holder.',
    xTitle: 'numbers in the pool',
    yTitle: 'calls credited rightly',
    xTicks: counts.map((count) => ({ at: x(count), text: String(count) })),
    yTicks: y.ticks(5).map((at) => ({ at: y(at), text: percent(at) })),
    body: [curve('linekeeper', blue, 'none'), curve('hold2Last', orange, '6 4')],
  });
}

interface Frame {
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xTicks: readonly { at: number; text: string }[];
  readonly yTicks: readonly { at: number; text: string }[];
  readonly body: readonly string[];
}

function frame({ title, description, xTitle, yTitle, xTicks, yTicks, body }: Frame): string {
  const floor = height - margin.bottom;
  const middle = (margin.top + floor) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">`,
    `<title>${title}</title><desc>${description}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="22" font-size="14" font-weight="600">${title}</text>`,
    ...yTicks.map(
      ({ at, text }) =>
        `<path d="M${margin.left},${at}H${width - margin.right}" stroke="#d5dbe3"/><text x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${text}</text>`,
    ),
    ...xTicks.map(({ at, text }) => `<text x="${at}" y="${floor + 18}" text-anchor="middle">${text}</text>`),
    `<path d="M${margin.left},${floor}H${width - margin.right}" stroke="${ink}"/>`,
    ...body,
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 12}" text-anchor="middle">${xTitle}</text>`,
    `<text x="16" y="${middle}" text-anchor="middle" transform="rotate(-90 16 ${middle})">${yTitle}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
