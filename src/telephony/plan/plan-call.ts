/**
 * Decides what happens with a call inside the transaction that records it: by the hook's answer where that stands,
 * otherwise by the most specific route plan of this moment. What was decided, whose plan it was and how asking the hook
 * went are told the contact centre, unless there was neither plan nor hook and so nothing to tell.
 */
import type { Credit } from '../../numbers/attribution/decide-credit.ts';
import type { OwnNumber } from '../../numbers/numbers.postgres.ts';
import type { E164 } from '../../ports/e164.ts';
import type { CallId, EnterpriseId } from '../../ports/ids.ts';
import type { Outbox } from '../../records/outbox.postgres.ts';
import type { Tx } from '../../records/schema.ts';
import type { Work } from '../../records/transact.ts';
import { checkDestination, type DestinationRules } from '../allowed-destination.ts';
import type { Attestation } from '../call.ts';
import type { CallbackLedger } from '../callback-ledger.ts';
import type { Consulted } from './consult-hook.ts';
import { type Assurance, assuranceOf, decidePlan } from './decide-plan.ts';
import type { CallPlan } from './plan-parts.ts';
import type { RoutePlans } from './route-plans.postgres.ts';

export interface CallToPlan {
  readonly callId: CallId;
  readonly number: OwnNumber;
  readonly ani: E164 | null;
  readonly attestation: Attestation | null;
  readonly attribution: Credit;
  /** Null when no hook was asked. */
  readonly consulted: Consulted | null;
  /** Unix ms. */
  readonly at: number;
}

export type PlanCall = (work: Work, call: CallToPlan) => Promise<CallPlan>;

export function createPlanCall(world: {
  readonly routePlans: Pick<RoutePlans, 'effective'>;
  readonly outbox: Pick<Outbox, 'appendEvent'>;
  readonly callbackLedger: Pick<CallbackLedger, 'calledAgain'>;
  readonly readDestinations: (tx: Tx, enterpriseId: EnterpriseId) => Promise<DestinationRules>;
}): PlanCall {
  /** Who calls needs no callback they have asked for before; who cannot be called back is not offered one. */
  const withCallback = async (work: Work, { ani, number }: CallToPlan, plan: CallPlan): Promise<CallPlan> => {
    const never = { ...plan, callbackAfterMs: null };
    if (ani === null) return never;
    if (!(await world.callbackLedger.calledAgain(work, number.enterpriseId, ani))) return never;
    const verdict = checkDestination(ani, await world.readDestinations(work.tx, number.enterpriseId));
    return verdict.kind === 'allowed' ? plan : never;
  };
  return async (work, call) => {
    const { callId, number, attribution, at } = call;
    // The number may have changed hands since the hook was asked.
    const consulted = call.consulted?.numberId === number.id ? call.consulted : null;
    const own = (consulted?.plan ?? null) === null ? await world.routePlans.effective(work.tx, number) : null;
    const assurance = assuranceOf(call.ani, call.attestation);
    const facts = {
      source: own?.scope ?? (consulted === null || consulted.plan === null ? 'default' : 'hook'),
      version: own?.version ?? null,
      callId,
      numberFailover: number.failover,
      assurance,
      attribution,
      hook: consulted?.note ?? null,
    } as const;
    const decided = decidePlan(consulted?.plan ?? own?.plan ?? null, facts, at);
    const plan = decided.callbackAfterMs === null ? decided : await withCallback(work, call, decided);
    if (plan.source === 'default' && plan.hook === null) return plan;
    await world.outbox.appendEvent(work, {
      enterpriseId: number.enterpriseId,
      subject: callId,
      type: 'call.planned',
      data: plannedData(callId, plan, assurance),
    });
    return plan;
  };
}

/** Thin: what is said to callers is not in it. */
function plannedData(callId: CallId, plan: CallPlan, assurance: Assurance): Record<string, unknown> {
  const { source, version, hook, product, dispatch, record } = plan;
  return {
    callId,
    source,
    version,
    hook,
    product,
    dispatch,
    record,
    closed: plan.closed?.action ?? null,
    handOver: plan.handOver?.to ?? null,
    assurance,
  };
}
