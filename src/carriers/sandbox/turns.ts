/**
 * Lets work of the same key run one after the other and work of different keys side by side, with an end that tests and
 * a draining process can wait for. A failed turn is its caller's affair; the next turn runs all the same.
 */
export interface Turns {
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  /** Resolves when no work is under way or waiting. */
  settled(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return Object.freeze({
    take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
      const mine = (last.get(key) ?? Promise.resolve()).then(work);
      const over = mine.then(
        () => undefined,
        () => undefined,
      );
      const tail = over.then(() => {
        if (last.get(key) === tail) last.delete(key);
      });
      last.set(key, tail);
      return mine;
    },
    async settled(): Promise<void> {
      while (last.size > 0) await Promise.all(last.values());
    },
  });
}
