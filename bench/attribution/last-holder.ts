/**
 * The convention: whoever sees the number now, or saw it last, is the caller. A number stays the visitor's until so long
 * after the last sign of them, as the session time-out of hosted services has it; then it goes to whoever comes next,
 * the number free for longest first.
 */
import { replayWorld } from './replay-world.ts';
import { createScore, type Score } from './score.ts';
import type { Sighting, Traffic } from './traffic.ts';
import type { World } from './world.ts';

const dayMs = 86_400_000;

export function playLastHolder(
  world: World,
  traffic: Traffic,
  plan: { policy: string; holdMs: number; numbers: number },
): Score {
  const score = createScore(plan.policy);
  const from = world.warmupDays * dayMs;
  const { overflow } = replayWorld(
    traffic,
    {
      numbers: plan.numbers,
      // Kept from others is all that matters here: held or resting, its last holder is the same.
      terms: { holdMs: 0, leaseMs: 0, restMs: plan.holdMs, stickyMs: 0 },
      rank: (freeAt) => freeAt,
      tellsApart: false,
      intentOf: () => 0,
      called(call, index, holders, numberIndex) {
        const truth = traffic.truth[index];
        if (call.at < from || truth === undefined) return;
        const last: Sighting | undefined = numberIndex === plan.numbers ? undefined : holders.at(-1);
        score.add({ visit: last?.index ?? null, probability: 1 }, truth);
      },
    },
    from,
  );
  return score.result(overflow).score;
}

/** How many numbers the convention needs to be right as often; null when `most` are not enough. */
export function numbersForParity(
  world: World,
  traffic: Traffic,
  plan: { holdMs: number; correct: number; most: number },
): number | null {
  const correctWith = (numbers: number) =>
    playLastHolder(world, traffic, { policy: '', holdMs: plan.holdMs, numbers }).correct;
  if (correctWith(plan.most) < plan.correct) return null;
  let [low, high] = [0, plan.most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (correctWith(middle) >= plan.correct) high = middle;
    else low = middle;
  }
  return high;
}
