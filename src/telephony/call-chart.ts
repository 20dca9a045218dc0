/**
 * The chart of the call machine: from which state which event may lead where. It is held against `docs/states.md` and
 * against every run of the model test, which must see each of these moves and no other.
 */
import type { CallEvent, CallState } from './call.ts';

type Moves = Readonly<
  Record<CallState | '[*]', Readonly<Partial<Record<CallEvent['type'] | 'received' | 'placed', string>>>>
>;

/** By state and event, the states that may follow. */
const moves: Moves = {
  '[*]': { received: 'menu waiting voicemail failover ended', placed: 'preparing calling' },
  preparing: {
    'agent-chosen': 'preparing',
    'nobody-free': 'preparing ended',
    'leg-dialled': 'preparing',
    'leg-ringing': 'preparing',
    'leg-answered': 'preparing',
    'leg-accepted': 'calling',
    'leg-ended': 'preparing ended',
    'timer-due': 'preparing ended',
    'carrier-lost': 'ended',
    'hang-up-asked': 'ended',
  },
  calling: {
    'customer-dialled': 'calling',
    'customer-ringing': 'calling',
    'customer-answered': 'waiting bridged',
    'customer-machine': 'ended',
    'leg-dialled': 'calling',
    'leg-ended': 'ended',
    'timer-due': 'ended',
    'caller-ended': 'ended',
    'carrier-lost': 'ended',
    'hang-up-asked': 'ended',
  },
  menu: {
    'conversation-recorded': 'menu',
    'caller-keys': 'menu waiting voicemail failover ended',
    'timer-due': 'menu waiting voicemail failover ended',
    ...endings('caller-ended'),
  },
  waiting: {
    'conversation-recorded': 'waiting',
    'agent-chosen': 'waiting',
    'nobody-free': 'waiting voicemail failover ended',
    'leg-dialled': 'waiting',
    'customer-dialled': 'waiting',
    'customer-machine': 'ended',
    'leg-ringing': 'waiting',
    'leg-answered': 'waiting bridged',
    'leg-accepted': 'bridged',
    'leg-ended': 'waiting voicemail failover ended',
    'timer-due': 'menu waiting voicemail failover ended',
    ...endings('caller-ended'),
  },
  bridged: {
    ...talk('bridged'),
    'leg-ended': 'bridged ended',
    'room-ended': 'ended',
    'hold-asked': 'held',
    'transfer-asked': 'waiting consulting',
    'timer-due': 'bridged waiting voicemail failover ended',
  },
  held: {
    ...talk('held'),
    'leg-ended': 'held waiting',
    'resume-asked': 'bridged',
    'transfer-asked': 'waiting consulting',
    'timer-due': 'held bridged ended',
  },
  consulting: {
    ...talk('consulting'),
    'agent-chosen': 'consulting',
    'nobody-free': 'bridged',
    'leg-ended': 'consulting bridged waiting',
    'transfer-completed': 'bridged',
    'transfer-cancelled': 'bridged',
    'merge-asked': 'bridged',
    'timer-due': 'consulting bridged ended',
  },
  voicemail: {
    'conversation-recorded': 'voicemail',
    'leg-dialled': 'voicemail',
    'voicemail-left': 'ended',
    'timer-due': 'ended',
    ...endings('caller-ended'),
  },
  failover: {
    'conversation-recorded': 'failover',
    'leg-dialled': 'failover',
    'failover-ended': 'voicemail ended',
    'timer-due': 'ended',
    ...endings('caller-ended'),
  },
  ended: {
    'conversation-recorded': 'ended',
    'leg-dialled': 'ended',
    'customer-dialled': 'ended',
    'voicemail-left': 'ended',
    'failover-ended': 'ended',
    'failed-over': 'ended',
  },
};

/** What ends a call whatever it is doing. */
function endings(caller: 'caller-ended') {
  return { [caller]: 'ended', 'failed-over': 'ended', 'carrier-lost': 'ended', 'hang-up-asked': 'ended' };
}

/** What leaves a talk as it is. */
function talk(state: CallState) {
  const same = [
    'leg-dialled',
    'customer-dialled',
    'leg-ringing',
    'leg-answered',
    'leg-accepted',
    'supervision-asked',
  ] as const;
  const changes = ['supervision-changed', 'supervision-ended', 'recording-asked', 'conversation-recorded'] as const;
  return { ...Object.fromEntries([...same, ...changes].map((event) => [event, state])), ...endings('caller-ended') };
}

export const callChart = {
  states: Object.keys(moves).filter((state): state is CallState => state !== '[*]'),
  transitions: Object.entries(moves).flatMap(([from, byEvent]) =>
    Object.entries(byEvent).flatMap(([event, to]) => to.split(' ').map((state) => [from, event, state] as const)),
  ),
};
