/**
 * What a decision hook's answer comes to. It is read as untrusted input: the same schema as over the API, and the same
 * checks of destinations and of what the carrier can do, so that nobody who answers in the contact centre's place can
 * send a call where the contact centre itself could not. A part of a plan changes those parts of our own plan.
 */
import type { FieldFault } from '../../ports/errors.ts';
import { fieldFaults } from '../../ports/field-faults.ts';
import type { AskAnswer } from '../../records/post-event.http.ts';
import type { HookOutcome } from './plan-parts.ts';
import { type RoutePlan, routePlanSchema } from './route-plan.ts';

export type HookVerdict =
  | { readonly outcome: 'planned'; readonly plan: RoutePlan }
  | { readonly outcome: Exclude<HookOutcome, 'planned'>; readonly why: string | null };

/** `own`: the plan in force without the hook; `faultsOf`: what stands against a plan that reads well. */
export function readHookAnswer(
  answer: AskAnswer,
  own: RoutePlan | null,
  faultsOf: (plan: RoutePlan) => readonly FieldFault[],
): HookVerdict {
  if (answer.kind === 'refused') return { outcome: 'unreachable', why: answer.reason };
  if (answer.kind === 'failed')
    return answer.reason === 'timeout'
      ? { outcome: 'late', why: 'no answer in time' }
      : { outcome: 'unreachable', why: answer.reason };
  if (answer.status === 204) return { outcome: 'no-opinion', why: null };
  if (answer.status < 200 || answer.status > 299) return { outcome: 'status', why: `status ${answer.status}` };
  const part = readPart(answer.body);
  if (part === null) return { outcome: 'rubbish', why: 'the body is not a JSON object, or too large' };
  const parsed = routePlanSchema.safeParse({ ...baseOf(own, part), ...part });
  if (!parsed.success) return { outcome: 'rubbish', why: firstOf(fieldFaults(parsed.error.issues)) };
  const faults = faultsOf(parsed.data);
  return faults.length > 0 ? { outcome: 'rubbish', why: firstOf(faults) } : { outcome: 'planned', plan: parsed.data };
}

/** Whether it says that the hook is not well, as against an answer that we do not like. */
export function hasHookFailed(answer: AskAnswer): boolean {
  return answer.kind !== 'answered' || answer.status < 200 || answer.status > 299;
}

/** Who answers with a hand-over decides about this very call: of our own plan stands what has room beside it. */
function baseOf(own: RoutePlan | null, part: object): object | null {
  const isHandedOver = 'handOver' in part && part.handOver !== null;
  return isHandedOver ? { ...own, hours: null, menu: null, record: false, callbackAfterMs: null } : own;
}

function readPart(body: string | null): object | null {
  if (body === null) return null;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function firstOf([fault]: readonly FieldFault[]): string {
  return fault === undefined ? 'the plan is not one' : `${fault.field}: ${fault.problem}`.slice(0, 200);
}
