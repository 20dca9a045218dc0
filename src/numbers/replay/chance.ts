/** Chance with a seed, so that the same question gets the same plan. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Chance {
  /** From 0 up to, but not including, 1. */
  uniform(): number;
  /** Waiting time for an event that comes once in `mean`. */
  exponential(mean: number): number;
}

/** A stream that depends on `seed` and `stream` alone. */
export function createChance(seed: number, stream: number): Chance {
  const generator = xoroshiro128plus((seed ^ Math.imul(stream + 1, 0x9e3779b1)) | 0);
  const uniform = () => uniformFloat64(generator);
  return Object.freeze({ uniform, exponential: (mean: number) => -Math.log(1 - uniform()) * mean });
}
