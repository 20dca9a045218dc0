/**
 * The life of an inbound call as a table and a pure `advance`. An event that the table does not list for the state it
 * finds is ignored with a reason, so callbacks may come twice, late or out of order and change nothing. Effects are
 * data: the runner writes them beside the new call in one transaction and performs them afterwards.
 */
import { limits } from '../../config/limits.ts';
import type { Call, CallEffect, CallEvent, CallFacts, CallState } from './call.ts';
import * as endings from './call-endings.ts';
import * as steps from './call-steps.ts';

export type Advance =
  | { readonly kind: 'advanced'; readonly call: Call; readonly effects: readonly CallEffect[] }
  | { readonly kind: 'ignored'; readonly reason: string };

type Step<Type extends CallEvent['type']> = (
  call: Call,
  event: endings.EventOf<Type>,
  now: number,
) => endings.Moved | null;
type Row = { readonly [Type in CallEvent['type']]?: Step<Type> };

const table: Readonly<Record<CallState, Row>> = {
  waiting: {
    'leg-dialled': steps.noteDialled,
    'leg-ringing': steps.noteRinging,
    'agent-chosen': steps.dialAgent,
    'nobody-free': steps.waitOrGiveUp,
    'leg-answered': steps.noteAnswered,
    'leg-accepted': steps.bridge,
    'leg-ended': steps.tryNextAgent,
    'caller-ended': endings.abandon,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': steps.timerWhileWaiting,
  },
  bridged: {
    'leg-dialled': steps.noteDialled,
    'leg-ended': endings.endWhenBridgedLegEnds,
    'caller-ended': endings.endAnswered,
    'room-ended': endings.endAnswered,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': endings.timerOfLife,
  },
  voicemail: {
    'leg-dialled': steps.noteDialled,
    'voicemail-left': endings.endWithVoicemail,
    'caller-ended': endings.endWithoutVoicemail,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': endings.timerOfVoicemail,
  },
  failover: {
    'leg-dialled': steps.noteDialled,
    'failover-ended': endings.endFailover,
    'caller-ended': endings.endFailoverByCaller,
    'failed-over': endings.endFailedOver,
    'carrier-lost': endings.endLost,
    'timer-due': endings.timerOfLife,
  },
  ended: {
    'leg-dialled': steps.noteDialled,
    'voicemail-left': endings.noteLateVoicemail,
    'failover-ended': endings.noteLateFailover,
    'failed-over': endings.noteFailedOverLate,
  },
};

/** The chart of the machine, held against `docs/states.md` and against every run of the model test. */
export const callChart = {
  states: ['waiting', 'bridged', 'voicemail', 'failover', 'ended'],
  transitions: [
    ['[*]', 'received', 'waiting'],
    ['[*]', 'received', 'voicemail'],
    ['[*]', 'received', 'failover'],
    ['[*]', 'received', 'ended'],
    ['waiting', 'agent-chosen', 'waiting'],
    ['waiting', 'nobody-free', 'waiting'],
    ['waiting', 'nobody-free', 'voicemail'],
    ['waiting', 'nobody-free', 'failover'],
    ['waiting', 'leg-dialled', 'waiting'],
    ['waiting', 'leg-ringing', 'waiting'],
    ['waiting', 'leg-answered', 'waiting'],
    ['waiting', 'leg-accepted', 'bridged'],
    ['waiting', 'leg-ended', 'waiting'],
    ['waiting', 'leg-ended', 'voicemail'],
    ['waiting', 'leg-ended', 'failover'],
    ['waiting', 'caller-ended', 'ended'],
    ['waiting', 'failed-over', 'ended'],
    ['waiting', 'carrier-lost', 'ended'],
    ['waiting', 'timer-due', 'waiting'],
    ['waiting', 'timer-due', 'voicemail'],
    ['waiting', 'timer-due', 'failover'],
    ['waiting', 'timer-due', 'ended'],
    ['bridged', 'leg-dialled', 'bridged'],
    ['bridged', 'leg-ended', 'ended'],
    ['bridged', 'caller-ended', 'ended'],
    ['bridged', 'room-ended', 'ended'],
    ['bridged', 'failed-over', 'ended'],
    ['bridged', 'carrier-lost', 'ended'],
    ['bridged', 'timer-due', 'ended'],
    ['voicemail', 'leg-dialled', 'voicemail'],
    ['voicemail', 'voicemail-left', 'ended'],
    ['voicemail', 'caller-ended', 'ended'],
    ['voicemail', 'failed-over', 'ended'],
    ['voicemail', 'carrier-lost', 'ended'],
    ['voicemail', 'timer-due', 'ended'],
    ['failover', 'leg-dialled', 'failover'],
    ['failover', 'failover-ended', 'voicemail'],
    ['failover', 'failover-ended', 'ended'],
    ['failover', 'caller-ended', 'ended'],
    ['failover', 'failed-over', 'ended'],
    ['failover', 'carrier-lost', 'ended'],
    ['failover', 'timer-due', 'ended'],
    ['ended', 'leg-dialled', 'ended'],
    ['ended', 'voicemail-left', 'ended'],
    ['ended', 'failover-ended', 'ended'],
    ['ended', 'failed-over', 'ended'],
  ],
} as const;

/** A call that has just come in, begun by its plan; usually the caller waits and an agent is looked for. `now`: Unix ms. */
export function startCall(facts: CallFacts, now: number): { call: Call; effects: readonly CallEffect[] } {
  const call: Call = {
    ...facts,
    state: 'waiting',
    legs: [],
    bridgedLegId: null,
    voicemail: null,
    startedAt: now,
    bridgedAt: null,
    endedAt: null,
    verdict: null,
  };
  const begun = steps.begin(call, now);
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
