/**
 * The life of an inbound call as a table and a pure `advance`. An event that the table does not list for the state it
 * finds is ignored with a reason, so callbacks may come twice, late or out of order and change nothing. Effects are
 * data: the runner writes them beside the new call in one transaction and performs them afterwards.
 */
import { limits } from '../../config/limits.ts';
import { beginCall } from './begin-call.ts';
import * as bridging from './bridge-call.ts';
import type { Call, CallEffect, CallEvent, CallFacts, CallState } from './call.ts';
import { callChart } from './call-chart.ts';
import * as endings from './call-endings.ts';
import * as legs from './leg-steps.ts';
import type { EventOf, Moved } from './moved.ts';
import * as ringing from './ring-agents.ts';

export type Advance =
  | { readonly kind: 'advanced'; readonly call: Call; readonly effects: readonly CallEffect[] }
  | { readonly kind: 'ignored'; readonly reason: string };

type Step<Type extends CallEvent['type']> = (call: Call, event: EventOf<Type>, now: number) => Moved | null;
type Row = { readonly [Type in CallEvent['type']]?: Step<Type> };

const table: Readonly<Record<CallState, Row>> = {
  waiting: {
    'leg-dialled': legs.noteDialled,
    'leg-ringing': legs.noteRinging,
    'agent-chosen': ringing.dialAgent,
    'nobody-free': ringing.waitOrGiveUp,
    'leg-answered': legs.noteAnswered,
    'leg-accepted': bridging.bridge,
    'leg-ended': ringing.tryNextAgent,
    'caller-ended': endings.abandon,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': ringing.timerWhileWaiting,
  },
  bridged: {
    'leg-dialled': legs.noteDialled,
    'leg-ringing': legs.noteRinging,
    'leg-answered': legs.noteAnswered,
    'leg-accepted': bridging.standBy,
    'leg-ended': bridging.legEndedWhileBridged,
    'caller-ended': bridging.callerEndedWhileBridged,
    'room-ended': bridging.roomEndedWhileBridged,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': bridging.timerWhileBridged,
  },
  voicemail: {
    'leg-dialled': legs.noteDialled,
    'voicemail-left': endings.endWithVoicemail,
    'caller-ended': endings.endWithoutVoicemail,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': endings.timerOfVoicemail,
  },
  failover: {
    'leg-dialled': legs.noteDialled,
    'failover-ended': endings.endFailover,
    'caller-ended': endings.endFailoverByCaller,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': endings.timerOfLife,
  },
  ended: {
    'leg-dialled': legs.noteDialled,
    'voicemail-left': endings.noteLateVoicemail,
    'failover-ended': endings.noteLateFailover,
    'failed-over': endings.noteFailedOverLate,
  },
};

export { callChart };

/** A call that has just come in, begun by its plan; usually the caller waits and an agent is looked for. `now`: Unix ms. */
export function startCall(facts: CallFacts, now: number): { call: Call; effects: readonly CallEffect[] } {
  const call: Call = {
    ...facts,
    state: 'waiting',
    legs: [],
    bridgedLegId: null,
    room: 1,
    provenAt: null,
    lostAt: null,
    retryAt: null,
    voicemail: null,
    startedAt: now,
    bridgedAt: null,
    endedAt: null,
    verdict: null,
  };
  const begun = beginCall(call, now);
  const life: CallEffect = { kind: 'set-timer', timer: 'life', legId: null, dueAt: now + limits.callLifeMs };
  return { call: begun.call, effects: [life, ...begun.effects] };
}

/** The next call and what must be done, or why the event changes nothing. Pure; `now` in Unix ms. */
export function advance(call: Call, event: CallEvent, now: number): Advance {
  const step = table[call.state][event.type] as Step<CallEvent['type']> | undefined;
  if (step === undefined) return { kind: 'ignored', reason: `${event.type} while ${call.state}` };
  const moved = step(call, event as never, now);
  if (moved === null) return { kind: 'ignored', reason: `${event.type} changes nothing` };
  return { kind: 'advanced', call: moved.call, effects: moved.effects };
}
