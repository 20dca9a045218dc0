/**
 * Translates a report of the pretend network into the gateway's own event, and the call as it then stands into what the
 * line does next. Pure, as a webhook's translator is: the same report of the same call gives the same answer.
 */
import { unreachable } from '../../ports/errors.ts';
import type { CallId } from '../../ports/ids.ts';
import { answerAgent, answerCaller, keysAccept, whisperToAgent } from '../../telephony/answer-call.ts';
import { type Call, type CallEvent, legOf } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LineReport } from './line.ts';

const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];

/** The call a report names by itself: the one its instruction was given for, or its line's. */
export function callNamedBy({ line, fact }: LineReport): CallId | null {
  return ('next' in fact ? fact.next.callId : null) ?? line.callId;
}

/** The gateway's event, or null when the report says nothing that the call machine knows. */
export function eventOf({ line, fact }: LineReport): CallEvent | null {
  const { legId } = line;
  switch (fact.what) {
    case 'ringing':
      return legId === null ? null : { type: 'leg-ringing', legId };
    case 'answered':
      return legId === null ? null : { type: 'leg-answered', legId };
    case 'ended':
      return legId === null ? { type: 'caller-ended' } : { type: 'leg-ended', legId, reason: fact.reason };
    case 'keys':
      if (fact.next.step !== 'agent-keys') return null;
      return keysAccept(fact.digits)
        ? { type: 'leg-accepted', legId: fact.next.legId }
        : { type: 'leg-ended', legId: fact.next.legId, reason: 'declined' };
    case 'room-ended':
      return { type: 'room-ended' };
    case 'dial-ended':
      return { type: 'failover-ended', answered: fact.answered };
    case 'recorded':
      return { type: 'voicemail-left', seconds: fact.seconds, recordingId: fact.recordingId };
    default:
      return unreachable(fact);
  }
}

/** What the line does next. `call` is null when the record does not know it. Not performed where nothing is owed. */
export function answerReport({ line, fact }: LineReport, call: Call | null): readonly Instruction[] {
  switch (fact.what) {
    case 'ringing':
    case 'ended':
      return hangUp;
    case 'answered': {
      const leg = call === null || line.legId === null ? undefined : legOf(call, line.legId);
      return call === null || leg === undefined ? hangUp : whisperToAgent(call, leg);
    }
    case 'keys':
      if (call === null || fact.next.step !== 'agent-keys' || !keysAccept(fact.digits)) return hangUp;
      return answerAgent(call, fact.next.legId);
    case 'dial-ended':
      if (call === null) return fact.answered ? hangUp : [nobodyAnswered, ...hangUp];
      return answerCaller(call);
    case 'room-ended':
    case 'recorded':
      return call === null ? hangUp : answerCaller(call);
    default:
      return unreachable(fact);
  }
}

const nobodyAnswered: Instruction = { verb: 'say', text: 'Sorry, nobody can take your call just now. Goodbye.' };
