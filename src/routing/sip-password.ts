/**
 * A SIP phone's password as it is kept: never itself, only hashed with user and realm, once for each algorithm that digest
 * authentication may be asked with (RFC 8760). A new password has 24 random characters of an alphabet without lookalikes.
 */
import { createHash } from 'node:crypto';
import type { RandomBytes } from '../ports/ids.ts';
import type { Ha1 } from './sip-phones.ts';

const alphabet = '23456789abcdefghjkmnpqrstvwxyzAB';

/** 120 random bits. */
export function makeSipPassword(randomBytes: RandomBytes): string {
  return [...randomBytes(24)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

export function makeHa1(user: string, realm: string, password: string): Ha1 {
  const secret = `${user}:${realm}:${password}`;
  const hash = (algorithm: string) => createHash(algorithm).update(secret).digest('hex');
  return { sha256: hash('sha256'), md5: hash('md5') };
}
