/**
 * SIP and tel addresses as they stand in a request line or a header (RFC 3261 sections 19 and 25, RFC 3966). They come
 * from strangers, so reading is bounded, never throws, and answers null for what is no address.
 */
import { limits } from '../../../config/limits.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** Without its escapes; empty when there is none. For `tel` the number as written. */
  readonly user: string;
  /** Lower case; empty for `tel`. */
  readonly host: string;
  readonly port: number | null;
  /** Parameters of the user part, of the address and, in a header, behind it; names in lower case. */
  readonly params: ReadonlyMap<string, string>;
}

/** An address in a header, with its display name left out. */
export interface NameAddress {
  readonly uri: SipUri;
  /** The address as it was written, without brackets. */
  readonly text: string;
  /** Parameters behind the brackets, such as `tag` or `expires`. */
  readonly params: ReadonlyMap<string, string>;
}

const nothing: ReadonlyMap<string, string> = new Map();
const hostForm = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,252}))$/;

/** Reads an address such as `sip:+15035550100@trunk.example;user=phone`; null when it is none. */
export function parseSipUri(text: string): SipUri | null {
  if (text.length > limits.sipUriLengthMax || /[\s<>"]/.test(text)) return null;
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1).split('?', 1)[0] ?? '';
  if (scheme === 'tel') return parseTel(rest);
  if (scheme !== 'sip' && scheme !== 'sips') return null;
  const at = rest.lastIndexOf('@');
  const [userText = '', ...userParams] = at < 0 ? [] : (rest.slice(0, at).split(':', 1)[0] ?? '').split(';');
  const [place = '', ...params] = rest.slice(at + 1).split(';');
  const [, host = '', portText] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(place) ?? [];
  const user = unescapeUser(userText);
  const port = portText === undefined ? null : Number(portText);
  if (user === null || !hostForm.test(host.toLowerCase()) || (port !== null && (port < 1 || port > 65_535)))
    return null;
  return { scheme, user, host: host.toLowerCase(), port, params: readParams([...userParams, ...params]) };
}

/** Reads the first address of a header such as From, To, Contact or P-Asserted-Identity; null when there is none. */
export function parseNameAddress(header: string): NameAddress | null {
  if (header.length > limits.sipHeaderLengthMax) return null;
  const unnamed = header.replace(/^\s*"(?:[^"\\]|\\.)*"\s*/, '').trim();
  const open = unnamed.indexOf('<');
  if (open >= 0) {
    const close = unnamed.indexOf('>', open);
    if (close < 0) return null;
    const text = unnamed.slice(open + 1, close).trim();
    const behind = unnamed.slice(close + 1).split(',', 1)[0] ?? '';
    return nameAddress(text, readParams(behind.split(';').slice(1)));
  }
  // Without brackets everything behind a semicolon belongs to the header (RFC 3261 section 20).
  const [text = '', ...params] = (unnamed.split(',', 1)[0] ?? '').split(';');
  return nameAddress(text.trim(), readParams(params));
}

/** The addresses of a header that lists several, such as Contact; null when one of them is none. */
export function parseNameAddresses(header: string): readonly NameAddress[] | null {
  const parts = splitList(header);
  if (parts === null) return null;
  const addresses = parts.map(parseNameAddress);
  return addresses.every((address) => address !== null) ? addresses : null;
}

/** Splits at commas that stand neither in quotes nor in brackets; null for too many parts. */
export function splitList(header: string): readonly string[] | null {
  if (header.length > limits.sipHeaderLengthMax) return null;
  const parts: string[] = [];
  let quoted = false;
  let bracketed = false;
  let from = 0;
  for (let at = 0; at < header.length; at += 1) {
    const char = header[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === '<') bracketed = true;
    else if (!quoted && char === '>') bracketed = false;
    else if (!quoted && !bracketed && char === ',') {
      parts.push(header.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(header.slice(from).trim());
  return parts.length > limits.sipListItemsMax ? null : parts;
}

/** An IPv4 or IPv6 address or a name, with the port where there is one: how a request is sent to a place. */
export function hostPort(host: string, port: number | null): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return port === null ? bracketed : `${bracketed}:${port}`;
}

function nameAddress(text: string, params: ReadonlyMap<string, string>): NameAddress | null {
  const uri = parseSipUri(text);
  return uri === null ? null : { uri, text, params };
}

function parseTel(rest: string): SipUri | null {
  const [number = '', ...params] = rest.split(';');
  if (!/^\+?[0-9().-]{1,40}$/.test(number)) return null;
  const user = number.replace(/[().-]/g, '');
  return { scheme: 'tel', user, host: '', port: null, params: readParams(params) };
}

function unescapeUser(text: string): string | null {
  if (text.length > limits.sipUserLengthMax) return null;
  try {
    const user = decodeURIComponent(text);
    return /^\P{Cc}*$/u.test(user) ? user : null;
  } catch {
    return null;
  }
}

function readParams(parts: readonly string[]): ReadonlyMap<string, string> {
  if (parts.length === 0) return nothing;
  const params = new Map<string, string>();
  for (const part of parts.slice(0, limits.sipListItemsMax)) {
    const [name = '', ...value] = part.split('=');
    if (name.trim() !== '')
      params.set(
        name.trim().toLowerCase(),
        value
          .join('=')
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      );
  }
  return params;
}
