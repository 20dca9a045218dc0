/**
 * What the phones we ring hear next: who is calling and the key that takes the call, the room, that the call is taken.
 */
import { limits } from '../../config/limits.ts';
import { unreachable } from '../ports/errors.ts';
import { type Call, type Leg, roomOf } from './call.ts';
import type { Instruction, Join } from './instructions.ts';

const acceptKey = '1';

export const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];

/** What the leg does now. */
export function answerLeg(call: Call, leg: Leg): readonly Instruction[] {
  switch (leg.state) {
    case 'dialling':
    case 'ringing':
    case 'answered':
      return call.state === 'waiting' || call.state === 'bridged' ? whisperToAgent(call, leg) : sorryTaken();
    case 'standby':
      return [{ verb: 'say', text: 'One moment, please.' }, standByInSilence, ...hangUp];
    case 'bridged':
      return [join(call, { role: 'agent', next: null })];
    case 'ended':
      return leg.ending === 'declined' || leg.ending === 'completed' ? hangUp : sorryTaken();
    default:
      return unreachable(leg.state);
  }
}

/** Long enough to learn whether the first one has the caller, and for the order that follows to arrive. */
const standByInSilence: Instruction = {
  verb: 'wait',
  seconds: Math.ceil((limits.bridgeProofMs + limits.bridgeLostMs + limits.carrierRequestTimeoutMs) / 1_000),
};

/** What an agent hears on picking up: who is calling, and the key that takes the call (a voicemail presses none). */
function whisperToAgent(call: Call, leg: Leg): readonly Instruction[] {
  return [
    {
      verb: 'gather',
      prompt: `A caller from your website is waiting. Press ${acceptKey} to take the call.`,
      digits: 1,
      finishKey: null,
      timeoutMs: call.plan.acceptTimeoutMs,
      next: { step: 'keys', callId: call.id, legId: leg.id },
    },
    { verb: 'hang-up' },
  ];
}

/** Whether the keys an agent pressed mean yes. */
export function keysAccept(digits: string): boolean {
  return digits === acceptKey;
}

/** Two people in a room: either one's going ends it. */
export function join(call: Call, { role, next }: Pick<Join, 'role' | 'next'>): Join {
  return { verb: 'join', room: roomOf(call), role, hears: 'talk', coaches: null, endsRoom: true, next };
}

function sorryTaken(): readonly Instruction[] {
  return [{ verb: 'say', text: 'This call is no longer waiting. Thank you.' }, { verb: 'hang-up' }];
}
