/**
 * A call as data: who called which number, the agents' legs tried for it, where it stands and how it ended. It is
 * stored as one document with a version, and only `advance` makes a new one from an old one.
 */
import type { E164 } from '../ports/e164.ts';
import type { AgentId, CallId, EnterpriseId, LegId, NumberId, VisitId } from '../ports/ids.ts';
import type { Dialable, Join } from './instructions.ts';
import type { Outbound, OutboundEffect, OutboundEvent } from './outbound.ts';
import { type CallPlan, type Menu, planDefaults } from './plan/plan-parts.ts';
import type { Verdict } from './verdict.ts';
import type { RecordingAct } from './voice-carrier.ts';

/** `preparing`: an agent is rung before the customer is. `calling`: the customer's phone is rung. */
export type CallState =
  | 'preparing'
  | 'calling'
  | 'menu'
  | 'waiting'
  | 'bridged'
  | 'held'
  | 'consulting'
  | 'voicemail'
  | 'failover'
  | 'ended';
/**
 * `standby`: accepted after somebody else did, and kept until that one is with the caller for certain. `parked`: waits in
 * silence while the caller hears music. `consulting`: in a room without the caller, with whom the call may go to.
 */
export type LegState = 'dialling' | 'ringing' | 'answered' | 'standby' | 'bridged' | 'parked' | 'consulting' | 'ended';
export type LegEnding = 'busy' | 'no-answer' | 'failed' | 'completed' | 'canceled' | 'declined' | 'withdrawn';

/** STIR/SHAKEN attestation as the carrier verified it; null when it said nothing. */
export type Attestation = 'A' | 'B' | 'C' | 'failed' | 'none';

/** Whose phone a leg rings: an agent's, an outside number that the call is moved to, or somebody's who listens in. */
export type LegRole = 'agent' | 'target' | 'supervisor';

/** A phone that was rung for this call. */
export interface Leg {
  readonly id: LegId;
  readonly role: LegRole;
  readonly agentId: AgentId | null;
  readonly to: Dialable;
  readonly state: LegState;
  readonly carrierCallId: string | null;
  /** Unix ms; whoever accepted first is first in line. */
  readonly acceptedAt: number | null;
  /** How a supervisor takes part; null on other legs. */
  readonly hears: Join['hears'] | null;
  readonly ending: LegEnding | null;
}

export type TransferTarget =
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  /** A slug of the contact centre's own. */
  | { readonly kind: 'queue'; readonly queue: string }
  | { readonly kind: 'number'; readonly number: E164 };

/** The call is being moved to somebody else, who is asked first. */
export interface Transfer {
  readonly to: TransferTarget;
  /** Who moves it. */
  readonly byLegId: LegId;
  /** Whose phone rings for it; null while an agent is looked for. */
  readonly legId: LegId | null;
  /** Number of the room in which the two talk. */
  readonly consult: number;
}

export interface Voicemail {
  readonly seconds: number;
  readonly recordingId: string | null;
}

/** What is known of a call the moment it comes in, or is to be made. */
export interface CallFacts {
  readonly id: CallId;
  readonly enterpriseId: EnterpriseId;
  readonly numberId: NumberId;
  readonly carrier: string;
  /** Of the caller's own leg; null while a customer whom we call has not been dialled. */
  readonly carrierCallId: string | null;
  /** Our number: the one that was called, or that we call from. */
  readonly dnis: E164;
  /** The caller's, or the customer's whom we call; null when withheld. */
  readonly ani: E164 | null;
  readonly attestation: Attestation | null;
  readonly visitId: VisitId | null;
  readonly plan: CallPlan;
}

export interface Call extends CallFacts {
  readonly state: CallState;
  /** What is special about a call that we make; null: it came in. Its caller is the customer whom we call. */
  readonly outbound: Outbound | null;
  readonly legs: readonly Leg[];
  /** Who talks with the caller. */
  readonly bridgedLegId: LegId | null;
  /** Rises each time the caller must be parted from those with them: the number of the room they are in. */
  readonly room: number;
  /** Until then (Unix ms) the agent who has accepted may turn out never to have reached the caller; null: certain. */
  readonly provenAt: number | null;
  /** When that agent's leg ended before then: whether they had met shows within a moment. */
  readonly lostAt: number | null;
  /** The next look for a free agent; one at a time is planned. */
  readonly retryAt: number | null;
  /** Legs before this one were rung for an earlier wait of the same call: they count no more. */
  readonly queuedFrom: number;
  /** The agent the call is meant for; when they cannot take it, any agent may. */
  readonly wantedAgentId: AgentId | null;
  /** The agent who moved the call on and is not offered it again. */
  readonly avoidedAgentId: AgentId | null;
  readonly queue: string | null;
  readonly heldUntil: number | null;
  readonly transfer: Transfer | null;
  readonly consults: number;
  /** What the caller chooses from, how often in vain, the number of the prompt that counts and until when it is waited for. */
  readonly menu: Menu | null;
  readonly tries: number;
  readonly turn: number;
  readonly promptUntil: number | null;
  readonly isCallbackOffered: boolean;
  readonly recording: 'off' | 'on' | 'paused';
  readonly isRecordingBegun: boolean;
  /** Conversations that the carrier has filed, by its ids. */
  readonly recordings: readonly { readonly id: string; readonly seconds: number }[];
  readonly voicemail: Voicemail | null;
  readonly startedAt: number;
  readonly bridgedAt: number | null;
  readonly endedAt: number | null;
  readonly verdict: Verdict | null;
}

