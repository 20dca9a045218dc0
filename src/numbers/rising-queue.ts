/**
 * A priority queue for entries that mostly come in the order in which they leave, as numbers of one pool do: they are
 * leased for equally long and become free in turn. Those stand in a plain list, which costs nothing to sort however long it
 * is; one that comes a little out of turn moves up a few places, and only the others go into a heap.
 */
import TinyQueue from 'tinyqueue';

/** The entry that leaves first is the least by `compare`; among equals, the one that came first. */
export function createRisingQueue<Entry>(compare: (left: Entry, right: Entry) => number) {
  const others = new TinyQueue<Entry>([], compare);
  let inTurn: Entry[] = [];
  let head = 0;

  function isInTurnNext(): boolean {
    if (others.length === 0) return head < inTurn.length;
    const [first, other] = [inTurn[head], others.peek()];
    return first !== undefined && (other === undefined || compare(first, other) <= 0);
  }

  /** Where the entry stands in the list; null when that is too far from its end. */
  function placeOf(entry: Entry): number | null {
    const farthest = Math.max(head, inTurn.length - movedMax);
    for (let place = inTurn.length; place > farthest; place -= 1) {
      const before = inTurn[place - 1];
      if (before === undefined || compare(before, entry) <= 0) return place;
    }
    return farthest === head ? head : null;
  }

  function insert(entry: Entry, place: number): void {
    inTurn.push(entry);
    if (place === inTurn.length - 1) return;
    inTurn.copyWithin(place + 1, place, inTurn.length - 1);
    inTurn[place] = entry;
  }

  return Object.freeze({
    push(entry: Entry): void {
      const place = placeOf(entry);
      if (place === null) others.push(entry);
      else insert(entry, place);
    },

    peek: (): Entry | undefined => (isInTurnNext() ? inTurn[head] : others.peek()),

    pop(): Entry | undefined {
      if (!isInTurnNext()) return others.pop();
      const entry = inTurn[head];
      head += 1;
      if (head >= compactedAt && head * 2 > inTurn.length) {
        inTurn = inTurn.slice(head);
        head = 0;
      }
      return entry;
    },
  });
}

/** So many that have left are taken off the list at once, when they are half of it. */
const compactedAt = 1_024;
/** An entry goes past so many others at most. */
const movedMax = 32;
