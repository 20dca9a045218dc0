/** What a caller hears first, at every carrier that asks by webhook. */

import type { E164 } from '../ports/e164.ts';
import { unreachable } from '../ports/errors.ts';
import { failoverInstructions, instructionsFor } from '../telephony/answer-call.ts';
import type { Instruction } from '../telephony/instructions.ts';
import type { AnswerInTime } from './answer-in-time.timer.ts';

const notInService: readonly Instruction[] = [
  { verb: 'say', text: 'The number you have called is not in service. Please check the number and try again.' },
  { verb: 'hang-up' },
];

/** `dnis`: the number that was called. */
export function answerIncoming(answer: Awaited<ReturnType<AnswerInTime>>, dnis: E164): readonly Instruction[] {
  switch (answer.kind) {
    case 'taken':
      return instructionsFor(answer.call, null);
    case 'unknown-number':
      return notInService;
    case 'failover':
      return failoverInstructions(answer.to, dnis);
    default:
      return unreachable(answer);
  }
}
