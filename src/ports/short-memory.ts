/**
 * Remembers the answers to a question that is asked with every page view and whose answer hardly ever changes. An answer
 * is kept for a few seconds, a "no" for less, a fault not at all; those who ask at once share one question. It is asked
 * again before its time is over, while the known answer serves, so that on a busy page nobody waits for it. The oldest
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
  /** From then on somebody who recalls it has it asked again. */
  askAgainAt: number;
}

/** The share of its time after which an answer is asked again. */
const askAgainShare = 0.6;

export function createShortMemory<Value>(world: {
  readonly clock: Clock;
  readonly entriesMax: number;
  /** How long an answer is kept, in milliseconds. */
  readonly keepMs: (answer: Value) => number;
}): ShortMemory<Value> {
  const entries = new Map<string, Entry<Value>>();

  function keep(key: string, entry: Entry<Value>): void {
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size <= world.entriesMax) return;
    const oldest = entries.keys().next();
    if (oldest.done !== true) entries.delete(oldest.value);
  }

  function keepAnswer(key: string, answer: Value, askedAt: number): void {
    const keepMs = world.keepMs(answer);
    keep(key, { answer, until: askedAt + keepMs, askAgainAt: askedAt + keepMs * askAgainShare });
  }

  function askFirst(key: string, ask: () => Promise<Value>): Promise<Value> {
    const askedAt = world.clock.now();
    const answer = ask();
    const entry = { answer, until: Number.POSITIVE_INFINITY, askAgainAt: Number.POSITIVE_INFINITY };
    keep(key, entry);
    answer.then(
      (value) => entries.get(key) === entry && keepAnswer(key, value, askedAt),
      () => entries.get(key) === entry && entries.delete(key),
    );
    return answer;
  }

  function askAgain(key: string, known: Entry<Value>, ask: () => Promise<Value>): void {
    const askedAt = world.clock.now();
    known.askAgainAt = Number.POSITIVE_INFINITY;
    // A fault changes nothing: the known answer serves until its time is over.
    ask().then(
      (value) => entries.get(key) === known && keepAnswer(key, value, askedAt),
      () => undefined,
    );
  }

  return Object.freeze({
    recall(key: string, ask: () => Promise<Value>): Value | Promise<Value> {
      const known = entries.get(key);
      const now = world.clock.now();
      if (known === undefined || now >= known.until) return askFirst(key, ask);
      if (now >= known.askAgainAt) askAgain(key, known, ask);
      return known.answer;
    },
  });
}
