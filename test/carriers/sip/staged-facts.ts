/** What a call of the staged record begins with. */
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId } from '../../../src/ports/ids.ts';
import type { IncomingCall } from '../../../src/telephony/open-call.ts';
import type { CallPlan } from '../../../src/telephony/plan/call-plan.ts';
import { planDefaults } from '../../../src/telephony/plan/plan-parts.ts';

export const ours = '+15035550100' as E164;
export const caller = '+15035550123' as E164;

export function stagedFacts(
  stage: { readonly failover?: E164 | null; readonly plan?: Partial<CallPlan> },
  id: CallId,
  incoming: IncomingCall,
) {
  const { carrier, carrierCallId, dnis, ani, attestation } = incoming;
  const plan: CallPlan = {
    ...planDefaults,
    greeting: 'Please hold.',
    ringTimeoutMs: limits.ringTimeoutMs,
    acceptTimeoutMs: limits.acceptTimeoutMs,
    waitUntil: Date.now() + limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    failover: stage.failover ?? null,
    ...stage.plan,
  };
  const house = { enterpriseId: 'ent_1' as never, numberId: 'num_1' as never, visitId: null, waitsOutside: false };
  return { id, ...house, carrier, carrierCallId, dnis, ani, attestation, plan };
}
