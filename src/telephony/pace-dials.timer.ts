/**
 * Keeps a carrier account within the calls it may place in a second (contracts sections 1 and 2): a dial over it waits for
 * the next second, and one that finds that full too is answered as if the carrier were away, so that the outbox tries it
 * again and no worker stands in line. What a call under way needs is never held up. Counted per process: several of them
 * may together ask for more, which the carrier answers with 429 and the outbox repeats.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { DialAnswer, DialOrder, VoiceCarrier } from './voice-carrier.ts';

/** The same carrier, whose dials go out at `callsPerSecond` at most. */
export function paceDials(carrier: VoiceCarrier, callsPerSecond: number): VoiceCarrier {
  const dials = new RateLimiterMemory({ keyPrefix: 'dials', points: callsPerSecond, duration: 1 });
  return Object.freeze({
    ...carrier,
    async dial(order: DialOrder): Promise<DialAnswer> {
      const waitMs = await takeTurn(dials, carrier.name);
      if (waitMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        if ((await takeTurn(dials, carrier.name)) > 0) {
          return {
            kind: 'unavailable',
            reason: `${carrier.name} is asked for ${callsPerSecond} calls a second already`,
          };
        }
      }
      return carrier.dial(order);
    },
  });
}

/** Answers with 0 when it is this dial's turn, otherwise with the milliseconds until the next second begins. */
async function takeTurn(dials: RateLimiterMemory, carrier: string): Promise<number> {
  try {
    await dials.consume(carrier);
    return 0;
  } catch (fault) {
    if (fault instanceof RateLimiterRes) return Math.max(fault.msBeforeNext, 1);
    throw fault;
  }
}
