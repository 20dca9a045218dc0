/**
 * The chart of the call machine: from which state which event may lead where. It is held against `docs/states.md` and
 * against every run of the model test, which must see each of these moves and no other.
 */
import type { CallEvent, CallState } from './call.ts';

type Moves = Readonly<Record<CallState | '[*]', Readonly<Partial<Record<CallEvent['type'] | 'received', string>>>>>;

/** By state and event, the states that may follow. */
const moves: Moves = {
  '[*]': { received: 'waiting voicemail failover ended' },
  waiting: {
    'agent-chosen': 'waiting',
    'nobody-free': 'waiting voicemail failover',
    'leg-dialled': 'waiting',
    'leg-ringing': 'waiting',
    'leg-answered': 'waiting',
    'leg-accepted': 'bridged',
    'leg-ended': 'waiting voicemail failover',
    'caller-ended': 'ended',
    'failed-over': 'ended',
    'carrier-lost': 'ended',
    'timer-due': 'waiting voicemail failover ended',
  },
  bridged: {
    'leg-dialled': 'bridged',
    'leg-ringing': 'bridged',
    'leg-answered': 'bridged',
    'leg-accepted': 'bridged',
    'leg-ended': 'bridged ended',
    'caller-ended': 'ended',
    'room-ended': 'ended',
    'failed-over': 'ended',
    'carrier-lost': 'ended',
    'timer-due': 'bridged waiting voicemail failover ended',
  },
  voicemail: {
    'leg-dialled': 'voicemail',
    'voicemail-left': 'ended',
    'caller-ended': 'ended',
    'failed-over': 'ended',
    'carrier-lost': 'ended',
    'timer-due': 'ended',
  },
  failover: {
    'leg-dialled': 'failover',
    'failover-ended': 'voicemail ended',
    'caller-ended': 'ended',
    'failed-over': 'ended',
    'carrier-lost': 'ended',
    'timer-due': 'ended',
  },
  ended: {
    'leg-dialled': 'ended',
    'voicemail-left': 'ended',
    'failover-ended': 'ended',
    'failed-over': 'ended',
  },
};

export const callChart = {
  states: Object.keys(moves).filter((state): state is CallState => state !== '[*]'),
  transitions: Object.entries(moves).flatMap(([from, byEvent]) =>
    Object.entries(byEvent).flatMap(([event, to]) => to.split(' ').map((state) => [from, event, state] as const)),
  ),
};
