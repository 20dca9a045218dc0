/**
 * An enterprise's own visits as columns of numbers: small, without anybody's name, and handed to another thread without
 * being copied. The reader fills them newest first; a replay takes them out in the order they started.
 */
import { newPlannedVisit, type PlannedVisit } from './planned-visit.ts';

/** One visit as the record has it. Instants in Unix ms. */
export interface RecordedVisit {
  readonly startedAt: number;
  readonly lastBeatAt: number;
  readonly engagedSeconds: number;
  readonly pages: number;
  /** A digest of the visitor's id; null when the page had none. */
  readonly visitor: number | null;
  readonly region: string | null;
}

/** Columns of one length; a row is a visit. */
export interface VisitColumns {
  readonly count: number;
  readonly startsAt: Float64Array<ArrayBuffer>;
  readonly lastBeatAt: Float64Array<ArrayBuffer>;
  readonly engagedSeconds: Float64Array<ArrayBuffer>;
  readonly pages: Float64Array<ArrayBuffer>;
  /** Not a number: unknown. */
  readonly visitor: Float64Array<ArrayBuffer>;
  /** Place in the list of regions; -1: unknown. */
  readonly region: Int32Array<ArrayBuffer>;
}

/** Fills columns for up to `countMax` visits, and lists the regions they name. */
export function createVisitColumns(countMax: number) {
  const numbers = () => new Float64Array(countMax);
  const columns = {
    startsAt: numbers(),
    lastBeatAt: numbers(),
    engagedSeconds: numbers(),
    pages: numbers(),
    visitor: numbers(),
    region: new Int32Array(countMax),
  };
  const regions = new Map<string, number>();
  let count = 0;
  return Object.freeze({
    count: () => count,
    regions: () => [...regions.keys()],
    columns: (): VisitColumns => ({ count, ...columns }),
    add(visit: RecordedVisit): void {
      columns.startsAt[count] = visit.startedAt;
      columns.lastBeatAt[count] = visit.lastBeatAt;
      columns.engagedSeconds[count] = visit.engagedSeconds;
      columns.pages[count] = visit.pages;
      columns.visitor[count] = visit.visitor ?? Number.NaN;
      columns.region[count] = placeOf(visit.region);
      count += 1;
    },
  });

  function placeOf(region: string | null): number {
    if (region === null) return -1;
    const known = regions.get(region);
    if (known !== undefined) return known;
    regions.set(region, regions.size);
    return regions.size - 1;
  }
}

/** What may be handed over instead of copied. */
export function buffersOf({
  startsAt,
  lastBeatAt,
  engagedSeconds,
  pages,
  visitor,
  region,
}: VisitColumns): ArrayBuffer[] {
  return [startsAt, lastBeatAt, engagedSeconds, pages, visitor, region].map(({ buffer }) => buffer);
}

/**
 * The visits in the order they started. Between its first and last sign a visit may have lain in a hidden tab, whose lease
 * runs out: it counts as open for as long as it was seen, and one lease time.
 */
export function recordedVisits(columns: VisitColumns, leaseMs: number): PlannedVisit[] {
  const order = Array.from({ length: columns.count }, (_, row) => row);
  const at = (list: Float64Array | Int32Array, row: number) => list[row] as number;
  order.sort((left, right) => at(columns.startsAt, left) - at(columns.startsAt, right));
  return order.map((row, index) => {
    const startsAt = at(columns.startsAt, row);
    const engagedSeconds = at(columns.engagedSeconds, row);
    const seenMs = Math.max(0, at(columns.lastBeatAt, row) - startsAt);
    const visitor = at(columns.visitor, row);
    const region = at(columns.region, row);
    return newPlannedVisit(index, {
      startsAt,
      endsAt: startsAt + Math.min(seenMs, engagedSeconds * 1_000 + leaseMs),
      engagedSeconds: Math.min(engagedSeconds, seenMs / 1_000),
      pages: Math.max(1, at(columns.pages, row)),
      visitorId: Number.isNaN(visitor) ? null : String(visitor),
      region: region < 0 ? null : String(region),
    });
  });
}
