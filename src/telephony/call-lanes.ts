/**
 * The lanes of the outbox in which a call waits for something: its timers, each in a lane of its own, and the question to
 * the carrier whether it still lives. Named here once, so that what is set can be taken back when the call ends.
 */
import type { CallId, LegId } from '../ports/ids.ts';
import type { Call, CallTimer } from './call.ts';

/** Whose each timer is. */
const timers: Readonly<Record<CallTimer, 'call' | 'leg'>> = {
  ring: 'leg',
  lost: 'leg',
  retry: 'call',
  wait: 'call',
  callback: 'call',
  customer: 'call',
  announced: 'call',
  proof: 'call',
  hold: 'call',
  menu: 'call',
  voicemail: 'call',
  life: 'call',
};
const timersOf = (whose: 'call' | 'leg') =>
  (Object.keys(timers) as CallTimer[]).filter((timer) => timers[timer] === whose);
const [callTimers, legTimers] = [timersOf('call'), timersOf('leg')];

export function timerLane(callId: CallId, timer: CallTimer, legId: LegId | null): string {
  return `timer:${callId}:${timer}:${legId ?? ''}`;
}

export function checkLane(callId: CallId): string {
  return `check:${callId}`;
}

/** All of them. */
export function waitingLanesOf({ id, legs }: Pick<Call, 'id' | 'legs'>): string[] {
  const ofCall = callTimers.map((timer) => timerLane(id, timer, null));
  const ofLegs = legs.flatMap((leg) => legTimers.map((timer) => timerLane(id, timer, leg.id)));
  return [...ofCall, ...ofLegs, checkLane(id)];
}
