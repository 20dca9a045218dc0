/**
 * The body an endpoint receives: `{ type, timestamp, data }` (Standard Webhooks 1.0). It is made of the recorded event
 * alone, so every try of an event carries the same bytes. An event too large for the bound is still told, because the
 * next one of its subject would otherwise leave a gap in the sequence: its data shrinks to what names it, and the
 * receiver reads the whole through the API by the webhook's id.
 */

/** An event as the outbox keeps it; `data` holds `subject` and `sequence`. */
export interface RecordedEvent {
  readonly type: string;
  /** ISO 8601, UTC: when it happened, not when it is sent. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The JSON text to sign and send, at most `bytesMax` bytes of UTF-8. Beyond it, data is
 * `{ subject, sequence, truncated: true }`.
 */
export function eventBody(event: RecordedEvent, bytesMax: number): string {
  const whole = bodyWith(event, event.data);
  if (Buffer.byteLength(whole) <= bytesMax) return whole;
  const { subject, sequence } = event.data;
  return bodyWith(event, { subject, sequence, truncated: true });
}

function bodyWith({ type, timestamp }: RecordedEvent, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, timestamp, data });
}
