/**
 * The numbers of a pool that may be given, by group and rank (`idle-rank.ts`); equal ranks go by id. Entries are not
 * moved: one whose number was given meanwhile, or has moved to another group, is dropped when it comes up.
 */
import TinyQueue from 'tinyqueue';
import type { idleRank } from './idle-rank.ts';
import type { Slot } from './lease-slot.ts';

interface IdleEntry {
  readonly rank: number;
  readonly slot: Slot;
  readonly generation: number;
  readonly group: string;
}

export function createIdleNumbers(rankOf: typeof idleRank) {
  const groups = new Map<string, TinyQueue<IdleEntry>>();

  function peek(group: string): IdleEntry | undefined {
    const ranked = groups.get(group);
    for (let next = ranked?.peek(); next !== undefined; next = ranked?.peek()) {
      const { slot } = next;
      const counts = slot.place === 'idle' && !slot.gone && next.generation === slot.generation;
      if (counts && slot.number.group === group) return next;
      ranked?.pop();
    }
    return undefined;
  }

  return Object.freeze({
    add(slot: Slot): void {
      const { group } = slot.number;
      const ranked = groups.get(group) ?? new TinyQueue<IdleEntry>([], byRank);
      groups.set(group, ranked);
      ranked.push({ rank: rankOf(slot.freeAt, slot.intent), slot, generation: slot.generation, group });
    },

    /** The number whose turn it is: of the first of `wanted` that has one, or of all. */
    next(wanted: readonly string[] | null): Slot | undefined {
      let best: IdleEntry | undefined;
      for (const group of wanted ?? groups.keys()) {
        const found = peek(group);
        if (found === undefined) continue;
        if (wanted !== null) return found.slot;
        if (best === undefined || byRank(found, best) < 0) best = found;
      }
      return best?.slot;
    },
  });
}

function byRank(left: IdleEntry, right: IdleEntry): number {
  return left.rank - right.rank || (left.slot.number.id < right.slot.number.id ? -1 : 1);
}
