/**
 * The numbers of a pool that may be given, by group and rank (`idle-rank.ts`); equal ranks go by id. Entries are not
 * moved: one whose number was given meanwhile, or has moved to another group, is dropped when it comes up.
 */
import { compared, type idleRank, overlapOf } from './idle-rank.ts';
import type { GrantWish } from './lease-book.ts';
import { holdersOf, type Slot } from './lease-slot.ts';
import { createRisingQueue } from './rising-queue.ts';

interface IdleEntry {
  readonly rank: number;
  readonly slot: Slot;
  readonly generation: number;
  readonly group: string;
}

export function createIdleNumbers(rankOf: typeof idleRank) {
  const groups = new Map<string, ReturnType<typeof createRisingQueue<IdleEntry>>>();

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

  /** Takes the entry whose turn it is: of the first of `wanted` that has one, or of all groups. */
  function pop(wanted: readonly string[] | null): IdleEntry | undefined {
    let best: IdleEntry | undefined;
    for (const group of wanted ?? groups.keys()) {
      const found = peek(group);
      if (found === undefined) continue;
      if (best === undefined || byRank(found, best) < 0) best = found;
      if (wanted !== null) break;
    }
    if (best !== undefined) groups.get(best.group)?.pop();
    return best;
  }

  return Object.freeze({
    add(slot: Slot): void {
      const { group } = slot.number;
      const ranked = groups.get(group) ?? createRisingQueue<IdleEntry>(byRank);
      groups.set(group, ranked);
      ranked.push({ rank: rankOf(slot.freeAt, slot.intent), slot, generation: slot.generation, group });
    },

    /** Takes, of the few whose turn it is, the number whose former holders are least like the newcomer. */
    next({ groups: wanted, trait }: Pick<GrantWish, 'groups' | 'trait'>, now: number): Slot | undefined {
      if (trait === null) return pop(wanted)?.slot;
      const passed: IdleEntry[] = [];
      let best: IdleEntry | undefined;
      let least = Number.POSITIVE_INFINITY;
      while (passed.length < compared && least > 0) {
        // A preferred group is not left for one whose callers would be easier to tell apart.
        const entry = pop(wanted === null || passed[0] === undefined ? wanted : [passed[0].group]);
        if (entry === undefined) break;
        passed.push(entry);
        const overlap = overlapOf(holdersOf(entry.slot), trait, now);
        if (overlap < least) [best, least] = [entry, overlap];
      }
      for (const entry of passed) if (entry !== best) groups.get(entry.group)?.push(entry);
      return best?.slot;
    },
  });
}

function byRank(left: IdleEntry, right: IdleEntry): number {
  return left.rank - right.rank || (left.slot.number.id < right.slot.number.id ? -1 : 1);
}
