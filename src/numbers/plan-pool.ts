/**
 * How many numbers a pool needs. Pure: it is given what a size does (`replay/score-size.ts`), looks at a ladder of sizes
 * around the present one, climbs until a size meets the targets, and then halves the gap until it has the smallest one
 * that does: its neighbour below does not.
 */
import type { SizeScore } from './replay/score-size.ts';

export interface PlanTargets {
  /** At least this share of the calls credited to the visit they came from. */
  readonly correctMin: number;
  /** At most this share of the visits without a number of their own. */
  readonly overflowMax: number;
}

export interface PlanRow extends SizeScore {
  readonly numbers: number;
  /** Calls credited to the wrong visit or to none. */
  readonly misattributed: number;
  /** The same under the convention "last holder". */
  readonly lastHolderMisattributed: number;
  /** Half the width of the 95 % interval of `correct`: so few calls were weighed. */
  readonly margin: number;
  /** Of all the numbers. */
  readonly monthlyCost: number;
  readonly isPresent: boolean;
  readonly meetsTargets: boolean;
}

export interface SizePlan {
  /** By size. */
  readonly rows: readonly PlanRow[];
  /** Null: none up to `sizeMax` meets the targets. */
  readonly smallest: number | null;
}

export interface PlanPoolWorld {
  readonly score: (numbers: number) => SizeScore;
  /** What the pool has now, or a guess to begin with. */
  readonly start: number;
  /** Null: there is no pool yet. */
  readonly present: number | null;
  readonly sizeMax: number;
  readonly targets: PlanTargets;
  readonly costPerNumber: number;
  /** Told before each size is looked at. */
  readonly progress?: (numbers: number, done: number) => void;
}

/** Rungs of the ladder, as multiples of the size it starts from. */
const ladder = [1, 0.5, 2, 0.25, 4] as const;

export function planPool(world: PlanPoolWorld): SizePlan {
  const rows = new Map<number, PlanRow>();
  const rowOf = (numbers: number): PlanRow => {
    const known = rows.get(numbers);
    if (known !== undefined) return known;
    world.progress?.(numbers, rows.size);
    const row = readRow(world, numbers);
    rows.set(numbers, row);
    return row;
  };
  const meets = (numbers: number) => rowOf(numbers).meetsTargets;
  const within = (numbers: number) => Math.max(1, Math.min(world.sizeMax, Math.round(numbers)));

  if (world.present !== null && world.present > 0) rowOf(world.present);
  for (const factor of ladder) rowOf(within(world.start * factor));
  const smallest = findSmallest();
  return { rows: [...rows.values()].sort((left, right) => left.numbers - right.numbers), smallest };

  function findSmallest(): number | null {
    let enough = climb();
    if (enough === null) return null;
    while (enough > 1 && shortOf(enough) === 0 && meets(within(enough / 2))) enough = within(enough / 2);
    let short = shortOf(enough);
    while (enough - short > 1) {
      const middle = Math.floor((short + enough) / 2);
      if (meets(middle)) enough = middle;
      else short = middle;
    }
    return enough;
  }

  /** The largest size below `enough` that is known to fall short; 0, no pool at all, always does. */
  function shortOf(enough: number): number {
    const known = [...rows.values()].filter((row) => !row.meetsTargets && row.numbers < enough);
    return Math.max(0, ...known.map(({ numbers }) => numbers));
  }

  /** The smallest size known to meet the targets; twice the largest one, and so on, until there is one. */
  function climb(): number | null {
    for (;;) {
      const meeting = [...rows.values()].filter((row) => row.meetsTargets).map(({ numbers }) => numbers);
      if (meeting.length > 0) return Math.min(...meeting);
      const largest = Math.max(...rows.keys());
      if (largest >= world.sizeMax) return null;
      rowOf(within(largest * 2));
    }
  }
}

function readRow(world: PlanPoolWorld, numbers: number): PlanRow {
  const { targets, costPerNumber, present } = world;
  const score = world.score(numbers);
  const { correct, overflow, calls } = score;
  return {
    ...score,
    numbers,
    misattributed: 1 - correct,
    lastHolderMisattributed: 1 - score.lastHolderCorrect,
    margin: calls === 0 ? 1 : Math.min(1, 1.96 * Math.sqrt((correct * (1 - correct)) / calls)),
    monthlyCost: numbers * costPerNumber,
    isPresent: numbers === present,
    meetsTargets: calls > 0 && correct >= targets.correctMin && overflow <= targets.overflowMax,
  };
}
