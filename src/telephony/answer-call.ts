/**
 * What the caller and the agent hear next, given only where the call stands. Because it depends on nothing else, a
 * carrier that asks twice gets the same answer twice, and one that asks late gets the answer that fits now.
 */
import { limits } from '../../config/limits.ts';
import { unreachable } from '../ports/errors.ts';
import type { LegId } from '../ports/ids.ts';
import type { Call, Leg } from './call.ts';
import type { Instruction } from './instructions.ts';

const acceptKey = '1';

/** Instructions for the caller's own leg. */
export function answerCaller(call: Call): readonly Instruction[] {
  const { id: callId } = call;
  switch (call.state) {
    case 'waiting':
      return [{ verb: 'say', text: call.plan.greeting }, joinAsCaller(call)];
    case 'bridged':
      return [joinAsCaller(call)];
    case 'failover':
      return call.plan.failover === null
        ? [{ verb: 'hang-up' }]
        : [
            {
              verb: 'dial',
              to: call.plan.failover,
              callerId: call.dnis,
              ringTimeoutMs: limits.failoverRingTimeoutMs,
              next: { step: 'failover-ended', callId },
            },
          ];
    case 'voicemail':
      return [
        { verb: 'say', text: 'Sorry, nobody can take your call just now. Please leave a message after the tone.' },
        { verb: 'record', secondsMax: limits.voicemailSecondsMax, next: { step: 'voicemail-left', callId } },
        { verb: 'hang-up' },
      ];
    case 'ended':
      return [{ verb: 'hang-up' }];
    default:
      return unreachable(call.state);
  }
}

/** What an agent hears on picking up: who is calling, and the key that takes the call (a voicemail presses none). */
export function whisperToAgent(call: Call, leg: Leg): readonly Instruction[] {
  if (call.state !== 'waiting' || leg.state === 'ended') return sorryTaken();
  return [
    {
      verb: 'gather',
      prompt: `A caller from your website is waiting. Press ${acceptKey} to take the call.`,
      digits: 1,
      timeoutMs: call.plan.acceptTimeoutMs,
      next: { step: 'agent-keys', callId: call.id, legId: leg.id },
    },
    { verb: 'hang-up' },
  ];
}

/** What an agent hears after pressing a key. */
export function answerAgent(call: Call, legId: LegId): readonly Instruction[] {
  if (call.state !== 'bridged' || call.bridgedLegId !== legId) return sorryTaken();
  return [{ verb: 'join', room: call.id, role: 'agent', next: null }];
}

/** Whether the keys an agent pressed mean yes. */
export function keysAccept(digits: string): boolean {
  return digits === acceptKey;
}

function joinAsCaller(call: Call): Instruction {
  return { verb: 'join', room: call.id, role: 'caller', next: { step: 'caller-left-room', callId: call.id } };
}

function sorryTaken(): readonly Instruction[] {
  return [{ verb: 'say', text: 'This call is no longer waiting. Thank you.' }, { verb: 'hang-up' }];
}
