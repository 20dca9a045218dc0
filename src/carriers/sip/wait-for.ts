/** Waiting that whatever a leg is told next can end. */
import type { Leg } from './leg.ts';

/** Resolves after so long, or as soon as the leg's `stopWaiting` is called. */
export function waitFor(leg: Leg, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      if (leg.stopWaiting === stop) leg.stopWaiting = null;
      resolve();
    };
    const timer = setTimeout(stop, durationMs);
    leg.stopWaiting = stop;
  });
}
