/**
 * Remembers the answers to a question that is asked with every page view and whose answer hardly ever changes. An answer
 * is kept for a few seconds, a "no" for less, a fault not at all; those who ask at once share one question. The oldest
 * entry goes when there are too many, so strangers who ask for rubbish only push each other out.
 */
import type { Clock } from './clock.ts';

export interface ShortMemory<Value> {
  /** The answer for `key`; not a promise when it is remembered. */
  recall(key: string, ask: () => Promise<Value>): Value | Promise<Value>;
}

interface Entry<Value> {
  readonly answer: Value | Promise<Value>;
  readonly until: number;
}

export function createShortMemory<Value>(world: {
  readonly clock: Clock;
  readonly entriesMax: number;
  /** How long an answer is kept, in milliseconds. */
  readonly keepMs: (answer: Value) => number;
}): ShortMemory<Value> {
  const entries = new Map<string, Entry<Value>>();

  function keep(key: string, answer: Entry<Value>['answer'], until: number): void {
    entries.delete(key);
    entries.set(key, { answer, until });
    if (entries.size <= world.entriesMax) return;
    const oldest = entries.keys().next();
    if (oldest.done !== true) entries.delete(oldest.value);
  }

  return Object.freeze({
    recall(key: string, ask: () => Promise<Value>): Value | Promise<Value> {
      const known = entries.get(key);
      const askedAt = world.clock.now();
      if (known !== undefined && askedAt < known.until) return known.answer;
      const asked = ask();
      keep(key, asked, Number.POSITIVE_INFINITY);
      asked.then(
        (answer) => {
          if (entries.get(key)?.answer === asked) keep(key, answer, askedAt + world.keepMs(answer));
        },
        () => {
          if (entries.get(key)?.answer === asked) entries.delete(key);
        },
      );
      return asked;
    },
  });
}