/** What a carrier, a timer or our own choosing reports about a call. */
export type CallEvent =
  | CallCommand
  | OutboundEvent
  | { readonly type: 'agent-chosen'; readonly legId: LegId; readonly agentId: AgentId; readonly phone: E164 }
  | { readonly type: 'nobody-free'; readonly someoneBusy: boolean }
  | { readonly type: 'leg-dialled'; readonly legId: LegId; readonly carrierCallId: string }
  | { readonly type: 'leg-ringing'; readonly legId: LegId }
  | { readonly type: 'leg-answered'; readonly legId: LegId }
  | { readonly type: 'leg-accepted'; readonly legId: LegId }
  | { readonly type: 'leg-ended'; readonly legId: LegId; readonly reason: LegEnding }
  /** `reason`: how a phone that we ring ended; nothing on a call that came in. */
  | { readonly type: 'caller-ended'; readonly reason?: LegEnding }
  | { readonly type: 'room-ended'; readonly room: string }
  /** `turn`: of the prompt they answer; null when the carrier does not say. */
  | { readonly type: 'caller-keys'; readonly digits: string; readonly turn: number | null }
  | { readonly type: 'conversation-recorded'; readonly recordingId: string; readonly seconds: number }
  | { readonly type: 'failover-ended'; readonly answered: boolean }
  | { readonly type: 'failed-over' }
  | { readonly type: 'voicemail-left'; readonly seconds: number; readonly recordingId: string | null }
  | { readonly type: 'carrier-lost' }
  | { readonly type: 'timer-due'; readonly timer: CallTimer; readonly legId: LegId | null };

/** What somebody with the call in hand wants done with it. */
export type CallCommand =
  | { readonly type: 'hold-asked' }
  | { readonly type: 'resume-asked' }
  | {
      readonly type: 'transfer-asked';
      readonly mode: 'blind' | 'warm';
      readonly to: TransferTarget;
      /** Of the leg that an outside number is rung on. */
      readonly legId: LegId;
    }
  | { readonly type: 'transfer-completed' }
  | { readonly type: 'transfer-cancelled' }
  | { readonly type: 'merge-asked' }
  | {
      readonly type: 'supervision-asked';
      readonly legId: LegId;
      readonly agentId: AgentId | null;
      readonly to: Dialable;
      readonly hears: Join['hears'];
    }
  | { readonly type: 'supervision-changed'; readonly legId: LegId; readonly hears: Join['hears'] }
  | { readonly type: 'supervision-ended'; readonly legId: LegId }
  | { readonly type: 'recording-asked'; readonly act: RecordingAct }
  | { readonly type: 'hang-up-asked' };

/**
 * `proof`: who accepted is with the caller for certain; `lost`: nobody has said that they had met; `customer`: the phone of
 * the customer has rung long enough; `announced`: they have been told that the call is recorded.
 */
export type CallTimer =
  | 'ring'
  | 'retry'
  | 'wait'
  | 'callback'
  | 'customer'
  | 'announced'
  | 'proof'
  | 'lost'
  | 'hold'
  | 'menu'
  | 'voicemail'
  | 'life';

/** What must happen because of an event. What asks or tells nobody outside the runner performs itself, inside the transaction. */
export type CallEffect =
  | OutboundEffect
  | {
      readonly kind: 'choose-agent';
      readonly tried: readonly AgentId[];
      /** Nobody else than this one. */
      readonly only: AgentId | null;
      /** `consult`: to be asked by a colleague, who still has the call. */
      readonly as: 'call' | 'consult';
    }
  | {
      readonly kind: 'settle-offer';
      readonly legId: LegId;
      readonly as: 'accepted' | 'declined' | 'missed' | 'withdrawn';
    }
  /** The agent's part in the call is over; `wrapUpMs` of peace follow. */
  | { readonly kind: 'free-agent'; readonly agentId: AgentId; readonly legId: LegId; readonly wrapUpMs: number }
  | { readonly kind: 'tell'; readonly type: string; readonly data: Record<string, unknown> }
  | { readonly kind: 'set-timer'; readonly timer: CallTimer; readonly legId: LegId | null; readonly dueAt: number }
  | { readonly kind: 'dial-leg'; readonly legId: LegId }
  | { readonly kind: 'hang-up-leg'; readonly legId: LegId }
  | { readonly kind: 'instruct-leg'; readonly legId: LegId }
  | { readonly kind: 'record'; readonly act: RecordingAct }
  | { readonly kind: 'instruct-caller' }
  | { readonly kind: 'hang-up-caller' };

/** What a call has that nothing has befallen yet. */
export const callDefaults = Object.freeze({
  room: 1,
  provenAt: null,
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

/** A call from its document in the record; what an older program did not write has its default. */
export function readCall(document: unknown): Call {
  const call = document as Call;
  const legs = call.legs.map((leg) => ({ ...legDefaults, ...leg }));
  return { ...callDefaults, ...call, legs, plan: { ...planDefaults, ...call.plan } };
}

/** The room where the caller and those who talk with them meet. One of an older number that ends is no news. */
export function roomOf({ id, room }: Pick<Call, 'id' | 'room'>): string {
  return room === 1 ? id : `${id}.${room}`;
}

/** The room where an agent talks with whom the call may go to, without the caller. */
export function consultRoomOf({ id, transfer }: Pick<Call, 'id' | 'transfer'>): string {
  return `${id}.c${transfer?.consult ?? 0}`;
}

/** The leg with this id, or undefined. */
export function legOf(call: Call, legId: LegId): Leg | undefined {
  return call.legs.find((leg) => leg.id === legId);
}

/** Whether the leg may still ring or talk. */
export function isLive(leg: Leg): boolean {
  return leg.state !== 'ended';
}

/** Milliseconds the caller and the agent were connected; 0 when they never were. */
export function talkMs(call: Call): number {
  return call.bridgedAt === null || call.endedAt === null ? 0 : call.endedAt - call.bridgedAt;
}
