/**
 * What each leg of a call hears next, given only where the call stands. Because it depends on nothing else, a carrier
 * that asks twice gets the same answer twice, and one that asks late gets the answer that fits now.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { unreachable } from '../ports/errors.ts';
import type { LegId } from '../ports/ids.ts';
import { answerLeg, hangUp, isMetInRoom, join } from './answer-leg.ts';
import { type Call, legOf, roomOf } from './call.ts';
import type { Instruction, Join } from './instructions.ts';
import { isAgentFirst } from './outbound.ts';

/** What a leg does now; `legId` null: the caller's own. A customer whom we called stands where a caller does. */
export function instructionsFor(call: Call, legId: LegId | null): readonly Instruction[] {
  if (legId === null || legId === call.outbound?.legId) return answerCaller(call);
  const leg = legOf(call, legId);
  return leg === undefined ? hangUp : answerLeg(call, leg);
}

/** What a caller hears whose call was answered from memory: the number's failover destination, straight away. */
export function failoverInstructions(to: E164, dnis: E164): readonly Instruction[] {
  const next = { step: 'dial-ended', callId: null, legId: null } as const;
  return [{ verb: 'dial', to, callerId: dnis, ringTimeoutMs: limits.failoverRingTimeoutMs, next }];
}

/** The same after that dial. */
export function afterFailover(answered: boolean): readonly Instruction[] {
  if (answered) return hangUp;
  return [{ verb: 'say', text: 'Sorry, nobody can take your call just now. Goodbye.' }, { verb: 'hang-up' }];
}

function answerCaller(call: Call): readonly Instruction[] {
  const { opening, greeting } = call.plan;
  switch (call.state) {
    case 'preparing':
    case 'calling':
      return hangUp;
    case 'menu':
      return readMenu(call);
    case 'waiting':
      return [...(call.room === 1 ? say(...(call.turn === 0 ? opening : []), greeting) : []), joinAsCaller(call)];
    case 'bridged':
      return [...(call.room === 1 && isAgentFirst(call) ? say(...opening, greeting) : []), joinAsCaller(call)];
    case 'held':
    case 'consulting':
      return [joinAsCaller(call)];
    case 'failover':
      return connectElsewhere(call);
    case 'voicemail':
      return takeMessage(call);
    case 'ended':
      return [...lastWords(call), ...hangUp];
    default:
      return unreachable(call.state);
  }
}

/** What is said to somebody before they are let go. */
function lastWords({ plan: { closed }, verdict }: Call): readonly Instruction[] {
  if (verdict?.slug === 'callback-requested')
    return say('Thank you. We will call you back at the number you call from.');
  if (verdict?.slug === 'no-agent') return say('Sorry, nobody is free to talk with you just now. Goodbye.');
  return closed?.action === 'hang-up' ? say(closed.announcement) : [];
}

/** The prompt, after the opening lines when nothing has been said yet. */
function readMenu({ id: callId, plan, menu, turn, isCallbackOffered }: Call): readonly Instruction[] {
  if (menu === null) return hangUp;
  const next = { step: 'keys', callId, legId: null, turn } as const;
  const { prompt, timeoutMs } = menu;
  return [
    ...(turn === 1 && !isCallbackOffered ? say(...plan.opening) : []),
    { verb: 'gather', prompt, digits: 1, finishKey: null, timeoutMs, next },
  ];
}

/** To where the call is handed over, or to the failover number; who comes here at once has not heard anything yet. */
function connectElsewhere({ id: callId, dnis: callerId, plan, turn }: Call): readonly Instruction[] {
  const next = { step: 'dial-ended', callId, legId: null } as const;
  const order = { verb: 'dial', callerId, ringTimeoutMs: limits.failoverRingTimeoutMs, next } as const;
  if (plan.handOver !== null) return [...(turn === 0 ? say(...plan.opening) : []), { ...order, ...plan.handOver }];
  if (plan.failover === null) return hangUp;
  return [...say(plan.closed?.announcement ?? null), { ...order, to: plan.failover }];
}

function takeMessage({ id: callId, plan, legs, turn, isCallbackOffered }: Call): readonly Instruction[] {
  const { closed } = plan;
  const isHeard = closed === null || (closed.action === 'failover' && plan.failover !== null);
  // Whoever has chosen to leave a message is not told that nobody is there.
  const isChosen = turn > 0 && !isCallbackOffered && legs.length === 0;
  const lines = isChosen
    ? say('Please leave a message after the tone.')
    : isHeard
      ? say('Sorry, nobody can take your call just now. Please leave a message after the tone.')
      : say(closed.announcement, 'Please leave a message after the tone.');
  const next = { step: 'recorded', callId, legId: null } as const;
  return [...lines, { verb: 'record', secondsMax: limits.voicemailSecondsMax, next }, { verb: 'hang-up' }];
}

/** What there is of these lines. */
function say(...lines: readonly (string | null)[]): readonly Instruction[] {
  return lines.flatMap((text) => (text === null || text === '' ? [] : [{ verb: 'say', text } as const]));
}

function joinAsCaller(call: Call): Join {
  const room = roomOf(call);
  const next = { step: 'left-room', callId: call.id, legId: null, room } as const;
  return join(call, { role: isMetInRoom(call) ? 'agent' : 'caller', next });
}
