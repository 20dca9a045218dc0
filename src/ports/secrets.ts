/**
 * Secrets at rest. API keys are kept only as SHA-256, because they are 256 random bits and never needed back; endpoint
 * secrets are needed back to sign, so they are sealed with AES-256-GCM under the gateway's own key, which lives outside
 * the database. Standard constructions of Node's crypto; nothing is invented here.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, hash, hkdfSync } from 'node:crypto';
import type { RandomBytes } from './ids.ts';

/** Seals and opens short texts; `context` (an id) must be the same for both, so a sealed value cannot be moved. */
export interface Secrets {
  seal(text: string, context: string): string;
  /** Throws when the value was made under another key, context or version, or was changed since. */
  open(sealed: string, context: string): string;
  /** Keyed HMAC of a value, for what must stay recognisable after erasure. Hex. */
  fingerprint(text: string): string;
  /**
   * Keyed digest of a short value that is asked for with every page view and kept for minutes at most: a quarter of what
   * a fingerprint costs. SHA-256 over key and value, cut to half, so that nobody can go on from it. 32 hex digits.
   */
  digest(text: string): string;
}

/** Stands before every sealed value, so that another construction can be told from this one. */
const sealVersion = '1.';

/** `masterKey` is 32 bytes; subkeys for sealing and fingerprints are derived from it with HKDF. */
export function createSecrets(world: { masterKey: Uint8Array; randomBytes: RandomBytes }): Secrets {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', world.masterKey, '', purpose, 32));
  const sealKey = derive('linekeeper seal 1');
  const fingerprintKey = createSecretKey(derive('linekeeper fingerprint 1'));
  const digestKey = derive('linekeeper digest 1').toString('hex');
  return Object.freeze({
    seal(text: string, context: string): string {
      const nonce = world.randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${sealVersion}${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed: string, context: string): string {
      if (!sealed.startsWith(sealVersion)) throw new Error('a sealed value is of a version this program does not know');
      const bytes = Buffer.from(sealed.slice(sealVersion.length), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
    fingerprint: (text: string) => createHmac('sha256', fingerprintKey).update(text).digest('hex'),
    digest: (text: string) => hash('sha256', `${digestKey}${text}`).slice(0, 32),
  });
}

/** Hex SHA-256 of a text; what is stored of an API key. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
