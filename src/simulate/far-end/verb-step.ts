/** What a verb is given, what it leads to, and the legs a `<Dial>` makes: the terms the `run-…` files share. */
import type { CallStatus, Line } from './far-end-line.ts';
import type { World } from './far-end-world.ts';
import type { Fields } from './sign-request.ts';
import type { Method, NumberNoun } from './twiml-verbs.ts';

/** Where a document comes from. `baseUrl` resolves relative addresses in inline TwiML. */
export type Source =
  | { readonly kind: 'url'; readonly url: string; readonly method: Method; readonly fields: Fields }
  | { readonly kind: 'twiml'; readonly twiml: string; readonly baseUrl: string };

/** What a verb leads to. */
export type Outcome =
  | { readonly kind: 'next' }
  | { readonly kind: 'go'; readonly source: Source }
  | { readonly kind: 'end'; readonly status: CallStatus };

/** A verb's surroundings. */
export interface Step {
  readonly world: World;
  readonly line: Line;
  /** Aborted with the reason `hung-up` or `redirected`. */
  readonly signal: AbortSignal;
  readonly baseUrl: string;
  /** Rings a number for `<Dial>`. */
  readonly dialLeg: (leg: LegWanted) => Leg;
}

/** A leg for `<Dial><Number>`. */
export interface LegWanted {
  readonly noun: NumberNoun;
  readonly from: string;
  readonly parent: Line;
  readonly timeoutMs: number;
  readonly baseUrl: string;
  /** Answered, and the whisper is over: it may be joined. */
  readonly onReady: (leg: Leg) => void;
  /** Ended, or was redirected elsewhere. */
  readonly onGone: (leg: Leg, status: CallStatus) => void;
}

export interface Leg {
  readonly line: Line;
  /** Ends it if this dial still owns it. */
  end(status: CallStatus): void;
}

/** The next document: `url` relative to the present one, its own address when null. */
export function go(url: string | null, method: Method, fields: Fields, step: Pick<Step, 'baseUrl'>): Outcome {
  return { kind: 'go', source: { kind: 'url', url: new URL(url ?? '', step.baseUrl).href, method, fields } };
}
