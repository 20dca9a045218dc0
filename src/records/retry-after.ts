/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3), by which an overloaded endpoint says how long to leave it alone: whole
 * seconds, or an HTTP date. What cannot be read counts as not said; our own table of pauses decides then.
 */

/** Milliseconds from `nowMs` (Unix ms), never negative; null when absent or unreadable. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000;
  // The one date form senders must use; Date.parse alone would take "1.5" for a day in January.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : Math.max(0, instant - nowMs);
}
