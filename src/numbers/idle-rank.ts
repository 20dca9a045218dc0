/**
 * Which idle number is given next: the one with the lowest rank. A number's residual risk is the late calls still
 * expected from those who saw it, and it falls as they forget; a number shown to somebody keen rests longer. With a risk
 * that decays exponentially, comparing risks now is the same as comparing one instant per number that never changes, so
 * a sorted set can hold the order in memory and in Redis alike.
 */

/** A visit that is expected to call this often counts once; ours. */
const usualCalls = 0.01;
/** How much longer a number rests for each e-fold of expected calls; ours, chosen in `bench/attribution`. */
const restPerFoldMs = 20 * 60_000;

/** Rank of a number that became free at `freeAt` (Unix ms) after a visit expected to make `intent` calls. */
export function idleRank(freeAt: number, intent: number): number {
  return freeAt + restPerFoldMs * Math.log1p(intent / usualCalls);
}
