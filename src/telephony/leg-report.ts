/**
 * What a carrier tells of a call after it came in, in words no carrier owns. Every carrier translates its webhooks into
 * this and nothing else; `eventsOf` says what the call machine makes of it. A leg is named by the call and, unless it is
 * the caller's own, by our id of the leg.
 */
import { unreachable } from '../ports/errors.ts';
import type { CallId, LegId } from '../ports/ids.ts';
import { keysAccept } from './answer-leg.ts';
import type { Call, CallEvent, LegEnding } from './call.ts';

export type LegFact =
  | { readonly what: 'ringing' }
  | { readonly what: 'answered' }
  /** A machine has picked up: a voicemail or an announcement. */
  | { readonly what: 'machine' }
  | { readonly what: 'ended'; readonly reason: LegEnding }
  /** Keys after a prompt; none when the prompt ran out. */
  | { readonly what: 'keys'; readonly digits: string; readonly turn?: number | undefined }
  | { readonly what: 'left-room'; readonly room: string }
  | { readonly what: 'dial-ended'; readonly answered: boolean }
  /** A voicemail. */
  | { readonly what: 'recorded'; readonly seconds: number; readonly recordingId: string | null }
  | { readonly what: 'conversation-recorded'; readonly seconds: number; readonly recordingId: string }
  /** Kept, and nothing more. */
  | { readonly what: 'noted' };

export interface LegReport {
  readonly carrier: string;
  /** The same for every repetition of this report, made of fields the carrier signs. */
  readonly dedupKey: string;
  readonly callId: CallId;
  /** Null: the caller's own leg. */
  readonly legId: LegId | null;
  /** The leg's id at the carrier, when the report names it. */
  readonly carrierCallId: string | null;
  readonly fact: LegFact;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What the call machine is told, in this order. `outbound`: of the call it is about; left out, that came in. Pure. */
export function eventsOf(
  { legId, carrierCallId, fact }: Omit<LegReport, 'carrier' | 'dedupKey' | 'raw'>,
  { outbound }: Pick<Call, 'outbound'> = { outbound: null },
): CallEvent[] {
  if (legId !== null && legId === outbound?.legId) return customerEvents(carrierCallId, fact);
  if (legId === null) return callerEvents(fact);
  const dialled: CallEvent[] = carrierCallId === null ? [] : [{ type: 'leg-dialled', legId, carrierCallId }];
  return [...dialled, ...legEvents(legId, fact)];
}

/** The phone of a customer whom we call: on its way up it is a leg, afterwards the caller's own. */
function customerEvents(carrierCallId: string | null, fact: LegFact): CallEvent[] {
  const dialled: CallEvent[] = carrierCallId === null ? [] : [{ type: 'customer-dialled', carrierCallId }];
  switch (fact.what) {
    case 'ringing':
      return [...dialled, { type: 'customer-ringing' }];
    case 'answered':
      return [...dialled, { type: 'customer-answered' }];
    case 'machine':
      return [...dialled, { type: 'customer-machine' }];
    case 'ended':
      return [...dialled, { type: 'caller-ended', reason: fact.reason }];
    default:
      return [...dialled, ...callerEvents(fact)];
  }
}

function callerEvents(fact: LegFact): CallEvent[] {
  switch (fact.what) {
    case 'ended':
      return [{ type: 'caller-ended' }];
    case 'left-room':
      return [{ type: 'room-ended', room: fact.room }];
    case 'dial-ended':
      return [{ type: 'failover-ended', answered: fact.answered }];
    case 'recorded':
      return [{ type: 'voicemail-left', seconds: fact.seconds, recordingId: fact.recordingId }];
    case 'keys':
      return [{ type: 'caller-keys', digits: fact.digits, turn: fact.turn ?? null }];
    case 'conversation-recorded':
      return [{ type: 'conversation-recorded', recordingId: fact.recordingId, seconds: fact.seconds }];
    case 'ringing':
    case 'answered':
    case 'machine':
    case 'noted':
      return [];
    default:
      return unreachable(fact);
  }
}

function legEvents(legId: LegId, fact: LegFact): CallEvent[] {
  switch (fact.what) {
    case 'ringing':
      return [{ type: 'leg-ringing', legId }];
    case 'answered':
      return [{ type: 'leg-answered', legId }];
    case 'machine':
      return [{ type: 'leg-ended', legId, reason: 'no-answer' }];
    case 'ended':
      return [{ type: 'leg-ended', legId, reason: fact.reason }];
    case 'keys':
      return keysAccept(fact.digits)
        ? [{ type: 'leg-accepted', legId }]
        : [{ type: 'leg-ended', legId, reason: 'declined' }];
    case 'left-room':
    case 'dial-ended':
    case 'recorded':
    case 'conversation-recorded':
    case 'noted':
      return [];
    default:
      return unreachable(fact);
  }
}
