/**
 * A line: one telephone call between a phone and the pretend network, as seen from the phone. The caller has one, each
 * agent that is rung has one, and so has the phone that a `dial` instruction rings. Lines change in place and only
 * inside this folder; what leaves it is a view.
 */
import type { E164 } from '../../ports/e164.ts';
import type { CallId, LegId } from '../../ports/ids.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { Instruction, Join, NextStep } from '../../telephony/instructions.ts';

export type LineState = 'ringing' | 'in-progress' | 'completed';

/** What a line is doing. `awaiting` means the gateway owes it an answer to the report of that sequence. */
export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'awaiting'; readonly sequence: number }
  | {
      readonly kind: 'room';
      readonly room: string;
      readonly role: Join['role'];
      readonly endsRoom: boolean;
      readonly next: NextStep | null;
    }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'gathering'; readonly digits: number; readonly keyed: string; readonly next: NextStep }
  | { readonly kind: 'dialling'; readonly childId: string; readonly connected: boolean; readonly next: NextStep }
  | { readonly kind: 'dialled' }
  | { readonly kind: 'recording'; readonly secondsMax: number; readonly seconds: number; readonly next: NextStep };

export interface Line {
  /** `SB` and 32 hexadecimal digits; the carrier call id of the record. */
  readonly id: string;
  /** Inbound lines are placed by a phone, outbound ones ring it. */
  readonly direction: 'inbound' | 'outbound';
  /** Null when the caller withheld the number. */
  readonly from: E164 | null;
  readonly to: E164;
  /** The agent's leg this line was dialled for. */
  readonly legId: LegId | null;
  /** The line whose `dial` instruction rings this one. */
  readonly parentId: string | null;
  /** The gateway's call; null until the gateway has taken it, and on lines that it does not know. */
  callId: CallId | null;
  state: LineState;
  activity: Activity;
  /** Instructions not begun yet. */
  pending: readonly Instruction[];
  /** The whole list that was given last. */
  told: readonly Instruction[];
  readonly hears: string[];
  /** Reports made so far; each carries its own number. */
  reported: number;
}

/** What happened on a line, for the gateway. Where `next` stands, the line waits for the instructions that follow. */
export type LineFact =
  | { readonly what: 'ringing' }
  | { readonly what: 'answered' }
  | { readonly what: 'ended'; readonly reason: LegEnding }
  | { readonly what: 'keys'; readonly digits: string; readonly next: NextStep }
  | { readonly what: 'left-room'; readonly room: string; readonly next: NextStep }
  | { readonly what: 'dial-ended'; readonly answered: boolean; readonly next: NextStep }
  | {
      readonly what: 'recorded';
      readonly seconds: number;
      readonly recordingId: string | null;
      readonly next: NextStep;
    };

/** One report; `line` is the line itself, because its `callId` may become known after the report was made. */
export interface LineReport {
  readonly line: Readonly<Line>;
  readonly sequence: number;
  readonly fact: LineFact;
}

/** A line as HTTP shows it. */
export interface LineView {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound';
  readonly state: LineState;
  readonly hears: readonly string[];
  readonly expects: 'keys' | 'speech' | null;
  readonly connectedWith: string | null;
}

/** The phone's own number: who placed an inbound line, whom an outbound one rings. Null when withheld. */
export function phoneOf(line: Readonly<Line>): E164 | null {
  return line.direction === 'inbound' ? line.from : line.to;
}

/** The number as the other party sees it. */
export function shown(number: E164 | null): string {
  return number ?? 'anonymous';
}

/** What the phone may usefully do now. */
export function expectedOf(line: Readonly<Line>): 'keys' | 'speech' | null {
  if (line.activity.kind === 'gathering') return 'keys';
  return line.activity.kind === 'recording' ? 'speech' : null;
}
