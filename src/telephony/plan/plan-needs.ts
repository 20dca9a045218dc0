/**
 * What a plan asks of a carrier, each need with the field that asks for it. A carrier that lacks one is named when the
 * plan is saved, so that nothing is discovered on a live call.
 */
import type { FieldFault } from '../../ports/errors.ts';
import { isPhone } from '../instructions.ts';
import type { Capability, VoiceCarrier } from '../voice-carrier.ts';
import type { Menu, MenuChoice } from './plan-parts.ts';
import { type RoutePlan, usualConsent } from './route-plan.ts';

export interface PlanNeed {
  readonly field: string;
  readonly capability: Capability;
}

interface PlannedWords {
  readonly field: string;
  readonly text: string;
}

/** Everything the plan may come to say, with the field that says it. */
function planWords(plan: RoutePlan): PlannedWords[] {
  const lines: readonly (readonly [string, string | null])[] = [
    ['closed.announcement', plan.hours === null ? null : plan.closed.announcement],
    ['announcement', plan.announcement],
    ['consent', plan.consent],
    ['record', plan.record && plan.consent === null ? usualConsent : null],
    ['greeting', plan.handOver === null ? plan.greeting : null],
    ...promptsOf(plan.handOver === null ? plan.menu : null).map((prompt) => ['menu', prompt] as const),
  ];
  return lines.flatMap(([field, text]) => (text === null ? [] : [{ field, text }]));
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
  /** As the carrier's own: the recording that is lacking for a text. */
  missingPrompt?(text: string): string | null;
}

export function plannedCarrier(
  carrier: string,
  { capabilities, missingPrompt }: Pick<VoiceCarrier, 'capabilities' | 'missingPrompt'>,
): PlannedCarrier {
  return { carrier, capabilities, ...(missingPrompt === undefined ? {} : { missingPrompt }) };
}

/** The needs that a carrier lacks, as field, carrier and capability, and the words it has no recording of. */
export function capabilityFaults(plan: RoutePlan, carriers: readonly PlannedCarrier[]): FieldFault[] {
  const needs = planNeeds(plan);
  const words = planWords(plan);
  return carriers.flatMap((planned) => [
    ...needs
      .filter(({ capability }) => !planned.capabilities.has(capability))
      .map(({ field, capability }) => ({
        field,
        problem: `${planned.carrier} lacks the capability ${capability}, and numbers this plan applies to are there`,
        cure: `${withoutIt(field)}, or give those numbers a plan of their own`,
      })),
    ...(planned.capabilities.has('announce') ? words.flatMap((said) => promptFaults(said, planned)) : []),
  ]);
}

function promptFaults({ field, text }: PlannedWords, { carrier, missingPrompt }: PlannedCarrier): FieldFault[] {
  const file = missingPrompt?.(text) ?? null;
  if (file === null) return [];
  const problem = `${carrier} speaks no text, and there is no recording of “${text}”`;
  return [{ field, problem, cure: `record it as ${file}, or ${withoutIt(field)}` }];
}

function promptsOf(menu: Menu | null): readonly string[] {
  if (menu === null) return [];
  const choices = [menu.otherwise, ...Object.values(menu.keys)];
  return [menu.prompt, ...choices.flatMap((choice) => (choice?.to === 'menu' ? promptsOf(choice.menu) : []))];
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
