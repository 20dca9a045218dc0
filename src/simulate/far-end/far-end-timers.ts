/**
 * The far end's waiting, in one place so it can be hurried and ended. `pace` stretches or shrinks scripted time (a
 * pause, a ring, a conversation): at 0.01 a minute takes 600 ms. Deadlines of the network stay in real time.
 */

/** Timers that end together. */
export interface Timers {
  /** Runs `act` after `scriptedMs` times the pace; returns how to call it off. */
  after(scriptedMs: number, act: () => void): () => void;
  /** Runs `act` after `realMs`, whatever the pace. */
  afterReal(realMs: number, act: () => void): () => void;
  /** Resolves after `scriptedMs` times the pace, or at once on close. */
  pass(scriptedMs: number): Promise<void>;
  close(): void;
}

/** A set of timers at one pace. */
export function createTimers(pace: number): Timers {
  const open = new Map<NodeJS.Timeout, (() => void) | null>();

  function afterReal(realMs: number, act: () => void, onClose: (() => void) | null = null): () => void {
    const timer = setTimeout(() => {
      open.delete(timer);
      act();
    }, realMs);
    open.set(timer, onClose);
    return () => {
      clearTimeout(timer);
      open.delete(timer);
    };
  }

  return Object.freeze({
    after: (scriptedMs: number, act: () => void) => afterReal(scriptedMs * pace, act),
    afterReal: (realMs: number, act: () => void) => afterReal(realMs, act),
    pass: (scriptedMs: number) =>
      new Promise<void>((resolve) => {
        afterReal(scriptedMs * pace, resolve, resolve);
      }),
    close: () => {
      for (const [timer, onClose] of [...open]) {
        clearTimeout(timer);
        onClose?.();
      }
      open.clear();
    },
  });
}
