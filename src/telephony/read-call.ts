/**
 * A call as it is read from the record, and what it is begun with. The document grows with the program: what an older one
 * did not write is filled in here.
 */
import type { Call } from './call.ts';
import { planDefaults } from './plan/plan-parts.ts';

/** A call from its document in the record; what an older program did not write has its default. */
export function readCall(document: unknown): Call {
  const call = document as Omit<Call, 'waitsOutside'> & Partial<Pick<Call, 'waitsOutside'>>;
  const legs = call.legs.map((leg) => ({ ...legDefaults, ...leg }));
  return { ...callDefaults, waitsOutside: false, ...call, legs, plan: { ...planDefaults, ...call.plan } };
}

/** What a call has that nothing has befallen yet. */
export const callDefaults = Object.freeze({
  room: 1,
  provenAt: null,
  isOnTheWay: false,
  orders: 0,
  ordersHeard: 0,
  lostAt: null,
  retryAt: null,
  queuedFrom: 0,
  wantedAgentId: null,
  avoidedAgentId: null,
  queue: null,
  heldUntil: null,
  transfer: null,
  consults: 0,
  menu: null,
  tries: 0,
  turn: 0,
  promptUntil: null,
  isCallbackOffered: false,
  outbound: null,
  recording: 'off',
  isRecordingBegun: false,
  recordings: [] as Call['recordings'],
} as const);
const legDefaults = { role: 'agent', acceptedAt: null, hears: null } as const;
