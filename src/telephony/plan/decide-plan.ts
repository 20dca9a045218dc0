/**
 * From a route plan and what is known of a call to what happens with it. Pure: the same plan, facts and instant always
 * give the same decision, which is kept in the call's document; a plan changed later changes no call.
 */
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../ports/e164.ts';
import type { CallId, VisitId } from '../../ports/ids.ts';
import type { Attestation } from '../call.ts';
import { isPhone } from '../instructions.ts';
import { isOpen } from './opening-hours.ts';
import { type CallPlan, type HandOver, type HookNote, type PlanSource, planDefaults } from './plan-parts.ts';
import { type RoutePlan, usualConsent, usualGreeting } from './route-plan.ts';

/** How far the caller's number can be trusted (contracts section 6). */
export type Assurance = 'L0' | 'L1';

/** Whose contact the call is believed to be. */
export interface PlanAttribution {
  readonly decision: 'credited' | 'ambiguous' | 'nobody';
  readonly visitId: VisitId | null;
  readonly probability: number;
}

export interface PlanFacts {
  readonly source: PlanSource;
  readonly version: number | null;
  /** Null where no call is meant, only what would be done. */
  readonly callId: CallId | null;
  /** Where the dialled number sends callers nobody answers. */
  readonly numberFailover: E164 | null;
  readonly assurance: Assurance;
  readonly attribution: PlanAttribution | null;
  readonly hook: HookNote | null;
}

/** L1 needs the exact attestation A and a number; whether the number is a known contact's is not looked at yet. */
export function assuranceOf(ani: E164 | null, attestation: Attestation | null): Assurance {
  return ani !== null && attestation === 'A' ? 'L1' : 'L0';
}

/** What happens with a call at `at` (Unix ms); `plan` null: what we do without one. */
export function decidePlan(plan: RoutePlan | null, facts: PlanFacts, at: number): CallPlan {
  const common = { ...planDefaults, source: facts.source, version: facts.version, hook: facts.hook };
  if (plan === null) return { ...common, ...unplanned(facts.numberFailover, at) };
  const failover = plan.failover ?? facts.numberFailover;
  const isClosed = plan.hours !== null && !isOpen(plan.hours, at);
  const { announcement, action } = plan.closed;
  return {
    ...common,
    opening: isClosed ? [] : openingOf(plan),
    greeting: plan.greeting ?? '',
    menu: isClosed ? null : plan.menu,
    dispatch: plan.dispatch,
    raceSize: plan.dispatch === 'race' ? plan.raceSize : 1,
    ringTimeoutMs: plan.ringTimeoutMs,
    acceptTimeoutMs: plan.acceptTimeoutMs,
    waitUntil: at + plan.waitMs,
    offersMax: plan.offersMax,
    overflow: plan.overflow,
    failover: isClosed ? (plan.closed.failover ?? failover) : failover,
    handOver: isClosed || plan.handOver === null ? null : handOverOf(plan.handOver.to, facts),
    closed: isClosed ? { announcement, action } : null,
    callbackAfterMs: plan.callbackAfterMs,
    record: plan.record,
    wrapUpMs: plan.wrapUpMs,
    product: plan.product,
  };
}

function unplanned(failover: E164 | null, at: number) {
  return {
    greeting: usualGreeting,
    ringTimeoutMs: limits.ringTimeoutMs,
    acceptTimeoutMs: limits.acceptTimeoutMs,
    waitUntil: at + limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    failover,
  };
}

/** Nobody is recorded unannounced: a plan that records without a consent line gets the usual one. */
function openingOf(plan: RoutePlan): string[] {
  const consent = plan.consent ?? (plan.record ? usualConsent : null);
  return [plan.announcement, consent].filter((line) => line !== null);
}

/** A telephone number carries no headers; there the webhook tells the same. */
function handOverOf(to: HandOver['to'], { callId, attribution, assurance }: PlanFacts): HandOver {
  if (isPhone(to)) return { to, headers: {} };
  const headers = {
    ...(callId === null ? {} : { 'X-Linekeeper-Call': callId }),
    ...(attribution === null
      ? {}
      : {
          'X-Linekeeper-Attribution': attribution.decision,
          ...(attribution.visitId === null ? {} : { 'X-Linekeeper-Visit': attribution.visitId }),
          'X-Linekeeper-Probability': attribution.probability.toFixed(4),
        }),
    'X-Linekeeper-Assurance': assurance,
  };
  return { to, headers };
}
