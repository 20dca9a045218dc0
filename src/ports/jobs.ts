/**
 * Background work. A wake is a hint and nothing more: the truth about what is left to do stands in the outbox table,
 * so a wake may be lost, doubled or late and the sweep still finds the work. BullMQ is the one library behind this
 * port, on Redis or on the same PostgreSQL the record lives in.
 */

/** A hint that `lane` has something to do, now or after `delayMs`. */
export interface Wake {
  readonly lane: string;
  readonly delayMs?: number;
}

export interface Jobs {
  /** Posts hints; resolves when the queue has them. Rejects when the queue is away: callers log and go on. */
  wake(wakes: readonly Wake[]): Promise<void>;
  /** Starts handing woken lanes to `handler`, `concurrency` at a time, and calls `sweep` every `sweepEveryMs`. */
  start(work: {
    readonly handler: (lane: string) => Promise<void>;
    readonly sweep: () => Promise<void>;
    readonly concurrency: number;
    readonly sweepEveryMs: number;
  }): Promise<void>;
  /** Stops taking wakes, waits for handlers under way, closes connections. */
  close(): Promise<void>;
}
