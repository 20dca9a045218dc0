/**
 * The scales on which calling habits are counted: engagement by seconds and pages, delays by their logarithm. Fine
 * enough to tell a glance from a visit that reads everything, coarse enough to be filled by a few hundred calls.
 */

/** Upper edges of the engagement bins, in seconds; the last bin is open. */
const engagementEdges = [5, 10, 20, 40, 80, 160, 320, 640, 1_280] as const;
/** Upper edges of the page bins. */
const pageEdges = [1, 2, 3, 5, 8, 12] as const;

export const engagementBins = engagementEdges.length + 1;
export const pageBins = pageEdges.length + 1;

/** Two bins an octave from one second to 48 days. */
const binsPerOctave = 2;
export const delayBins = 44;
/** Curves of delay are kept apart for visits of little, some and much engagement. */
export const delayLevels = 3;

function engagementBin(seconds: number): number {
  return binOf(engagementEdges, seconds);
}

/** Typical seconds and pages of a cell. */
export function middleOf(cell: number): { seconds: number; pages: number } {
  const [bin, pageBin] = [Math.floor(cell / pageBins), cell % pageBins];
  const from = engagementEdges[bin - 1] ?? 0;
  const to = engagementEdges[bin] ?? 2 * from;
  const pagesFrom = (pageEdges[pageBin - 1] ?? 0) + 1;
  const pagesTo = pageEdges[pageBin] ?? 1.5 * pagesFrom;
  return { seconds: (from + to) / 2, pages: (pagesFrom + pagesTo) / 2 };
}

/** The seconds of a visit of that length that fall into the bin. */
export function secondsWithin(bin: number, lengthSeconds: number): number {
  const from = engagementEdges[bin - 1] ?? 0;
  const to = engagementEdges[bin] ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(lengthSeconds, to) - from);
}

/** The cell of a table by engagement and pages. */
export function cellOf(seconds: number, pages: number): number {
  return engagementBin(seconds) * pageBins + binOf(pageEdges, pages);
}

export const cells = engagementBins * pageBins;

export function delayBin(seconds: number): number {
  return Math.min(delayBins - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, seconds)) * binsPerOctave)));
}

/** Where a delay bin begins, in seconds; the first begins at 0. */
export function delayBinStart(bin: number): number {
  return bin === 0 ? 0 : 2 ** (bin / binsPerOctave);
}

/** The level of an engagement cell: up to 40 seconds, up to 160, longer. */
export function levelOf(cell: number): number {
  const bin = Math.floor(cell / pageBins);
  return bin < 4 ? 0 : bin < 6 ? 1 : 2;
}

export function delayLevel(engagedSeconds: number): number {
  return levelOf(cellOf(engagedSeconds, 1));
}

function binOf(edges: readonly number[], value: number): number {
  let bin = 0;
  while (bin < edges.length && value > (edges[bin] as number)) bin += 1;
  return bin;
}
