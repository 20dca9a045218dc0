/**
 * Why a leg ended, from the SIP status it ended with (RFC 3261 section 21; contracts section 3), and the status a caller
 * is given when it is we who end the call before it was answered.
 */
import type { LegEnding } from '../../telephony/call.ts';

/** What one final answer above 299 says of the phone that gave it. */
export function endingOf(status: number): LegEnding {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 408:
    case 480:
      return 'no-answer';
    case 603:
    case 607:
    case 608:
      return 'declined';
    case 487:
      return 'canceled';
    default:
      return 'failed';
  }
}

/**
 * Which of several phones' answers speaks for the agent who has them all: somebody who declined or talks is there and
 * does not take the call; a phone that failed says nothing while another one rang.
 */
export function strongestEnding(endings: readonly LegEnding[]): LegEnding {
  const ranked: readonly LegEnding[] = ['declined', 'busy', 'no-answer', 'canceled', 'failed'];
  return ranked.find((ending) => endings.includes(ending)) ?? 'failed';
}

/** Whether another phone may still take a call that this one has not: 6xx speaks for everybody (section 16.7). */
export function speaksForAll(status: number): boolean {
  return status >= 600;
}

export type HangUpReason = 'busy' | 'rejected' | 'not-found' | 'unavailable' | 'none';

/** The status that ends an unanswered incoming call. */
export function statusOfHangUp(reason: HangUpReason): number {
  const statuses: Readonly<Record<HangUpReason, number>> = {
    busy: 486,
    rejected: 603,
    'not-found': 404,
    unavailable: 503,
    none: 480,
  };
  return statuses[reason];
}
