/**
 * The three headers of Standard Webhooks 1.0, by which a contact centre knows that an event is ours, whole and recent.
 * The id stays the same on every try, so a receiver can drop doubles; the timestamp is that of the try. While a secret
 * is being rotated each live one signs, and the signatures stand side by side, so the receiver may change over at any
 * moment of the day. The signature itself is made by the standard's own library.
 */
import { Webhook } from 'standardwebhooks';
import type { RandomBytes } from '../ports/ids.ts';

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

const prefix = 'whsec_';
const keyBytesMin = 24;
const keyBytesMax = 64;
const newKeyBytes = 32;

/**
 * Signs one try of an event. `secrets` are `whsec_…`, the newest first; `timestampSeconds` is Unix seconds of this try.
 * @throws Error when an argument would make a signature nobody can check: no secret, one outside 24 to 64 bytes, an id
 * with a dot (the signed text is joined by dots), a timestamp that is not whole seconds. No message holds a secret.
 */
export function signEvent(event: {
  readonly eventId: string;
  readonly timestampSeconds: number;
  readonly body: string;
  readonly secrets: readonly string[];
}): SignedHeaders {
  if (event.eventId === '' || event.eventId.includes('.')) throw new Error('a webhook id must be a text without "."');
  if (!Number.isSafeInteger(event.timestampSeconds)) throw new Error('a webhook timestamp must be whole seconds');
  if (event.secrets.length === 0) throw new Error('an endpoint without a secret cannot be signed for');
  const triedAt = new Date(event.timestampSeconds * 1_000);
  const signatures = event.secrets.map((secret) => {
    if (!isEndpointSecret(secret)) throw new Error('an endpoint secret must be whsec_ and base64 of 24 to 64 bytes');
    return new Webhook(secret).sign(event.eventId, triedAt, event.body);
  });
  return {
    'webhook-id': event.eventId,
    'webhook-timestamp': String(event.timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}

/** A fresh secret of 256 random bits, in the form that is shown once to the endpoint's owner. */
export function newEndpointSecret(randomBytes: RandomBytes): string {
  return `${prefix}${Buffer.from(randomBytes(newKeyBytes)).toString('base64')}`;
}

function isEndpointSecret(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const encoded = text.slice(prefix.length);
  const key = Buffer.from(encoded, 'base64');
  // Node skips what is not base64; only a text that comes back the same was base64 throughout.
  return key.toString('base64') === encoded && key.length >= keyBytesMin && key.length <= keyBytesMax;
}
