/**
 * What one call is at this moment: its Twilio status, where in the document it stands, what was heard, and who is
 * listening for keys. The line only remembers; `far-end-call.ts` gives it a life and the `run-…` files act verbs out.
 */
import type { World } from './far-end-world.ts';
import type { Fields } from './sign-request.ts';

/** Twilio's CallStatus. */
export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled';

/** Where a call stands. `holding` hears hold music; `alone` is left behind in a conference that has started. */
export type Moment =
  | 'queued'
  | 'ringing'
  | 'listening'
  | 'gathering'
  | 'recording'
  | 'dialing'
  | 'holding'
  | 'bridged'
  | 'alone'
  | 'ended';

/** Something the person on the line heard: speech, a file, hold music by its address, a beep. */
export interface Heard {
  readonly kind: 'say' | 'play' | 'hold' | 'beep';
  readonly text: string;
}

/** What the person does while a verb listens. */
export type Input =
  | { readonly kind: 'digits'; readonly digits: string }
  | { readonly kind: 'silence' }
  | { readonly kind: 'message'; readonly seconds: number };

/** What never changes about a call. */
export interface CallFacts {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-dial';
  readonly from: string;
  readonly to: string;
  readonly parentSid: string | null;
  /** Unix milliseconds. */
  readonly createdAtMs: number;
  /** Additional fields of every webhook: StirVerstat, CallerName. */
  readonly extra: Fields;
}

export interface Line {
  readonly facts: CallFacts;
  status(): CallStatus;
  setStatus(status: CallStatus): void;
  moment(): Moment;
  /** Moves to `moment`; nothing leaves `ended`. */
  enter(moment: Moment): void;
  heard(): readonly Heard[];
  hear(heard: Heard): void;
  /** Picks up, once. */
  answer(): void;
  answeredAtMs(): number | null;
  endedAtMs(): number | null;
  setEndedAt(instantMs: number): void;
  /** Hands input to the verb that listens; false when none does. */
  offer(input: Input): boolean;
  /** Listens for input until the returned function is called. */
  listen(listener: (input: Input) => void): () => void;
  /** Seconds spoken into a recording that the hang-up cut short. */
  spoken: { seconds: number };
  /** The form fields Twilio sends with every request about this call. */
  fields(): Fields;
}

/** A line that has not been answered. */
export function createLine(world: World, facts: CallFacts): Line {
  const heard: Heard[] = [];
  let status: CallStatus = facts.direction === 'inbound' ? 'ringing' : 'queued';
  let moment: Moment = status;
  let answeredAt: number | null = null;
  let endedAt: number | null = null;
  let listener: ((input: Input) => void) | null = null;
  return Object.freeze({
    facts,
    status: () => status,
    setStatus: (next: CallStatus) => {
      status = next;
    },
    moment: () => moment,
    enter: (next: Moment) => {
      if (moment === 'ended' || moment === next) return;
      moment = next;
      world.waits.changed();
    },
    heard: () => [...heard],
    hear: (something: Heard) => {
      heard.push(Object.freeze(something));
      world.waits.changed();
    },
    answer: () => {
      if (answeredAt !== null) return;
      answeredAt = world.clock.now();
      status = 'in-progress';
      world.waits.changed();
    },
    answeredAtMs: () => answeredAt,
    endedAtMs: () => endedAt,
    setEndedAt: (instantMs: number) => {
      endedAt = instantMs;
    },
    offer: (input: Input) => {
      const taker = listener;
      taker?.(input);
      return taker !== null;
    },
    listen: (next: (input: Input) => void) => {
      listener = next;
      return () => {
        if (listener === next) listener = null;
      };
    },
    spoken: { seconds: 0 },
    fields: () => callFields(world.accountSid, facts, status),
  });
}

function callFields(accountSid: string, facts: CallFacts, status: CallStatus): Fields {
  const { sid, from, to, direction, parentSid } = facts;
  return {
    CallSid: sid,
    AccountSid: accountSid,
    From: from,
    Caller: from,
    To: to,
    Called: to,
    CallStatus: status,
    Direction: direction,
    ApiVersion: '2010-04-01',
    ...(parentSid === null ? {} : { ParentCallSid: parentSid }),
    ...facts.extra,
  };
}
