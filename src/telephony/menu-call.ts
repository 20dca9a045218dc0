/**
 * A caller chooses by keys. Each time a prompt is said it has a number, its turn; keys that answer an earlier turn are
 * old news, so reports that come twice or out of order choose nothing twice. After the menu's own tries its default is
 * taken, and a carrier that says nothing is not waited for.
 */
import { limits } from '../../config/limits.ts';
import type { Call, CallEffect } from './call.ts';
import { end, toVoicemail } from './call-endings.ts';
import type { EventOf, Moved } from './moved.ts';
import type { Menu, MenuChoice, MenuKey } from './plan/plan-parts.ts';
import { requestCallback, waitOn } from './request-callback.ts';
import { chooseAgent, queueAgain, waitTimers } from './ring-agents.ts';

/** Says a menu's prompt, for the first time or again. */
export function openMenu(call: Call, menu: Menu, tries: number, now: number): Moved {
  const promptUntil = now + menu.timeoutMs + limits.promptSlackMs;
  const timer: CallEffect = { kind: 'set-timer', timer: 'menu', legId: null, dueAt: promptUntil };
  return { call: { ...call, state: 'menu', menu, tries, turn: call.turn + 1, promptUntil }, effects: [timer] };
}

/** The keys of one turn; none when the caller was silent. The answer to this very report says what they hear next. */
export function chooseByKeys(call: Call, event: EventOf<'caller-keys'>, now: number): Moved | null {
  const { menu, tries, turn } = call;
  if (menu === null || (event.turn !== null && event.turn !== turn)) return null;
  const choice = menu.keys[event.digits.slice(0, 1) as MenuKey];
  if (choice !== undefined) return follow(call, choice, now);
  return tries < menu.retries ? openMenu(call, menu, tries + 1, now) : follow(call, menu.otherwise, now);
}

export function timerInMenu(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  if (event.timer === 'life') return end(call, 'carrier-silent', now, { hangUpCaller: true });
  if (event.timer !== 'menu' || call.menu === null || now < (call.promptUntil ?? 0)) return null;
  const next = follow(call, call.menu.otherwise, now);
  return { call: next.call, effects: [...next.effects, { kind: 'instruct-caller' }] };
}

function follow(call: Call, choice: MenuChoice, now: number): Moved {
  const { plan } = call;
  switch (choice.to) {
    case 'agents':
      return toAgents(call, now);
    case 'product':
      return toAgents({ ...call, plan: { ...plan, product: choice.product } }, now);
    case 'queue':
      return toAgents({ ...call, queue: choice.queue }, now);
    case 'number': {
      const handOver = { to: choice.number, headers: {} };
      return { call: { ...call, state: 'failover', plan: { ...plan, handOver } }, effects: [] };
    }
    case 'voicemail':
      return toVoicemail(call, now, { instruct: false });
    case 'menu':
      return openMenu(call, choice.menu, 0, now);
    case 'callback':
      return requestCallback(call, now);
    case 'wait-on':
      return waitOn(call);
  }
}

/** The wait begins with the choice, and is as long as the plan says. */
function toAgents(call: Call, now: number): Moved {
  const waitUntil = now + (call.plan.waitUntil - call.startedAt);
  const queued = queueAgain(call, now, null);
  const waiting: Call = { ...queued, plan: { ...call.plan, waitUntil } };
  return { call: waiting, effects: [...waitTimers(waiting, now), chooseAgent(waiting)] };
}
