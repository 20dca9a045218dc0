/**
 * The parts of what is decided about a call when it comes in, beyond times and numbers: the menu, what happens outside
 * hours, where the call is handed over to, who decided. Kept in the call's document, so that a plan changed later does
 * not change what was decided. Documents from before a part existed read with the value here.
 */
import type { E164 } from '../../ports/e164.ts';
import type { Dialable } from '../instructions.ts';

/** Whose plan it was: nobody's (what we do without one), one of three levels, or the contact centre's answer. */
export type PlanSource = 'default' | 'enterprise' | 'pool' | 'number' | 'hook';

export type MenuKey = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#';

/** Where a key leads. A product or queue is a slug of the contact centre's own. */
export type MenuChoice =
  | { readonly to: 'agents' }
  | { readonly to: 'product'; readonly product: string }
  | { readonly to: 'queue'; readonly queue: string }
  | { readonly to: 'number'; readonly number: E164 }
  | { readonly to: 'voicemail' }
  | { readonly to: 'menu'; readonly menu: Menu }
  /** These two are ours, for the offer of a callback: no plan may name them. */
  | { readonly to: 'callback' }
  | { readonly to: 'wait-on' };

/** What the caller chooses from by keys. */
export interface Menu {
  readonly prompt: string;
  readonly keys: { readonly [Key in MenuKey]?: MenuChoice | undefined };
  /** How often the prompt is said again after silence or a key that leads nowhere. */
  readonly retries: number;
  readonly timeoutMs: number;
  /** Where it goes when that was in vain. */
  readonly otherwise: MenuChoice;
}

/** The call came in outside hours: what is said, and what follows. */
export interface ClosedTreatment {
  readonly announcement: string | null;
  /** `failover` goes to the plan's own `failover`; without one it is voicemail. */
  readonly action: 'voicemail' | 'failover' | 'hang-up';
}

/** The call goes whole to the contact centre's own number or SIP trunk; headers only travel by SIP. */
export interface HandOver {
  readonly to: Dialable;
  readonly headers: Readonly<Record<string, string>>;
}

/** How asking the contact centre's decision hook went. */
export interface HookNote {
  readonly outcome: HookOutcome;
  /** Why its answer does not stand; null when it does, or when it had none to give. */
  readonly why: string | null;
  readonly elapsedMs: number;
}

/** `planned`: its answer stands. `no-opinion`: 204. All others: our own plan. */
export type HookOutcome =
  | 'planned'
  | 'no-opinion'
  | 'late'
  | 'unreachable'
  | 'status'
  | 'rubbish'
  | 'circuit-open'
  | 'fault';

/** What was decided about this call when it came in; `decidePlan` makes it. */
export interface CallPlan {
  readonly source: PlanSource;
  /** Of the route plan it was made from; null without one. */
  readonly version: number | null;
  /** Said before anything else: the announcement, the consent line. */
  readonly opening: readonly string[];
  /** Said next, to a caller who will be connected; empty: nothing is said. */
  readonly greeting: string;
  readonly menu: Menu | null;
  /** `must`: one agent after another; `race`: `raceSize` phones at once, the first to accept wins. */
  readonly dispatch: 'must' | 'race';
  readonly raceSize: number;
  readonly ringTimeoutMs: number;
  readonly acceptTimeoutMs: number;
  /** Unix ms after which no further agent is tried. */
  readonly waitUntil: number;
  readonly offersMax: number;
  /** Where the caller goes when nobody took the call; `failover` without a number is voicemail. */
  readonly overflow: 'voicemail' | 'failover';
  readonly failover: E164 | null;
  readonly handOver: HandOver | null;
  /** Set when the call came in outside hours. */
  readonly closed: ClosedTreatment | null;
  /** A callback is offered to who has waited this long; null: never. */
  readonly callbackAfterMs: number | null;
  /** The conversation is recorded; `opening` says so first. */
  readonly record: boolean;
  /** How long the agent is left alone after the call. */
  readonly wrapUpMs: number;
  /** What the caller is believed to call about, a slug of the contact centre's own. */
  readonly product: string | null;
  /** How asking the decision hook went; null when it was not asked. */
  readonly hook: HookNote | null;
}

/** What an unplanned call, or one from before plans, has. */
export const planDefaults = Object.freeze({
  source: 'default',
  version: null,
  opening: [] as readonly string[],
  menu: null,
  dispatch: 'must',
  raceSize: 1,
  overflow: 'failover',
  handOver: null,
  closed: null,
  callbackAfterMs: null,
  record: false,
  wrapUpMs: 0,
  product: null,
  hook: null,
} as const);
