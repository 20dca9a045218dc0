/**
 * Each webhook's token counts for one address only. Vonage signs the body and not the address it is sent to, and our
 * addresses say which call and leg is meant: so a token that comes again is taken where it came before, because Vonage
 * tries again and is owed the same answer, and nowhere else. Bounded and per process; across processes and restarts the
 * same is seen to by `webhooks.ts`, which holds the signed call id against the leg that the address names, and by the
 * record, which takes each report once.
 */
import { carrierLimits } from '../../../config/carrier-limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';

export interface SeenTokens {
  /**
   * Remembers that a token came to `address`.
   * @throws AppError `signature-wrong` when it has come to another one.
   */
  note(tokenId: string, address: string): void;
}

interface Seen {
  readonly address: string;
  readonly until: number;
}

export function createSeenTokens({ clock }: { clock: Clock }): SeenTokens {
  const seen = new Map<string, Seen>();

  /** The oldest stand first. A token is too old to verify once it is forgotten. */
  const forget = (now: number): void => {
    for (const [id, { until }] of seen) {
      if (until > now && seen.size < carrierLimits.vonageTokensKeptMax) return;
      seen.delete(id);
    }
  };

  return Object.freeze({
    note(tokenId: string, address: string): void {
      const now = clock.now();
      forget(now);
      const before = seen.get(tokenId);
      if (before === undefined) {
        // A token made in our future lives as long again.
        seen.set(tokenId, { address, until: now + 2 * carrierLimits.vonageTokenAgeSecondsMax * 1_000 });
      } else if (before.address !== address) {
        throw new AppError('signature-wrong', { detail: 'this token was used at another address' });
      }
    },
  });
}
