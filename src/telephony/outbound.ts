/**
 * What a call that we make has beside what every call has: who is rung first, what it is for, and the customer's leg. The
 * customer stands where the caller of an incoming call stands, so everything that comes after the answer is the same.
 */
import type { AgentId, CallbackId, CallId, ConversationId, LegId } from '../ports/ids.ts';

export type Purpose = 'service' | 'marketing';

export interface Outbound {
  readonly first: 'agent' | 'customer';
  readonly purpose: Purpose;
  /** Of the customer's leg, under which the carrier reports about it. */
  readonly legId: LegId;
  /** With `first` agent: rung, and nobody else. Otherwise offered the call before others. */
  readonly agentId: AgentId | null;
  /** The contact it follows from. */
  readonly about: CallId | ConversationId | null;
  /** The contact centre's own words, handed back with the call. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The callback it is made for. */
  readonly callbackId: CallbackId | null;
  readonly ringTimeoutMs: number;
  readonly isRinging: boolean;
  /** Unix ms. */
  readonly answeredAt: number | null;
}

/** What is heard of the customer's phone; its end is the caller's (`caller-ended`). */
export type OutboundEvent =
  | { readonly type: 'customer-dialled'; readonly carrierCallId: string }
  | { readonly type: 'customer-ringing' }
  | { readonly type: 'customer-answered' }
  /** A voicemail or an announcement has picked up. Told by carriers that look; none is asked to yet. */
  | { readonly type: 'customer-machine' };

export type OutboundEffect =
  | { readonly kind: 'dial-customer' }
  /** The call has ended: its minutes are counted, the callback it was made for learns how it went. */
  | { readonly kind: 'settle-outbound' }
  /** The caller has asked to be called back. */
  | { readonly kind: 'request-callback' };

/** What a call without a customer's leg of its own has nothing of. */
export function directionOf({ outbound }: { readonly outbound: Outbound | null }): 'inbound' | 'outbound' {
  return outbound === null ? 'inbound' : 'outbound';
}

/** The agent is in the room first and waits there with music; the customer's coming starts the talk. */
export function isAgentFirst({ outbound }: { readonly outbound: Outbound | null }): boolean {
  return outbound?.first === 'agent';
}
