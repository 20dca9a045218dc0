/**
 * The one masked question: up to three visits are offered, told so that nobody learns whose they are. Seven in ten of
 * those who are asked know and answer rightly: the visit when it is among the three (the world's rule), and "none of
 * these" when it is not (ours: the world does not say). The others do not know, and nothing is learned from them.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Belief } from '../../src/numbers/attribution/weigh-contact.ts';
import { indexOf } from './replay-world.ts';
import type { Truth } from './traffic.ts';

const askBelow = 0.8;
const offeredMax = 3;
const knowing = 0.7;

/** `picked`: the visit that was named, if one was. */
export interface Answered {
  readonly belief: Belief;
  readonly picked: number | null;
}

export function createAnswers(seed: number) {
  const generator = xoroshiro128plus((seed ^ 0x5bd1e995) | 0);
  const tally = { calls: 0, asked: 0 };
  return {
    /** The belief after the answer, or as it was when it was sure enough not to ask. */
    ask(belief: Belief, truth: Truth, isCounted: boolean): Answered {
      if (isCounted) tally.calls += 1;
      const top = belief.candidates[0]?.probability ?? 0;
      if (top === 0 || top >= askBelow) return { belief, picked: null };
      if (isCounted) tally.asked += 1;
      if (uniformFloat64(generator) >= knowing) return { belief, picked: null };
      const offered = belief.candidates.slice(0, offeredMax).map(({ visitId }) => indexOf(visitId));
      const picked = truth.visit !== null && offered.includes(truth.visit) ? truth.visit : null;
      return { belief: picked === null ? withoutFirst(belief, offered.length) : only(belief, picked), picked };
    },
    shareAsked: () => (tally.calls === 0 ? 0 : Math.round((tally.asked / tally.calls) * 1e4) / 1e4),
  };
}

function only(belief: Belief, picked: number): Belief {
  const candidates = belief.candidates.filter(({ visitId }) => indexOf(visitId) === picked);
  return { ...belief, candidates: candidates.map((one) => ({ ...one, probability: 1 })), nobody: 0, others: 0 };
}

function withoutFirst(belief: Belief, offered: number): Belief {
  const left = belief.candidates.slice(offered);
  const total = left.reduce((sum, { probability }) => sum + probability, belief.nobody + belief.others);
  if (total === 0) return { ...belief, candidates: [], nobody: 1, others: 0 };
  const candidates = left.map((one) => ({ ...one, probability: one.probability / total }));
  return { ...belief, candidates, nobody: belief.nobody / total, others: belief.others / total };
}
