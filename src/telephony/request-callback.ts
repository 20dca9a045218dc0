/** What a caller makes of the offer of a callback: their place is kept and the call is over, or they wait on. */
import type { Call } from './call.ts';
import { end } from './call-endings.ts';
import type { Moved } from './moved.ts';
import { chooseAgent, waitTimer } from './ring-agents.ts';

export function requestCallback(call: Call, now: number): Moved {
  const ended = end(call, 'callback-requested', now, { hangUpCaller: false });
  return { call: ended.call, effects: [{ kind: 'request-callback' }, ...ended.effects] };
}

/** The wait goes on where it was; its limit may have passed meanwhile. */
export function waitOn(call: Call): Moved {
  const waiting: Call = { ...call, state: 'waiting', menu: null };
  return { call: waiting, effects: [waitTimer(waiting), chooseAgent(waiting)] };
}
