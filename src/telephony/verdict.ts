/**
 * How a call ended: what came of it, whose fault it was when nothing did, whether calling again may help, and a slug of
 * few values for counting. Every call ends with exactly one; a later fact may refine the voicemail, never the fault.
 */

/** `unreached`: a customer whom we called was not reached. `callback`: the caller is to be called back. */
export type CallOutcome =
  | 'answered'
  | 'voicemail'
  | 'failover'
  | 'callback'
  | 'abandoned'
  | 'missed'
  | 'unreached'
  | 'failed';
export type Fault = 'none' | 'caller' | 'callee' | 'carrier' | 'us';

export interface Verdict {
  readonly outcome: CallOutcome;
  readonly fault: Fault;
  /** Whether the same call, made again, may go better. */
  readonly retry: boolean;
  readonly slug: VerdictSlug;
}

export type VerdictSlug = keyof typeof verdicts;

/** All endings a call can have, by slug. */
export const verdicts = Object.freeze({
  answered: verdict('answered', 'none', false),
  'failover-answered': verdict('failover', 'callee', false),
  'failover-unrecorded': verdict('failover', 'us', false),
  'voicemail-left': verdict('voicemail', 'callee', false),
  'voicemail-empty': verdict('missed', 'callee', true),
  closed: verdict('missed', 'none', true),
  'hung-up': verdict('missed', 'us', true),
  'caller-gave-up': verdict('abandoned', 'caller', true),
  'nobody-answered': verdict('missed', 'callee', true),
  'failover-unanswered': verdict('missed', 'callee', true),
  'callback-requested': verdict('callback', 'none', false),
  'customer-busy': verdict('unreached', 'callee', true),
  'customer-unanswered': verdict('unreached', 'callee', true),
  'customer-declined': verdict('unreached', 'callee', false),
  'customer-unreachable': verdict('unreached', 'carrier', true),
  'customer-machine': verdict('unreached', 'callee', true),
  'no-agent': verdict('missed', 'us', true),
  'agent-unavailable': verdict('missed', 'us', true),
  'agent-left': verdict('missed', 'us', true),
  'carrier-silent': verdict('failed', 'carrier', true),
  'carrier-lost': verdict('failed', 'carrier', true),
});

/** The verdict a slug stands for. */
export function verdictOf(slug: VerdictSlug): Verdict {
  return Object.freeze({ ...verdicts[slug], slug });
}

function verdict(outcome: CallOutcome, fault: Fault, retry: boolean) {
  return { outcome, fault, retry };
}
