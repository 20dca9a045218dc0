/**
 * What is ready in one turn of the event loop leaves together at its end: the answers to pages, and the grants that go
 * into one commit. A lone write wakes whoever waits for it, which costs this process more than the write itself; of many
 * in a row only the first one does. No timer: a turn that has one request ends at once.
 */
let ending: Promise<void> | null = null;

/** Resolves when all that came in with this turn has been looked at. */
export function endOfTurn(): Promise<void> {
  ending ??= new Promise((ended) => {
    setImmediate(() => {
      ending = null;
      ended();
    });
  });
  return ending;
}
