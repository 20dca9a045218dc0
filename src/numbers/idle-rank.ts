/**
 * Which idle number is given next. Two thoughts, kept because they measurably help (`bench/attribution`, and
 * `docs/attribution.md` for the figures). A number's residual risk is the late calls still expected from those who saw
 * it: with a risk that decays exponentially, comparing risks now is the same as comparing one instant per number that
 * never changes, so a sorted set can hold the order in memory and in Redis alike. And of the few whose turn it is, the
 * one whose former holders are most easily told from the newcomer goes first.
 */

/** A visit that is expected to call this often counts once; ours. */
const usualCalls = 0.01;
/** How much longer a number rests for each e-fold of expected calls; ours. */
const restPerFoldMs = 20 * 60_000;
/** How fast a former holder stops mattering to the choice; ours. */
const overlapLifeMs = 60 * 60_000;
/** So many of the numbers whose turn it is are compared, and so many former holders of each. */
export const compared = 16;

/** Rank of a number that became free at `freeAt` (Unix ms) after a visit expected to make `intent` calls; lowest first. */
export function idleRank(freeAt: number, intent: number): number {
  return freeAt + restPerFoldMs * Math.log1p(intent / usualCalls);
}

/** A former holder, as far as the choice is concerned. */
export interface Former {
  /** Region of the visit. */
  readonly trait: string | null;
  /** Calls expected of it. */
  readonly intent: number;
  readonly until: number;
}

/** Late calls expected from former holders who cannot be told from a newcomer of this trait. */
export function overlapOf(former: readonly Former[], trait: string | null, now: number): number {
  if (trait === null) return 0;
  let overlap = 0;
  for (const { trait: theirs, intent, until } of former) {
    if (theirs === trait) overlap += intent * Math.exp(Math.min(0, until - now) / overlapLifeMs);
  }
  return overlap;
}
