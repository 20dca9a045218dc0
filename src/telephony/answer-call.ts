/**
 * What each leg of a call hears next, given only where the call stands. Because it depends on nothing else, a carrier
 * that asks twice gets the same answer twice, and one that asks late gets the answer that fits now.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { unreachable } from '../ports/errors.ts';
import type { LegId } from '../ports/ids.ts';
import { type Call, type Leg, legOf } from './call.ts';
import type { Instruction, Join } from './instructions.ts';

const acceptKey = '1';

/** What a leg does now; `legId` null: the caller's own. */
export function instructionsFor(call: Call, legId: LegId | null): readonly Instruction[] {
  if (legId === null) return answerCaller(call);
  const leg = legOf(call, legId);
  return leg === undefined ? hangUp : answerLeg(call, leg);
}

const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];

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
  const { id: callId } = call;
  switch (call.state) {
    case 'waiting':
      return [{ verb: 'say', text: call.plan.greeting }, joinAsCaller(call)];
    case 'bridged':
      return [joinAsCaller(call)];
    case 'failover':
      return call.plan.failover === null
        ? hangUp
        : [
            {
              verb: 'dial',
              to: call.plan.failover,
              callerId: call.dnis,
              ringTimeoutMs: limits.failoverRingTimeoutMs,
              next: { step: 'dial-ended', callId, legId: null },
            },
          ];
    case 'voicemail':
      return [
        { verb: 'say', text: 'Sorry, nobody can take your call just now. Please leave a message after the tone.' },
        { verb: 'record', secondsMax: limits.voicemailSecondsMax, next: { step: 'recorded', callId, legId: null } },
        { verb: 'hang-up' },
      ];
    case 'ended':
      return hangUp;
    default:
      return unreachable(call.state);
  }
}

function answerLeg(call: Call, leg: Leg): readonly Instruction[] {
  switch (leg.state) {
    case 'dialling':
    case 'ringing':
    case 'answered':
      return call.state === 'waiting' ? whisperToAgent(call, leg) : sorryTaken();
    case 'bridged':
      return [join(call, { role: 'agent', next: null })];
    case 'ended':
      return leg.ending === 'declined' || leg.ending === 'completed' ? hangUp : sorryTaken();
    default:
      return unreachable(leg.state);
  }
}

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

/** The room where the caller and the agents of a call meet. */
function roomOf(call: Pick<Call, 'id'>): string {
  return call.id;
}

function joinAsCaller(call: Call): Join {
  const room = roomOf(call);
  const next = { step: 'left-room', callId: call.id, legId: null, room } as const;
  return join(call, { role: 'caller', next });
}

/** Two people in a room: either one's going ends it. */
function join(call: Call, { role, next }: Pick<Join, 'role' | 'next'>): Join {
  return { verb: 'join', room: roomOf(call), role, hears: 'talk', coaches: null, endsRoom: true, next };
}

function sorryTaken(): readonly Instruction[] {
  return [{ verb: 'say', text: 'This call is no longer waiting. Thank you.' }, { verb: 'hang-up' }];
}
