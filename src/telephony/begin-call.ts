/**
 * The first move of a call, by its plan: agents are looked for, the caller chooses from a menu, it is handed over whole, or treated as one outside hours.
 */
import type { Call } from './call.ts';
import { end, toVoicemail } from './call-endings.ts';
import { openMenu } from './menu-call.ts';
import type { Moved } from './moved.ts';
import { chooseAgent, waitTimers } from './ring-agents.ts';

/** The first move of a call: looked at for an agent, handed over whole, or treated as one outside hours. */
export function beginCall(call: Call, now: number): Moved {
  const { closed, handOver, failover, menu } = call.plan;
  if (closed?.action === 'hang-up') return end(call, 'closed', now, { hangUpCaller: false });
  if (closed !== null && (closed.action === 'voicemail' || failover === null))
    return toVoicemail(call, now, { instruct: false });
  if (closed !== null || handOver !== null) return { call: { ...call, state: 'failover' }, effects: [] };
  if (menu !== null) return openMenu(call, menu, 0, now);
  return { call, effects: [...waitTimers(call, now), chooseAgent(call)] };
}
