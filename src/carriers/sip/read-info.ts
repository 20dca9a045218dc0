/**
 * Keys that come as SIP INFO, the only way some trunks and phones have: `application/dtmf-relay` says `Signal=5`,
 * `application/dtmf` says `5`. Everything else in an INFO is not for us.
 */

/** The key pressed, or null when the body holds none. */
export function readKey(contentType: string, body: string): string | null {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const text =
    type === 'application/dtmf-relay' ? /^\s*Signal\s*=\s*(\S{1,2})\s*$/im.exec(body)?.[1] : plainKey(type, body);
  if (text === undefined) return null;
  // Telephone events by their number (RFC 4733 section 3.2): 10 is the star, 11 the hash.
  const key = text === '10' ? '*' : text === '11' ? '#' : text.toUpperCase();
  return /^[0-9*#A-D]$/.test(key) ? key : null;
}

function plainKey(type: string, body: string): string | undefined {
  return type === 'application/dtmf' ? /^\s*(\S{1,2})\s*$/.exec(body)?.[1] : undefined;
}
