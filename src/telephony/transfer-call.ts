/**
 * A call is moved on. Blind: who had it is gone at once, the caller hears music while the other phone rings; when nobody
 * takes it there, any agent may, then voicemail. Warm: the caller hears music while the two talk first (`consult-call.ts`).
 */

import { certain } from './bridge-call.ts';
import { type Call, type CallEffect, legOf, type TransferTarget } from './call.ts';
import { consult } from './consult-call.ts';
import { agentOf, leaveToQueue } from './hold-call.ts';
import { dialled, type EventOf, endLegs, hangUpAndFree, type Moved, newLeg, talkers } from './moved.ts';
import { chooseAgent, waitTimer } from './ring-agents.ts';

/** Null when the call is just being lost, or the order has been carried out before. */
export function transfer(call: Call, event: EventOf<'transfer-asked'>, now: number): Moved | null {
  if (call.lostAt !== null || legOf(call, event.legId) !== undefined) return null;
  return event.mode === 'warm' ? consult(call, event, now) : sendOn(call, event, now);
}

function sendOn(call: Call, event: EventOf<'transfer-asked'>, now: number): Moved {
  const { call: sure, effects: others } = certain(call);
  const leaving = talkers(sure);
  const left = endLegs(sure, leaving, 'completed');
  const { call: queued, effects } = leaveToQueue(left, now, agentOf(call));
  const room = call.state === 'bridged' ? call.room + 1 : call.room;
  const rung = ringTarget({ ...queued, room, ...queueOf(event.to) }, event, now);
  const told: CallEffect = {
    kind: 'tell',
    type: 'call.transferred',
    data: { mode: 'blind', to: event.to, agentId: agentOf(call) },
  };
  return {
    call: rung.call,
    effects: [
      ...others,
      ...leaving.flatMap((leg) => hangUpAndFree(leg, call.plan.wrapUpMs)),
      ...effects,
      ...(room === call.room ? [] : [{ kind: 'instruct-caller' } as const]),
      waitTimer(rung.call),
      ...rung.effects,
      told,
    ],
  };
}

/** The phone the call is meant for rings while the caller waits. */
function ringTarget(call: Call, { to, legId }: EventOf<'transfer-asked'>, now: number): Moved {
  if (to.kind !== 'number') {
    const wanted: Call = { ...call, wantedAgentId: to.kind === 'agent' ? to.agentId : null };
    return { call: wanted, effects: [chooseAgent(wanted)] };
  }
  const leg = newLeg({ id: legId, role: 'target', agentId: null, to: to.number });
  const ringing: Call = { ...call, legs: [...call.legs, leg] };
  return { call: ringing, effects: dialled(ringing, legId, now) };
}

function queueOf(to: TransferTarget): Partial<Call> {
  return to.kind === 'queue' ? { queue: to.queue } : {};
}
