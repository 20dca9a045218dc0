/**
 * Digest authentication as SIP uses it (RFC 7616, RFC 8760): SHA-256 is offered first and MD5 for phones that know nothing
 * newer. Passwords are never kept: HA1 of each algorithm is enough to check an answer, and to give one to a trunk. Node's
 * crypto does the hashing; the packages there are for HTTP and know MD5 only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { limits } from '../../../config/limits.ts';
import { makeHa1 } from '../../routing/sip-password.ts';
import type { Ha1 } from '../../routing/sip-phones.ts';
import { splitList } from './sip-uri.ts';

export type Algorithm = 'SHA-256' | 'MD5';

/** What an Authorization header says. */
export interface Credentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: Algorithm;
  readonly qop: 'auth' | null;
  readonly cnonce: string;
  /** Eight hexadecimal digits; empty without qop. */
  readonly nc: string;
}

/** Reads the first Digest of an Authorization header; null for anything that is none or is not whole. */
export function readCredentials(header: string): Credentials | null {
  const params = readDigest(header);
  if (params === null) return null;
  const word = (params.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = word === 'SHA-256' || word === 'MD5' ? word : null;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map((name) =>
    params.get(name),
  );
  if (algorithm === null || !username || !realm || !nonce || !uri || !response) return null;
  const qop = params.get('qop') ?? null;
  const nc = params.get('nc') ?? '';
  const cnonce = params.get('cnonce') ?? '';
  if (qop !== null && (qop.toLowerCase() !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc) || cnonce === '')) return null;
  if (!/^[0-9a-f]{32}(?:[0-9a-f]{32})?$/i.test(response)) return null;
  return {
    username,
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm,
    qop: qop === null ? null : 'auth',
    cnonce,
    nc,
  };
}

/** Whether the answer was made with this password for this method. Constant time in the comparison. */
export function isRightAnswer(credentials: Credentials, method: string, ha1: Ha1): boolean {
  const expected = Buffer.from(responseTo(credentials, method, ha1));
  const given = Buffer.from(credentials.response);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The challenge headers, strongest first: one line each, because not every phone reads two in one. */
export function challengeHeader(name: string, realm: string, nonce: string, stale: boolean): string {
  const line = (algorithm: Algorithm) =>
    `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
  return `${line('SHA-256')}\r\n${name}: ${line('MD5')}`;
}

/**
 * The Authorization header that answers a trunk's challenge; null when it asks for what we cannot do. `cnonce` is fresh
 * randomness.
 */
export function answerChallenge(
  challenge: string,
  request: { readonly method: string; readonly uri: string },
  account: { readonly user: string; readonly password: string },
  cnonce: string,
): string | null {
  const params = strongestOf(challenge);
  const realm = params?.get('realm');
  const nonce = params?.get('nonce');
  if (params === undefined || realm === undefined || nonce === undefined) return null;
  const algorithm: Algorithm = (params.get('algorithm') ?? 'MD5').toUpperCase() === 'SHA-256' ? 'SHA-256' : 'MD5';
  const offered = params
    .get('qop')
    ?.split(',')
    .map((word) => word.trim().toLowerCase());
  if (offered !== undefined && !offered.includes('auth')) return null;
  const qop = offered === undefined ? null : ('auth' as const);
  const nc = qop === null ? '' : '00000001';
  const about = { username: account.user, realm, nonce, uri: request.uri, algorithm, qop, cnonce, nc };
  const response = responseTo(about, request.method, makeHa1(account.user, realm, account.password));
  const opaque = params.get('opaque');
  return [
    `Digest username="${account.user}", realm="${realm}", nonce="${nonce}", uri="${request.uri}"`,
    `response="${response}", algorithm=${algorithm}`,
    ...(qop === null ? [] : [`qop=auth, nc=${nc}, cnonce="${cnonce}"`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ].join(', ');
}

function responseTo(about: Omit<Credentials, 'response'>, method: string, ha1: Ha1): string {
  const { algorithm, nonce, nc, cnonce, uri } = about;
  const secret = algorithm === 'SHA-256' ? ha1.sha256 : ha1.md5;
  const request = hash(algorithm, `${method}:${uri}`);
  return hash(
    algorithm,
    about.qop === null ? `${secret}:${nonce}:${request}` : `${secret}:${nonce}:${nc}:${cnonce}:auth:${request}`,
  );
}

/** Several challenges may stand in one header, joined by commas: each begins with the word Digest. */
function strongestOf(header: string): ReadonlyMap<string, string> | undefined {
  const read = header
    .split(/,?\s*(?=\bDigest\s)/i)
    .map(readDigest)
    .filter((params) => params !== null);
  const of = (algorithm: string) =>
    read.find((params) => (params.get('algorithm') ?? 'MD5').toUpperCase() === algorithm);
  return of('SHA-256') ?? of('MD5');
}

function readDigest(header: string): ReadonlyMap<string, string> | null {
  if (header.length > limits.sipHeaderLengthMax) return null;
  const [, rest] = /^\s*Digest\s+(.*)$/is.exec(header) ?? [];
  const parts = rest === undefined ? null : splitList(rest);
  if (parts === null) return null;
  const params = new Map<string, string>();
  for (const part of parts) {
    const [, name, quoted, plain] = /^([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))$/i.exec(part) ?? [];
    if (name !== undefined && !params.has(name.toLowerCase())) params.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return params;
}

function hash(algorithm: Algorithm, text: string): string {
  return createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
    .update(text)
    .digest('hex');
}
