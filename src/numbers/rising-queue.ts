/**
 * A priority queue for entries that mostly come in the order in which they leave, as numbers of one pool do: they are
 * leased for equally long and become free in turn. Those stand in a plain list, which costs nothing to sort however long it
 * is; only the ones that come out of order go into a heap.
 */
import TinyQueue from 'tinyqueue';

/** The entry that leaves first is the least by `compare`; among equals, the one that came first. */
export function createRisingQueue<Entry>(compare: (left: Entry, right: Entry) => number) {
  const others = new TinyQueue<Entry>([], compare);
  let inTurn: Entry[] = [];
  let head = 0;

  function isInTurnNext(): boolean {
    const [first, other] = [inTurn[head], others.peek()];
    return first !== undefined && (other === undefined || compare(first, other) <= 0);
  }

  return Object.freeze({
    push(entry: Entry): void {
      const last = inTurn.at(-1);
      if (head === inTurn.length || last === undefined || compare(last, entry) <= 0) inTurn.push(entry);
      else others.push(entry);
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
