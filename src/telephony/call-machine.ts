/**
 * The life of a call, one that comes in or one that we make, as a table and a pure `advance`. An event that the table does not list for the state it
 * finds is ignored with a reason, so callbacks may come twice, late or out of order and change nothing. Effects are
 * data: the runner writes them beside the new call in one transaction and performs them afterwards.
 */
import { limits } from '../../config/limits.ts';
import { beginCall } from './begin-call.ts';
import * as bridging from './bridge-call.ts';
import { type Call, type CallEffect, type CallEvent, type CallFacts, type CallState, legOf } from './call.ts';
import { callChart } from './call-chart.ts';
import * as endings from './call-endings.ts';
import * as consulting from './consult-call.ts';
import * as holding from './hold-call.ts';
import * as legs from './leg-steps.ts';
import * as menus from './menu-call.ts';
import { type EventOf, isOnCall, type Moved } from './moved.ts';
import { timerOfWait } from './offer-callback.ts';
import type { Outbound } from './outbound.ts';
import * as outgoing from './reach-customer.ts';
import { callDefaults } from './read-call.ts';
import * as recording from './record-call.ts';
import * as ringing from './ring-agents.ts';
import * as supervising from './supervise-call.ts';
import { transfer } from './transfer-call.ts';

export type Advance =
  | { readonly kind: 'advanced'; readonly call: Call; readonly effects: readonly CallEffect[] }
  | { readonly kind: 'ignored'; readonly reason: string };

type Step<Type extends CallEvent['type']> = (call: Call, event: EventOf<Type>, now: number) => Moved | null;
type Row = { readonly [Type in CallEvent['type']]?: Step<Type> };

/** What every state answers in the same way, for as long as the call goes on. */
const live = {
  'conversation-recorded': recording.keepRecording,
  'leg-dialled': legs.noteDialled,
  'caller-told': bridging.noteTold,
  'failed-over': endings.endFailedOver,
  'carrier-lost': endings.endLost,
  unseen: endings.endUnseen,
} satisfies Row;

/** What a call that we make answers until the customer is there. */
const placed = {
  'leg-dialled': legs.noteDialled,
  'hang-up-asked': endings.hangUpUnanswered,
  'carrier-lost': endings.endLost,
} satisfies Row;

/** Whoever has the caller may be listened to, and the call may be moved on. */
const talk = {
  ...live,
  'customer-dialled': outgoing.noteCustomerDialled,
  'leg-ringing': legs.noteRinging,
  'caller-ended': endings.endTalk,
  'recording-asked': recording.changeRecording,
  'supervision-asked': supervising.askSupervisor,
  'supervision-changed': supervising.changeSupervision,
  'supervision-ended': supervising.endSupervision,
  'hang-up-asked': endings.hangUpTalk,
} satisfies Row;

