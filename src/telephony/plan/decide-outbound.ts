/**
 * What is done with a call that we make: the route plan of the number it is made from, as far as it is about agents, limits
 * and recording. What a plan says of callers who come in (hours, menu, hand-over, overflow) is not for somebody we call.
 */
import type { E164 } from '../../ports/e164.ts';
import { decidePlan } from './decide-plan.ts';
import { type CallPlan, type PlanSource, planDefaults } from './plan-parts.ts';
import { type RoutePlan, usualConsent } from './route-plan.ts';

/** What a customer hears who is called before an agent is there. */
const usualOutboundGreeting = 'Hello. Please hold, we are connecting you.';

export interface OutboundWish {
  readonly first: 'agent' | 'customer';
  /** Said to the customer; null: what is usual. */
  readonly announcement: string | null;
  readonly product: string | null;
  readonly source: PlanSource;
  readonly version: number | null;
}

/** Pure; `plan` null: what we do without one, `at` in Unix ms. */
export function decideOutbound(plan: RoutePlan | null, wish: OutboundWish, at: number): CallPlan {
  const { source, version } = wish;
  const unknown = { callId: null, numberFailover: null as E164 | null, attribution: null, hook: null } as const;
  const decided = decidePlan(plan, { ...unknown, assurance: 'L0', source, version }, at);
  const { menu, handOver, closed, callbackAfterMs } = planDefaults;
  const usual = wish.first === 'customer' ? usualOutboundGreeting : '';
  return {
    ...decided,
    opening: plan?.record ? [plan.consent ?? usualConsent] : [],
    greeting: wish.announcement ?? usual,
    menu,
    handOver,
    closed,
    callbackAfterMs,
    overflow: 'voicemail',
    failover: null,
    product: wish.product ?? decided.product,
  };
}
