/**
 * What was decided about one call when it came in. It is kept in the call's document, so a plan that is changed later does
 * not change what was decided.
 */
import type { E164 } from '../../ports/e164.ts';
import type { ClosedTreatment, HandOver, HookNote, Menu, PlanSource } from './plan-parts.ts';

/** `decidePlan` makes it. */
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
  /** Agents' outside phones are listened to for an answering machine. */
  readonly detectMachines: boolean;
  /** How long the agent is left alone after the call. */
  readonly wrapUpMs: number;
  /** What the caller is believed to call about, a slug of the contact centre's own. */
  readonly product: string | null;
  /** How asking the decision hook went; null when it was not asked. */
  readonly hook: HookNote | null;
}
