/**
 * Chance with a seed. The far end and the simulated visitors draw every decision from here, so a day that went wrong
 * can be played again from one number. Xoroshiro128+ comes from pure-rand; this file only names what is drawn.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of repeatable chance. */
export interface Random {
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** True in `share` of the draws; `share` runs from 0 to 1. */
  chance(share: number): boolean;
  /** One of `list`; throws a RangeError when it is empty. */
  pick<Item>(list: readonly Item[]): Item;
  /** A new list in random order. */
  shuffle<Item>(list: readonly Item[]): Item[];
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

/** A stream that depends on `seed` alone. `stream` splits one seed into unrelated streams, one a visitor. */
export function createRandom(seed: number, stream = 0): Random {
  const generator = xoroshiro128plus((seed ^ Math.imul(stream + 1, 0x9e3779b1)) | 0);
  const integer = (least: number, most: number) => uniformInt(generator, least, most);
  return Object.freeze({
    integer,
    chance: (share: number) => uniformFloat64(generator) < share,
    pick<Item>(list: readonly Item[]): Item {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[integer(0, list.length - 1)] as Item;
    },
    shuffle<Item>(list: readonly Item[]): Item[] {
      const left = [...list];
      return list.map(() => left.splice(integer(0, left.length - 1), 1)[0] as Item);
    },
    hex: (length: number) => Array.from({ length }, () => integer(0, 15).toString(16)).join(''),
  });
}
