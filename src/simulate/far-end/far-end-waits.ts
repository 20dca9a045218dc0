/**
 * How a test waits for the far end without polling: a question is asked again each time something changed, and
 * answered the moment it can be. Every wait has a limit and says what it waited for, so nothing hangs in silence.
 */

/** Questions that are asked again on each change. */
export interface Waits {
  /** Something changed: ask the open questions again. */
  changed(): void;
  /**
   * Resolves with the first answer that is not undefined. Rejects when `ask` throws, when `withinMs` has gone by, and
   * on close; `what` completes the sentence "waited 5000 ms for …".
   */
  until<Answer>(what: string, withinMs: number, ask: () => Answer | undefined): Promise<Answer>;
  /** Rejects every open question. */
  close(): void;
}

/** Waits that belong together: one set a far end. */
export function createWaits(): Waits {
  const open = new Set<{ readonly ask: () => void; readonly reject: (why: Error) => void }>();
  let closed = false;

  function until<Answer>(what: string, withinMs: number, ask: () => Answer | undefined): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // Somebody who no longer listens must not bring the process down; whoever awaits still sees the rejection.
    promise.catch(() => undefined);
    let asking = false;
    if (closed) {
      reject(new Error(`the far end is closed; nothing to wait for: ${what}`));
      return promise;
    }
    const timer = setTimeout(() => leave(() => reject(new Error(`waited ${withinMs} ms for ${what}`))), withinMs);
    const question = { ask: askAgain, reject: (why: Error) => leave(() => reject(why)) };
    open.add(question);
    askAgain();
    return promise;

    function askAgain(): void {
      // An answer that acts (a key pressed) changes the far end, which asks again before the first asking is over.
      if (asking) return;
      asking = true;
      try {
        const answer = ask();
        if (answer !== undefined) leave(() => resolve(answer));
      } catch (fault) {
        leave(() => reject(fault instanceof Error ? fault : new Error(String(fault))));
      } finally {
        asking = false;
      }
    }
    function leave(how: () => void): void {
      clearTimeout(timer);
      open.delete(question);
      how();
    }
  }

  return Object.freeze({
    changed: () => {
      for (const question of [...open]) question.ask();
    },
    until,
    close: () => {
      closed = true;
      for (const question of [...open]) question.reject(new Error('the far end was closed'));
    },
  });
}
