/**
 * What a phone is told to do, in words no carrier owns. A carrier's translator turns a list of these into its own
 * dialect (TwiML, NCCO, SIP actions); the sandbox carrier performs them as they are. Where an answer is wanted (keys,
 * the end of a dial), `next` says which of our steps hears it; the translator makes the address.
 */
import type { E164 } from '../ports/e164.ts';
import type { CallId, LegId } from '../ports/ids.ts';

declare const sipBrand: unique symbol;

/** An address such as `sip:calls@centre.example`. */
export type SipAddress = string & { readonly [sipBrand]: 'SipAddress' };

/** What can be dialled: a telephone number, or an address at a SIP host. */
export type Dialable = E164 | SipAddress;

/** Where a carrier reports back to when an instruction has run its course. */
export type NextStep =
  | { readonly step: 'caller-left-room'; readonly callId: CallId }
  | { readonly step: 'voicemail-left'; readonly callId: CallId }
  | { readonly step: 'failover-ended'; readonly callId: CallId | null }
  | { readonly step: 'agent-keys'; readonly callId: CallId; readonly legId: LegId };

export type Instruction =
  | { readonly verb: 'say'; readonly text: string }
  /** Join the call's room. The caller waits there with hold music until the agent comes; the room ends with either. */
  | { readonly verb: 'join'; readonly room: string; readonly role: 'caller' | 'agent'; readonly next: NextStep | null }
  | {
      readonly verb: 'gather';
      readonly prompt: string;
      readonly digits: number;
      readonly timeoutMs: number;
      readonly next: NextStep;
    }
  | {
      readonly verb: 'dial';
      readonly to: E164;
      readonly callerId: E164 | null;
      readonly ringTimeoutMs: number;
      readonly next: NextStep;
    }
  | { readonly verb: 'record'; readonly secondsMax: number; readonly next: NextStep }
  | { readonly verb: 'hang-up' };
