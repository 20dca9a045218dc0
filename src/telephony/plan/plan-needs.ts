/**
 * What a plan asks of a carrier, each need with the field that asks for it. A carrier that lacks one is named when the
 * plan is saved, so that nothing is discovered on a live call.
 */
import type { FieldFault } from '../../ports/errors.ts';
import { isPhone } from '../instructions.ts';
import type { Capability } from '../voice-carrier.ts';
import type { Menu, MenuChoice } from './plan-parts.ts';
import type { RoutePlan } from './route-plan.ts';

export interface PlanNeed {
  readonly field: string;
  readonly capability: Capability;
}

/** Everything the plan may come to need, in the order of its fields. */
function planNeeds(plan: RoutePlan): PlanNeed[] {
  const needs: PlanNeed[] = [];
  const need = (isNeeded: boolean, field: string, capability: Capability) => {
    if (isNeeded) needs.push({ field, capability });
  };
  if (plan.hours !== null) {
    need(plan.closed.announcement !== null, 'closed.announcement', 'announce');
    need(plan.closed.action === 'voicemail', 'closed.action', 'voicemail');
  }
  need(plan.announcement !== null, 'announcement', 'announce');
  need(plan.consent !== null, 'consent', 'announce');
  need(plan.record, 'record', 'record-conversation');
  need(plan.record && plan.consent === null, 'record', 'announce');
  if (plan.handOver !== null) {
    const capability = isPhone(plan.handOver.to) ? 'hand-over-number' : 'hand-over-sip';
    return [...needs, { field: 'handOver', capability }];
  }
  need(plan.greeting !== null, 'greeting', 'announce');
  need(plan.menu !== null, 'menu', 'keys');
  need(plan.menu !== null && leadsToVoicemail(plan.menu), 'menu', 'voicemail');
  need(plan.detectMachines, 'detectMachines', 'answering-machine');
  need(plan.callbackAfterMs !== null, 'callbackAfterMs', 'keys');
  need(plan.overflow === 'voicemail', 'overflow', 'voicemail');
  return needs;
}

/** A number's carrier as a plan meets it. */
export interface PlannedCarrier {
  readonly carrier: string;
  readonly capabilities: ReadonlySet<Capability>;
}

/** The needs that a carrier lacks, as field, carrier and capability. */
export function capabilityFaults(plan: RoutePlan, carriers: readonly PlannedCarrier[]): FieldFault[] {
  const needs = planNeeds(plan);
  return carriers.flatMap(({ carrier, capabilities }) =>
    needs
      .filter(({ capability }) => !capabilities.has(capability))
      .map(({ field, capability }) => ({
        field,
        problem: `${carrier} lacks the capability ${capability}, and numbers this plan applies to are there`,
        cure: `${withoutIt(field)}, or give those numbers a plan of their own`,
      })),
  );
}

/** How a plan does without the field; some are there unless they are said not to be. */
function withoutIt(field: string): string {
  if (field === 'greeting' || field === 'closed.announcement') return `send null for ${field}`;
  if (field === 'closed.action' || field === 'overflow') return `send failover for ${field}, with a number`;
  return `leave ${field} out`;
}

function leadsToVoicemail(menu: Menu): boolean {
  const leads = (choice: MenuChoice | undefined): boolean =>
    choice?.to === 'voicemail' || (choice?.to === 'menu' && leadsToVoicemail(choice.menu));
  return leads(menu.otherwise) || Object.values(menu.keys).some(leads);
}
