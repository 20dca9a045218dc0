/**
 * What becomes of a callback when the call that was made for it is over. That no agent took it is nobody's attempt: it
 * waits on at its place. A customer who was not reached is tried again after a pause, a few times. Pure.
 */
import { limits } from '../../config/limits.ts';
import type { Verdict } from './verdict.ts';

export type CallbackOutcome =
  | { readonly state: 'completed' | 'failed'; readonly why: string; readonly attempts: number }
  | { readonly state: 'waiting'; readonly why: string; readonly attempts: number; readonly nextAt: number };

/** `attempts`: at the customer, before this call; `now`: Unix ms. */
export function outcomeOf({ outcome, slug }: Verdict, attempts: number, now: number): CallbackOutcome {
  const why = slug;
  if (outcome === 'answered' || outcome === 'voicemail') return { state: 'completed', why, attempts: attempts + 1 };
  if (slug === 'hung-up') return { state: 'failed', why, attempts };
  if (outcome === 'unreached' || outcome === 'abandoned') {
    const tried = attempts + 1;
    if (tried >= limits.callbackAttemptsMax) return { state: 'failed', why, attempts: tried };
    return { state: 'waiting', why, attempts: tried, nextAt: now + limits.callbackPauseMs };
  }
  return { state: 'waiting', why, attempts, nextAt: now + limits.agentRestMs };
}
