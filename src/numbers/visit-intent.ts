/**
 * How many calls a visit is expected to make, from what it has shown: somebody who reads ten pages in five minutes calls
 * far more often than one who leaves at once. It orders numbers only (`idle-rank.ts`); attribution weighs more.
 */

/** Ours: a glance calls once in three hundred, a long visit of many pages once in four. */
export function expectedCalls({ engagedSeconds, pages }: { engagedSeconds: number; pages: number }): number {
  const time = 1 - Math.exp(-engagedSeconds / 500);
  const depth = 1 - Math.exp(-(pages - 1) / 6);
  return 0.003 + 0.25 * time * (0.4 + 0.6 * depth);
}
