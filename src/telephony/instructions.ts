/**
 * What a phone is told to do, in words no carrier owns. A carrier's translator turns a list of these into its own
 * dialect (TwiML, NCCO, SIP actions); the sandbox carrier performs them as they are. Where an answer is wanted (keys,
 * the end of a dial), `next` says which leg of which call it is about; the translator makes the address.
 */
import type { E164 } from '../ports/e164.ts';
import type { CallId, LegId } from '../ports/ids.ts';

declare const brand: unique symbol;

/** A SIP address such as `sip:ada@example.com`. */
export type SipAddress = `sip:${string}` & { readonly [brand]: 'SipAddress' };

/** What can be rung. */
export type Dialable = E164 | SipAddress;

/** Where a carrier reports back to when an instruction has run its course. `legId` null: the caller's own leg. */
export type NextStep =
  /** The room ended, or the leg was put out of it. */
  | { readonly step: 'left-room'; readonly callId: CallId; readonly legId: LegId | null; readonly room: string }
  /** `turn` tells the prompts of one leg apart; keys that answer an earlier one are old news. */
  | { readonly step: 'keys'; readonly callId: CallId; readonly legId: LegId | null; readonly turn?: number }
  /** `callId` null: the call was answered from memory, without the record. */
  | { readonly step: 'dial-ended'; readonly callId: CallId | null; readonly legId: null }
  | { readonly step: 'recorded'; readonly callId: CallId; readonly legId: null }
  /** The caller has heard music for a while and asks what comes next; `asked` counts how often in vain. */
  | WaitedStep
  /** The record did not say what the leg does next, and it asks once more; `asked` counts how often. */
  | { readonly step: 'again'; readonly callId: CallId; readonly legId: LegId | null; readonly asked: number };

/** With what finds the caller's way on while the record is away, for carriers that do not say it themselves. */
export interface WaitedStep {
  readonly step: 'waited';
  readonly callId: CallId;
  readonly legId: null;
  readonly asked: number;
  readonly dnis: E164 | null;
  readonly carrierCallId: string | null;
}

export type Instruction =
  | { readonly verb: 'say'; readonly text: string }
  /** An https audio file. */
  | { readonly verb: 'play'; readonly url: string }
  | Join
  /** Hears hold music, for that long where the file can be had in that length, and then asks what comes next. */
  | { readonly verb: 'hold'; readonly seconds: number; readonly next: NextStep }
  /** Stays on the line in silence until told otherwise, for that long at most. */
  | { readonly verb: 'wait'; readonly seconds: number }
  | {
      readonly verb: 'gather';
      readonly prompt: string;
      /** Keys at most. */
      readonly digits: number;
      /** Ends the input early; null: it ends with the last key or by time. */
      readonly finishKey: '#' | null;
      readonly timeoutMs: number;
      readonly next: NextStep;
    }
  | {
      readonly verb: 'dial';
      readonly to: Dialable;
      readonly callerId: E164 | null;
      readonly ringTimeoutMs: number;
      /** For SIP addresses. */
      readonly headers?: Readonly<Record<string, string>>;
      readonly next: NextStep;
    }
  /** A message is taken after a tone. */
  | { readonly verb: 'record'; readonly secondsMax: number; readonly next: NextStep }
  | { readonly verb: 'hang-up'; readonly reason?: 'busy' | 'rejected' };

/**
 * Joins a room. A caller alone there hears hold music until somebody comes. A supervisor hears the room: `listen` without
 * being heard, `coach` heard only by the leg named in `coaches` (its carrier call id), `talk` like everybody else.
 */
export interface Join {
  readonly verb: 'join';
  readonly room: string;
  readonly role: 'caller' | 'agent' | 'supervisor';
  readonly hears: 'talk' | 'listen' | 'coach';
  readonly coaches: string | null;
  /** Whether this leg's leaving, by hanging up or by being moved, ends the room for everybody. */
  readonly endsRoom: boolean;
  readonly next: NextStep | null;
}

/** Whether it is a telephone number. */
export function isPhone(to: Dialable): to is E164 {
  return to.startsWith('+');
}
