/**
 * The wakes a process follows with its own hands. Whoever has made the work is at hand to do it: that costs no queue a
 * message, and goes on while the queue is away. Wakes beyond what one process should keep to itself are given to the
 * queue, for whichever process has a hand free. Like every wake these are hints: a process that dies takes them with it,
 * and the sweep finds what they stood for.
 */
import { limits } from '../../config/limits.ts';
import type { Wake } from './jobs.ts';

export interface OwnWakes {
  /** Takes what it can; answers with what the queue should have. */
  take(wakes: readonly Wake[]): Wake[];
  /** Takes what the queue would not have, as far as there is room; the others are left to the sweep. */
  takeBack(wakes: readonly Wake[]): void;
  /** Runs something of the queue's with one of the same hands, once one is free. */
  lend(act: () => Promise<void>): Promise<void>;
  /** Waits for what is under way; answers with what was not begun. */
  close(): Promise<readonly Wake[]>;
}

interface World {
  /** Lanes at once, the queue's included. */
  readonly hands: number;
  readonly handler: (lane: string) => Promise<void>;
  /** Gives the queue a wake whose time has come while all hands were busy. */
  readonly pass: (wake: Wake) => void;
  readonly logFault: (fault: unknown, event: string) => void;
}

export function createOwnWakes(world: World): OwnWakes {
  const waiting: (() => Promise<void>)[] = [];
  const lanes = new Map<() => Promise<void>, Wake>();
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();
  let isClosed = false;

  function begin(act: () => Promise<void>): void {
    lanes.delete(act);
    const running = act().finally(() => {
      underWay.delete(running);
      const next = isClosed ? undefined : waiting.shift();
      if (next !== undefined) begin(next);
    });
    underWay.add(running);
  }

  function give(act: () => Promise<void>): void {
    if (underWay.size < world.hands) begin(act);
    else waiting.push(act);
  }

  function run(wake: Wake): void {
    const act = () => world.handler(wake.lane).catch((fault: unknown) => world.logFault(fault, 'wake-handler-failed'));
    lanes.set(act, wake);
    give(act);
  }

  function takeOne(wake: Wake, waitingMax: number): boolean {
    if (isClosed) return false;
    const { delayMs = 0 } = wake;
    // The sweep looks every other second for what is due: hours ahead a reminder is of no use.
    if (delayMs > limits.ownWakeDelayMsMax || (delayMs > 0 && timers.size >= limits.ownWakeTimersMax)) return true;
    if (delayMs > 0) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (!takeOne({ lane: wake.lane }, limits.ownWakesWaitingMax)) world.pass({ lane: wake.lane });
      }, delayMs);
      timers.add(timer.unref());
      return true;
    }
    if (waiting.length >= waitingMax) return false;
    run(wake);
    return true;
  }

  return Object.freeze({
    take: (wakes: readonly Wake[]) => wakes.filter((wake) => !takeOne(wake, limits.ownWakesWaitingMax)),

    takeBack(wakes: readonly Wake[]): void {
      for (const wake of wakes) takeOne(wake, limits.ownWakesKeptMax);
    },

    lend: (act: () => Promise<void>) =>
      new Promise<void>((done, failed) => {
        give(() => act().then(done, failed));
      }),

    async close(): Promise<readonly Wake[]> {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      const left = [...lanes.values()];
      // A job of the queue's that waits for a hand is done all the same: the queue waits for it.
      for (const act of waiting.splice(0)) if (!lanes.has(act)) begin(act);
      while (underWay.size > 0) await Promise.all(underWay);
      return left;
    },
  });
}
