/**
 * The phone in somebody's hand: what they hear, what they can press, and how a test waits for a point in the call. It
 * holds no state of its own; the line remembers and `far-end-call.ts` acts.
 */
import type { CallStatus, Heard, Line, Moment } from './far-end-line.ts';
import type { World } from './far-end-world.ts';

/** What a test can wait for: a moment the call is in, or that it has been picked up. */
export type Awaited = Moment | 'answered';

/** What listening for a machine makes of whoever picks up; told only where it was asked for. */
export type AnsweredBy = 'human' | 'machine_start';

/** A call as the person holding the phone knows it. */
export interface FarEndCall {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-dial';
  readonly from: string;
  readonly to: string;
  status(): CallStatus;
  moment(): Moment;
  /** Everything heard so far, in order. */
  heard(): readonly Heard[];
  /**
   * Resolves with the one that came true; at once when it is true already. Rejects when the call ends first (unless
   * `ended` was waited for) or `withinMs` real milliseconds go by.
   */
  waitFor(wanted: Awaited | readonly Awaited[], withinMs?: number): Promise<Awaited>;
  /** Resolves with the first speech, file or music whose text matches; what was heard before counts. */
  waitToHear(pattern: RegExp, withinMs?: number): Promise<Heard>;
  /** Waits until keys are listened for, then presses them. */
  press(digits: string): Promise<void>;
  /** Waits until keys are listened for, then lets that time out at once. */
  staySilent(): Promise<void>;
  /** Waits for the recording to start and speaks `seconds`; ends it by silence, or by hanging up. */
  leaveMessage(seconds: number, options?: { readonly hangUp?: boolean }): Promise<void>;
  /** Ends the call; one that rings is declined (outbound) or given up (inbound). */
  hangUp(): void;
  /** Picks up a ringing phone. Throws when it does not ring. */
  answer(by?: AnsweredBy): void;
  /** Ends a ringing call as busy. Throws when it does not ring. */
  busy(): void;
  /** Lets a ringing call time out now. Throws when it does not ring. */
  noAnswer(): void;
}

/** Puts the phone on a line; `act` is what picking up and ending do. */
export function createFarEndCall(
  world: World,
  line: Line,
  act: { answer: (by: AnsweredBy) => void; end: (status: CallStatus) => void },
): FarEndCall {
  const { sid, direction, from, to } = line.facts;
  const requireRinging = () => {
    if (line.status() !== 'ringing' || direction === 'inbound')
      throw new Error(`${sid} does not ring: ${line.status()}`);
  };
  const whileUp = <Answer>(what: string, ask: () => Answer | undefined, withinMs = world.waitLimitMs) =>
    world.waits.until(`${sid} (${to}) ${what}`, withinMs, () => {
      const answer = ask();
      if (answer === undefined && line.moment() === 'ended') throw new Error(`ended before ${what}: ${account(line)}`);
      return answer;
    });
  const offer = (what: string, moments: readonly Moment[], give: () => boolean) =>
    whileUp(what, () => (moments.includes(line.moment()) && give() ? true : undefined)).then(() => undefined);
  return Object.freeze({
    sid,
    direction,
    from,
    to,
    status: line.status,
    moment: line.moment,
    heard: line.heard,
    waitFor(wanted: Awaited | readonly Awaited[], withinMs?: number) {
      const list: readonly Awaited[] = typeof wanted === 'string' ? [wanted] : wanted;
      const isSo = (one: Awaited) => (one === 'answered' ? line.answeredAtMs() !== null : line.moment() === one);
      return whileUp(`to be ${list.join(' or ')}`, () => list.find(isSo), withinMs);
    },
    waitToHear: (pattern: RegExp, withinMs?: number) =>
      whileUp(`to hear ${pattern}`, () => line.heard().find(({ text }) => pattern.test(text)), withinMs),
    press: (digits: string) =>
      offer('to be asked for keys', ['gathering', 'recording'], () => line.offer({ kind: 'digits', digits })),
    staySilent: () => offer('to be asked for keys', ['gathering', 'recording'], () => line.offer({ kind: 'silence' })),
    leaveMessage: (seconds: number, { hangUp = false } = {}) =>
      offer('to be recorded', ['recording'], () => {
        line.spoken.seconds = seconds;
        if (hangUp) act.end('completed');
        else line.offer({ kind: 'message', seconds });
        return true;
      }),
    hangUp: () => act.end(statusOfHangUp(line)),
    answer: (by: AnsweredBy = 'human') => {
      requireRinging();
      act.answer(by);
    },
    busy: () => {
      requireRinging();
      act.end('busy');
    },
    noAnswer: () => {
      requireRinging();
      act.end('no-answer');
    },
  });
}

function statusOfHangUp(line: Line): CallStatus {
  if (line.answeredAtMs() !== null) return 'completed';
  return line.facts.direction === 'inbound' ? 'no-answer' : 'busy';
}

function account(line: Line): string {
  const heard = line.heard().map(({ kind, text }) => `${kind} ${JSON.stringify(text)}`);
  return `${line.status()}; heard ${heard.join(', ') || 'nothing'}`;
}
