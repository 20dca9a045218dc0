/**
 * One leg at the played Vonage: a connection between a phone and the platform, with what was heard on it and what it is
 * doing. An NCCO runs on it action by action; a transfer puts another in its place.
 */

export type LegStatus =
  | 'started'
  | 'ringing'
  | 'answered'
  | 'completed'
  | 'busy'
  | 'unanswered'
  | 'timeout'
  | 'cancelled'
  | 'rejected'
  | 'failed';

/** What a leg is doing, as far as the person on the phone can tell. */
export type LegMoment = 'ringing' | 'listening' | 'keys' | 'recording' | 'waiting' | 'talking' | 'ended';

export interface Action {
  readonly action: string;
  readonly [option: string]: unknown;
}

export interface Leg {
  readonly uuid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  /** Where its events go; and where its NCCO is had from. */
  readonly eventUrl: string;
  readonly answerUrl: string | null;
  /** Whether is told that a machine has picked up. */
  readonly detectsMachine?: boolean;
  readonly heard: string[];
  status: LegStatus;
  moment: LegMoment;
  conversation: string;
  /** Counts NCCOs: one that was replaced does nothing more. */
  generation: number;
  /** What the person on the phone does next is handed to the action that waits for it. */
  waiting: ((input: string) => void) | null;
  /** Called once, when the leg has ended. */
  onEnd: (() => void)[];
}

const ended = new Set<LegStatus>(['completed', 'busy', 'unanswered', 'timeout', 'cancelled', 'rejected', 'failed']);

export function hasEnded(leg: Leg): boolean {
  return ended.has(leg.status);
}

/** Waits until somebody acts on the phone; '' when the leg ends first. */
export function inputOn(leg: Leg): Promise<string> {
  return new Promise((resolve) => {
    leg.waiting = (input) => {
      leg.waiting = null;
      resolve(input);
    };
    leg.onEnd.push(() => leg.waiting?.(''));
  });
}
