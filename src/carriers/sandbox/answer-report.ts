/**
 * Translates a report of the pretend network into the words of telephony, as a webhook's translator does.
 */
import { unreachable } from '../../ports/errors.ts';
import type { CallId, LegId } from '../../ports/ids.ts';
import { afterFailover } from '../../telephony/answer-call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { LineReport } from './line.ts';

/** The call a report names by itself: the one its instruction was given for, or its line's. */
export function callNamedBy({ line, fact }: LineReport): CallId | null {
  return ('next' in fact ? fact.next.callId : null) ?? line.callId;
}

/** The report as telephony hears it. */
export function legReportOf(report: LineReport, callId: CallId): LegReport {
  const { line, sequence, fact } = report;
  return {
    carrier: 'sandbox',
    dedupKey: `${line.id}:${fact.what}:${sequence}`,
    callId,
    legId: legOf(report),
    carrierCallId: line.legId === null ? null : line.id,
    fact: legFactOf(report),
    raw: { callSid: line.id, sequence, ...fact },
  };
}

/** What the line does next when the record does not know its call. Not performed where nothing is owed. */
export function answerUnknown({ fact }: LineReport): readonly Instruction[] {
  return afterFailover(fact.what !== 'dial-ended' || fact.answered);
}

function legOf({ line, fact }: LineReport): LegId | null {
  return 'next' in fact ? fact.next.legId : line.legId;
}

function legFactOf({ fact }: LineReport): LegFact {
  switch (fact.what) {
    case 'ringing':
    case 'answered':
      return { what: fact.what };
    case 'ended':
      return { what: 'ended', reason: fact.reason };
    case 'keys':
      return { what: 'keys', digits: fact.digits, turn: fact.next.step === 'keys' ? fact.next.turn : undefined };
    case 'left-room':
      return { what: 'left-room', room: fact.room };
    case 'dial-ended':
      return { what: 'dial-ended', answered: fact.answered };
    case 'recorded':
      return { what: 'recorded', seconds: fact.seconds, recordingId: fact.recordingId };
    default:
      return unreachable(fact);
  }
}
