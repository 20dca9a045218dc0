/**
 * The first move of a call, by its plan: agents are looked for, it is handed over whole, or treated as one outside hours.
 */
import type { Call, CallEffect } from './call.ts';
import { end, toVoicemail } from './call-endings.ts';
import type { Moved } from './moved.ts';
import { chooseAgent } from './ring-agents.ts';

/** The first move of a call: looked at for an agent, handed over whole, or treated as one outside hours. */
export function beginCall(call: Call, now: number): Moved {
  const { closed, handOver, failover } = call.plan;
  if (closed?.action === 'hang-up') return end(call, 'closed', now, { hangUpCaller: false });
  if (closed !== null && (closed.action === 'voicemail' || failover === null))
    return toVoicemail(call, now, { instruct: false });
  if (closed !== null || handOver !== null) return { call: { ...call, state: 'failover' }, effects: [] };
  const wait: CallEffect = { kind: 'set-timer', timer: 'wait', legId: null, dueAt: call.plan.waitUntil };
  return { call, effects: [wait, chooseAgent(call)] };
}