const table: Readonly<Record<CallState, Row>> = {
  preparing: {
    ...placed,
    'leg-ringing': legs.noteRinging,
    'agent-chosen': ringing.dialAgent,
    'nobody-free': outgoing.nobodyForCustomer,
    'leg-answered': legs.noteAnswered,
    'leg-accepted': outgoing.agentReady,
    'leg-ended': outgoing.legEndedWhilePreparing,
    'timer-due': outgoing.timerWhilePreparing,
  },
  calling: {
    ...placed,
    'customer-dialled': outgoing.noteCustomerDialled,
    'customer-ringing': outgoing.noteCustomerRinging,
    'customer-answered': outgoing.customerAnswered,
    'customer-machine': outgoing.machineAnswered,
    'caller-ended': outgoing.customerNotReached,
    'leg-ended': outgoing.legEndedWhileCalling,
    'timer-due': outgoing.timerWhileCalling,
  },
  menu: {
    ...live,
    'caller-keys': menus.chooseByKeys,
    'caller-ended': endings.abandon,
    'hang-up-asked': endings.hangUpUnanswered,
    'timer-due': menus.timerInMenu,
  },
  waiting: {
    ...live,
    'leg-ringing': legs.noteRinging,
    'agent-chosen': ringing.dialAgent,
    'nobody-free': ringing.waitOrGiveUp,
    'leg-answered': bridging.answerWhileWaiting,
    'leg-accepted': bridging.bridge,
    'leg-ended': ringing.tryNextAgent,
    'customer-dialled': outgoing.noteCustomerDialled,
    'customer-machine': outgoing.machineAnswered,
    'caller-ended': endings.abandon,
    'hang-up-asked': endings.hangUpUnanswered,
    'timer-due': timerOfWait,
  },
  bridged: {
    ...talk,
    'leg-answered': legs.noteAnswered,
    'leg-accepted': bridging.acceptWhileBridged,
    'leg-ended': bridging.legEndedWhileBridged,
    'room-ended': bridging.roomEndedWhileBridged,
    'hold-asked': holding.hold,
    'transfer-asked': transfer,
    'timer-due': bridging.timerWhileBridged,
  },
  held: {
    ...talk,
    'leg-answered': legs.noteAnswered,
    'leg-accepted': holding.acceptWhileHeld,
    'leg-ended': holding.legEndedWhileHeld,
    'resume-asked': holding.resume,
    'transfer-asked': transfer,
    'timer-due': holding.timerWhileHeld,
  },
  consulting: {
    ...talk,
    'agent-chosen': consulting.dialColleague,
    'nobody-free': consulting.nobodyToConsult,
    'leg-answered': consulting.answerWhileConsulting,
    'leg-accepted': consulting.acceptWhileConsulting,
    'leg-ended': consulting.legEndedWhileConsulting,
    'transfer-completed': consulting.completeTransfer,
    'transfer-cancelled': consulting.cancelTransfer,
    'merge-asked': consulting.merge,
    'timer-due': consulting.timerWhileConsulting,
  },
  voicemail: {
    ...live,
    'voicemail-left': endings.endWithVoicemail,
    'caller-ended': endings.endWithoutVoicemail,
    'hang-up-asked': endings.hangUpUnanswered,
    'timer-due': endings.timerOfVoicemail,
  },
  failover: {
    ...live,
    'failover-ended': endings.endFailover,
    'caller-ended': endings.endFailoverByCaller,
    'hang-up-asked': endings.hangUpUnanswered,
    'timer-due': endings.timerOfLife,
  },
  ended: {
    'conversation-recorded': recording.keepRecording,
    'leg-dialled': legs.noteDialled,
    'customer-dialled': outgoing.noteCustomerDialled,
    'voicemail-left': endings.noteLateVoicemail,
    'failover-ended': endings.noteLateFailover,
    'failed-over': endings.noteFailedOverLate,
  },
};

export { callChart };

/** A call that has just come in, begun by its plan; usually the caller waits and an agent is looked for. `now`: Unix ms. */
export function startCall(facts: CallFacts, now: number): { call: Call; effects: readonly CallEffect[] } {
  return start(facts, null, now, beginCall);
}

/**
 * A call that others have dealt with, as it is found afterwards: nothing follows from its plan, and what became of it is its
 * first event. `at`: Unix ms.
 */
export function startElsewhere(facts: CallFacts, at: number): Call {
  return start(facts, null, at, (call) => ({ call, effects: [] })).call;
}

/** A call that we make; `facts.ani` is whom. `now`: Unix ms. */
export function startOutbound(
  facts: CallFacts,
  outbound: Outbound,
  now: number,
): { call: Call; effects: readonly CallEffect[] } {
  return start(facts, outbound, now, outgoing.beginOutbound);
}

function start(facts: CallFacts, outbound: Outbound | null, now: number, begin: (call: Call, now: number) => Moved) {
  const call: Call = {
    ...callDefaults,
    ...facts,
    outbound,
    state: 'waiting',
    legs: [],
    bridgedLegId: null,
    voicemail: null,
    startedAt: now,
    bridgedAt: null,
    endedAt: null,
    verdict: null,
  };
  const begun = begin(call, now);
  const life: CallEffect = { kind: 'set-timer', timer: 'life', legId: null, dueAt: now + limits.callLifeMs };
  return { call: begun.call, effects: [life, ...begun.effects] };
}

/** Listening for machines errs: whoever has accepted the call is a person. */
function isDisproved(call: Call, event: CallEvent): boolean {
  if (event.type !== 'leg-ended' || event.reason !== 'machine') return false;
  const leg = legOf(call, event.legId);
  return leg !== undefined && (leg.role !== 'agent' || leg.acceptedAt !== null || isOnCall(leg));
}

/** The next call and what must be done, or why the event changes nothing. Pure; `now` in Unix ms. */
export function advance(call: Call, event: CallEvent, now: number): Advance {
  if (isDisproved(call, event)) return { kind: 'ignored', reason: 'a machine that has pressed the key' };
  const step = table[call.state][event.type] as Step<CallEvent['type']> | undefined;
  if (step === undefined) return { kind: 'ignored', reason: `${event.type} while ${call.state}` };
  const moved = step(call, event as never, now);
  if (moved === null) return { kind: 'ignored', reason: `${event.type} changes nothing` };
  const isOrdered = moved.effects.some(({ kind }) => kind === 'instruct-caller');
  const next = isOrdered ? { ...moved.call, orders: moved.call.orders + 1 } : moved.call;
  return { kind: 'advanced', call: next, effects: moved.effects };
}
