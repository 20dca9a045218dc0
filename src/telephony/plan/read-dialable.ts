/**
 * What a plan may name as a destination: a telephone number in E.164, or an address at a SIP host. Only the plain form
 * of a SIP URI is taken (RFC 3261 section 19.1): parameters and headers in it could change where and how it is dialled.
 */
import { type E164, parseE164 } from '../../ports/e164.ts';
import type { Dialable, SipAddress } from '../instructions.ts';

const sipForm =
  /^sip:[A-Za-z0-9._~+-]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?::\d{1,5})?$/;

/** A number or an address; null for anything else. */
export function readDialable(text: string): Dialable | null {
  if (text.length > 255) return null;
  if (sipForm.test(text)) return text as SipAddress;
  return isE164(text) ? text : null;
}

/** The host of a SIP address, without its port; null for a number. */
export function sipHostOf(to: Dialable): string | null {
  return sipForm.exec(to)?.[1] ?? null;
}

/** Whether the text is a number in E.164 as it stands. */
export function isE164(text: string): text is E164 {
  return parseE164(text) === text;
}
