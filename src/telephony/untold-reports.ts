/**
 * What carriers have said of calls while the record did not answer, remembered in memory, within a bound, until it can be
 * told. Carriers say most things once: forgotten, an agent would stay engaged with a caller who has gone, until the
 * carrier is asked whether the call still lives.
 */
import { limits } from '../../config/limits.ts';
import type { CallId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';

export interface Untold {
  /** The same for every repetition. */
  readonly key: string;
  readonly callId: CallId | null;
  /** Tells it, however often: rejects while the record is away. */
  readonly tell: () => Promise<unknown>;
}

export interface UntoldReports {
  keep(untold: Untold): void;
  /** Tells what is kept of one call, in order; rejects when the record does not take it. */
  tellOf(callId: CallId): Promise<void>;
  /** Tells all of it, as far as the record answers; a second call waits for the one under way. */
  tellLater(): Promise<void>;
}

export function createUntoldReports({ log }: { readonly log: Log }): UntoldReports {
  const kept = new Map<string, Untold>();
  let telling: Promise<void> | null = null;

  async function tell(untold: Untold): Promise<void> {
    await untold.tell();
    if (kept.get(untold.key) === untold) kept.delete(untold.key);
  }

  /** What fails by itself goes to the back, so that it does not keep the others waiting. */
  async function tellAll(): Promise<void> {
    for (const untold of [...kept.values()]) {
      try {
        await tell(untold);
      } catch (fault) {
        log.warn({ fault, callId: untold.callId, kept: kept.size }, 'report-not-told-yet');
        kept.delete(untold.key);
        kept.set(untold.key, untold);
        return;
      }
    }
  }

  return Object.freeze({
    keep(untold: Untold): void {
      if (kept.has(untold.key)) return;
      if (kept.size < limits.untoldReportsMax) kept.set(untold.key, untold);
      else log.error({ callId: untold.callId }, 'report-not-kept');
    },

    async tellOf(callId: CallId): Promise<void> {
      for (const untold of [...kept.values()]) if (untold.callId === callId) await tell(untold);
    },

    tellLater(): Promise<void> {
      telling ??= tellAll().finally(() => {
        telling = null;
      });
      return telling;
    },
  });
}
