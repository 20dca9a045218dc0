/**
 * Whether somebody may be called now: a place calls may be sent to, nobody who has opted out, for marketing their written
 * consent and their own waking hours, and minutes left for today. Each refusal names the field, what stands in the way and
 * what would change it. Pure; what is known is gathered by `outbound-desk.ts`.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { ConsentStanding } from '../identity/consents.postgres.ts';
import { toIso } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { ErrorCode } from '../ports/errors.ts';
import { checkDestination, type DestinationRules } from './allowed-destination.ts';
import { callingHours, type Whereabouts } from './calling-hours.ts';
import type { Purpose } from './outbound.ts';

export interface CallFactsToWeigh {
  readonly to: E164;
  readonly purpose: Purpose;
  readonly rules: DestinationRules;
  /** It is a number of the enterprise's own. */
  readonly isOwn: boolean;
  readonly standing: ConsentStanding;
  readonly where: Whereabouts;
  readonly minutes: MinutesOfDay;
  /** Unix ms. */
  readonly at: number;
}

export interface MinutesOfDay {
  readonly used: number;
  readonly most: number;
}

export interface CallRefusal {
  readonly code: Extract<
    ErrorCode,
    'destination-denied' | 'opted-out' | 'consent-missing' | 'quiet-hours' | 'spend-limit'
  >;
  readonly field: string;
  readonly problem: string;
  readonly cure: string;
}

/** Null when the call may be made. */
export function refusalOf(facts: CallFactsToWeigh): CallRefusal | null {
  return (
    destinationRefusal(facts) ??
    consentRefusal(facts) ??
    (facts.purpose === 'marketing' ? hoursRefusal(facts) : null) ??
    minutesRefusal(facts.minutes)
  );
}

/** The same for a caller who has asked to be called back: that they want the call is certain. */
export function callbackRefusalOf(facts: Pick<CallFactsToWeigh, 'to' | 'rules' | 'isOwn' | 'minutes'>) {
  return destinationRefusal(facts) ?? minutesRefusal(facts.minutes);
}

function destinationRefusal({
  to,
  rules,
  isOwn,
}: Pick<CallFactsToWeigh, 'to' | 'rules' | 'isOwn'>): CallRefusal | null {
  const refuse = (problem: string, cure: string) =>
    ({ code: 'destination-denied', field: 'to', problem, cure }) as const;
  if (isOwn) return refuse('this is a number of yours: the call would come in here', 'name the customer’s number');
  const verdict = checkDestination(to, rules);
  if (verdict.kind === 'refused') return refuse(verdict.problem, verdict.cure);
  if (parsePhoneNumberFromString(to)?.isValid() === true) return null;
  return refuse('the numbering plan of its country has no such number', 'look the number up again');
}

function consentRefusal({ standing, purpose }: CallFactsToWeigh): CallRefusal | null {
  if (standing.isOptedOut) {
    const cure = 'do not call them; they may call, or send START';
    return { code: 'opted-out', field: 'to', problem: 'they have told you to stop', cure };
  }
  if (purpose === 'service' || standing.isWritten) return null;
  const problem = 'there is no written consent of theirs to marketing calls';
  const cure = 'record it with POST /v1/consents, method written, before you call';
  return { code: 'consent-missing', field: 'purpose', problem, cure };
}

function hoursRefusal({ where, at }: CallFactsToWeigh): CallRefusal | null {
  const hours = callingHours(where, at);
  if (hours.kind === 'open') return null;
  const { timeZone, from, to, opensAt } = hours;
  const times = `${String(from).padStart(2, '0')}:00 and ${to}:00`;
  const problem =
    timeZone === null
      ? 'where this number is, and so what their clock shows, is not known'
      : `marketing calls are made between ${times} there, and it is not in ${timeZone}`;
  const cure = opensAt === null ? 'do not call it for marketing' : `call from ${toIso(opensAt)} on`;
  return { code: 'quiet-hours', field: 'to', problem, cure };
}

function minutesRefusal({ used, most }: MinutesOfDay): CallRefusal | null {
  if (used < most) return null;
  const problem = `${used} minutes of outbound calls are used today, of ${most}`;
  return {
    code: 'spend-limit',
    field: 'to',
    problem,
    cure: 'raise minutesPerDay with PUT /v1/outbound, or wait for UTC midnight',
  };
}
