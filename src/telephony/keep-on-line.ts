/**
 * What a leg does in the middle of its call when the record does not say: it is asked to wait a moment and asks again by
 * itself, because a carrier that is answered nothing speaks an error and hangs up. After some times the caller goes where
 * the number's callers go without the record, and an agent is let go. A caller who waits for somebody just goes on
 * waiting with music, for longer. Pure.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import type { LegId } from '../ports/ids.ts';
import { afterFailover, failoverInstructions } from './answer-call.ts';
import type { Instruction, WaitedStep } from './instructions.ts';
import type { LegReport } from './leg-report.ts';

export interface Patience {
  /** How often this leg has asked already. */
  readonly asked: number;
  /** The number's failover destination and the number, for the caller's own leg. */
  readonly failover: { readonly to: E164; readonly dnis: E164 } | null;
}

/** `failover`: the caller goes to the number's destination for good. */
export interface KeptOnLine {
  readonly instructions: readonly Instruction[];
  readonly isFailover: boolean;
}

export function keepOnLine(
  { callId, legId, fact }: Pick<LegReport, 'callId' | 'legId' | 'fact'>,
  { asked, failover }: Patience,
): KeptOnLine {
  const stay = (instructions: readonly Instruction[]): KeptOnLine => ({ instructions, isFailover: false });
  // The conversation is over, or the message left: nothing is to come but the end.
  if (fact.what === 'recorded' || (fact.what === 'dial-ended' && fact.answered)) return stay(afterFailover(true));
  if (asked < limits.askedAgainMax) {
    const next = { step: 'again', callId, legId, asked: asked + 1 } as const;
    return stay([
      {
        verb: 'gather',
        prompt: 'One moment, please.',
        digits: 1,
        finishKey: null,
        timeoutMs: limits.askAgainAfterMs,
        next,
      },
    ]);
  }
  return giveUp(legId, fact.what === 'dial-ended' ? null : failover);
}

/** A caller who waits outside of the room: one more round of music, and then the same end. */
export function keepWaiting(
  caller: Pick<WaitedStep, 'callId' | 'dnis' | 'carrierCallId'>,
  { asked, failover }: Patience,
): KeptOnLine {
  if (asked >= limits.holdRoundsWithoutRecordMax) return giveUp(null, failover);
  const { callId, dnis, carrierCallId } = caller;
  const next = { step: 'waited', callId, legId: null, asked: asked + 1, dnis, carrierCallId } as const;
  return { instructions: [{ verb: 'hold', seconds: limits.holdRoundMs / 1_000, next }], isFailover: false };
}

function giveUp(legId: LegId | null, failover: Patience['failover']): KeptOnLine {
  if (legId !== null || failover === null) return { instructions: afterFailover(false), isFailover: false };
  return { instructions: failoverInstructions(failover.to, failover.dnis), isFailover: true };
}
