/**
 * Time comes in. Nothing below `main.ts` asks the machine what time it is, so a test can stand at midnight on a
 * clock change and one seed replays a whole day. All instants are Unix milliseconds.
 */

/** Where "now" comes from. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
}

/** The machine's own clock; handed out by `main.ts` only. */
export const systemClock: Clock = Object.freeze({ now: () => Date.now() });

/** The instant written last: pages that are served together are told the same one. */
const last = { instantMs: Number.NaN, text: '' };

/** An instant as the ISO 8601 text the wire uses, in UTC with milliseconds. */
export function toIso(instantMs: number): string {
  if (instantMs !== last.instantMs) {
    last.text = new Date(instantMs).toISOString();
    last.instantMs = instantMs;
  }
  return last.text;
}
