/**
 * A caller who has waited long is offered a callback: a key, and their place in the queue is kept while they hang up. The
 * offer is a menu like any other and is made once, while no phone rings for them; whoever says nothing waits on with music.
 */
import { limits } from '../../config/limits.ts';
import type { Call } from './call.ts';
import { openMenu } from './menu-call.ts';
import { asked, type EventOf, type Moved } from './moved.ts';
import type { Menu } from './plan/plan-parts.ts';
import { timerWhileWaiting } from './ring-agents.ts';

const offer: Menu = {
  prompt: 'You can keep your place in the queue and be called back. Press 1 to be called back, or stay on the line.',
  keys: { '1': { to: 'callback' } },
  retries: 0,
  timeoutMs: limits.callbackOfferTimeoutMs,
  otherwise: { to: 'wait-on' },
};

/** Whatever falls due while a caller waits. */
export function timerOfWait(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  return event.timer === 'callback' ? offerCallback(call, now) : timerWhileWaiting(call, event, now);
}

/** Their old room ends with their leaving it, so they come back to one of a new number. */
function offerCallback(call: Call, now: number): Moved | null {
  if (call.plan.callbackAfterMs === null || call.isCallbackOffered || call.bridgedAt !== null) return null;
  if (asked(call).length > 0) {
    const dueAt = now + limits.callbackOfferAgainMs;
    return { call, effects: [{ kind: 'set-timer', timer: 'callback', legId: null, dueAt }] };
  }
  const offered: Call = { ...call, isCallbackOffered: true, room: call.room + 1, retryAt: null };
  const opened = openMenu(offered, offer, 0, now);
  return { call: opened.call, effects: [...opened.effects, { kind: 'instruct-caller' }] };
}
