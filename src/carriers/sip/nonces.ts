/**
 * The nonces our challenges carry. One is a time and a keyed hash of it, so a stranger's flood of challenges leaves nothing
 * in memory; only nonces that were answered rightly are remembered, with the highest count seen, so that a recorded answer
 * cannot be played again (RFC 7616 section 3.4). The key is this process's own: after a restart a phone hears "stale" once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RandomBytes } from '../../ports/ids.ts';

export interface Nonces {
  make(): string;
  /** `stale`: ours and too old; `unknown`: not ours. */
  look(nonce: string): 'fresh' | 'stale' | 'unknown';
  /** Uses a nonce up to this count; false when that count was used before. Without qop (null) a nonce serves once. */
  use(nonce: string, nc: string | null): boolean;
}

export function createNonces(world: { readonly clock: Clock; readonly randomBytes: RandomBytes }): Nonces {
  const key = world.randomBytes(32);
  const counts = new Map<string, number>();
  const signatureOf = (body: string) => createHmac('sha256', key).update(body).digest('base64url').slice(0, 32);

  function forgetOld(): void {
    for (const nonce of counts.keys()) {
      if (counts.size <= limits.sipNoncesKeptMax && world.clock.now() - madeAt(nonce) <= limits.sipNonceLifeMs) return;
      counts.delete(nonce);
    }
  }

  return Object.freeze({
    make(): string {
      const body = `${world.clock.now().toString(36)}.${Buffer.from(world.randomBytes(9)).toString('base64url')}`;
      return `${body}.${signatureOf(body)}`;
    },

    look(nonce: string): 'fresh' | 'stale' | 'unknown' {
      const [, body, signature] = /^([0-9a-z]{1,12}\.[\w-]{12})\.([\w-]{32})$/.exec(nonce) ?? [];
      if (body === undefined || signature === undefined) return 'unknown';
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(body)))) return 'unknown';
      const age = world.clock.now() - madeAt(nonce);
      return age <= limits.sipNonceLifeMs ? 'fresh' : 'stale';
    },

    use(nonce: string, nc: string | null): boolean {
      const count = nc === null ? Number.MAX_SAFE_INTEGER : Number.parseInt(nc, 16);
      const seen = counts.get(nonce) ?? 0;
      if (count <= seen) return false;
      counts.set(nonce, count);
      forgetOld();
      return true;
    },
  });
}

function madeAt(nonce: string): number {
  return Number.parseInt(nonce.split('.', 1)[0] ?? '', 36);
}
