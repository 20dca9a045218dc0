/**
 * What the phones we ring hear next: who is calling and the key that takes the call, the room, that the call is taken.
 */
import { limits } from '../../config/limits.ts';
import { unreachable } from '../ports/errors.ts';
import { type Call, consultRoomOf, type Leg, type LegEnding, roomOf } from './call.ts';
import type { Instruction, Join } from './instructions.ts';
import { talkers } from './moved.ts';
import { isAgentFirst } from './outbound.ts';
import type { VerdictSlug } from './verdict.ts';

const acceptKey = '1';
const calledCustomer = 'A customer whom we have called is on the line';

/** Endings after which nobody is there to be told that the call is taken. */
const nobodyListens: ReadonlySet<LegEnding | null> = new Set(['declined', 'completed', 'machine']);

export const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];

/** What the leg does now. */
export function answerLeg(call: Call, leg: Leg): readonly Instruction[] {
  switch (leg.state) {
    case 'dialling':
    case 'ringing':
    case 'answered':
      return whisper(call, leg);
    case 'standby':
      return [{ verb: 'say', text: 'One moment, please.' }, standByInSilence, ...hangUp];
    case 'bridged':
      if (leg.role === 'supervisor') return [joinToHear(call, leg)];
      return [join(call, { role: isMetInRoom(call) ? 'caller' : 'agent', next: null })];
    case 'parked':
      return [{ verb: 'wait', seconds: limits.parkSecondsMax }, ...hangUp];
    case 'consulting':
      return [joinConsult(call, leg)];
    case 'ended':
      if (leg.role !== 'agent') return hangUp;
      if (leg.id === call.bridgedLegId && call.bridgedAt === null) return [...say(call), ...hangUp];
      return nobodyListens.has(leg.ending) ? hangUp : sorryTaken();
    default:
      return unreachable(leg.state);
  }
}

/** What is said to somebody who picks up, when there is still something to ask them. */
function whisper(call: Call, leg: Leg): readonly Instruction[] {
  if (leg.role === 'target') return hangUp;
  const { state, transfer } = call;
  if (leg.role === 'supervisor') {
    const isTalk = state === 'bridged' || state === 'held' || state === 'consulting';
    return isTalk ? askToAccept(call, leg, `Press ${acceptKey} to join the call.`) : hangUp;
  }
  if (state === 'preparing') {
    const why = call.outbound?.callbackId ? 'A caller is to be called back.' : 'You are asked to call a customer.';
    return askToAccept(call, leg, `${why} Press ${acceptKey} to be connected.`);
  }
  if (state === 'waiting' || state === 'bridged') {
    const who = call.outbound === null ? 'A caller from your website is waiting' : calledCustomer;
    return askToAccept(call, leg, `${who}. Press ${acceptKey} to take the call.`);
  }
  if (state !== 'consulting' || transfer?.legId !== leg.id) return sorryTaken();
  return askToAccept(call, leg, `A colleague wants to hand a call over to you. Press ${acceptKey} to talk with them.`);
}

/** Long enough to learn whether the first one has the caller, and for the order that follows to arrive. */
const standByInSilence: Instruction = {
  verb: 'wait',
  seconds: Math.ceil((limits.bridgeProofMs + limits.bridgeLostMs + limits.carrierRequestTimeoutMs) / 1_000),
};

/** Says what it is about and waits for the key that takes it (a voicemail presses none). */
function askToAccept(call: Call, leg: Leg, prompt: string): readonly Instruction[] {
  return [
    {
      verb: 'gather',
      prompt,
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

/** The agent was in the room before the customer whom we called: waits there with music, and the other's coming starts it. */
export function isMetInRoom(call: Call): boolean {
  return isAgentFirst(call) && call.room === 1;
}

/** Of two people in a room either one's going ends it; of more, only the caller's, whose leaving is reported (`next`). */
export function join(call: Call, { role, next }: Pick<Join, 'role' | 'next'>): Join {
  const endsRoom = next !== null || talkers(call).length < 2;
  return { verb: 'join', room: roomOf(call), role, hears: 'talk', coaches: null, endsRoom, next };
}

/** Who moves the call on waits with music for the other one, whose coming starts the room. */
function joinConsult(call: Call, leg: Leg): Join {
  const role = leg.id === call.transfer?.byLegId ? 'caller' : 'agent';
  const room = consultRoomOf(call);
  return { verb: 'join', room, role, hears: 'talk', coaches: null, endsRoom: false, next: null };
}

const news: { readonly [Slug in VerdictSlug]?: string } = {
  'customer-busy': 'The customer’s line is busy.',
  'customer-unanswered': 'The customer does not answer.',
  'customer-declined': 'The customer has declined the call.',
  'customer-unreachable': 'The customer could not be reached.',
  'caller-gave-up': 'The customer has hung up.',
};

/** How calling the customer went, to the agent who has waited for it. */
function say({ verdict }: Call): readonly Instruction[] {
  const text = verdict === null ? undefined : news[verdict.slug];
  return text === undefined ? [] : [{ verb: 'say', text }];
}

function joinToHear(call: Call, leg: Leg): Join {
  const coached = call.legs.find(({ id }) => id === call.bridgedLegId)?.carrierCallId ?? null;
  const coaches = leg.hears === 'coach' ? coached : null;
  const room = roomOf(call);
  return { verb: 'join', room, role: 'supervisor', hears: leg.hears ?? 'listen', coaches, endsRoom: false, next: null };
}

function sorryTaken(): readonly Instruction[] {
  return [{ verb: 'say', text: 'This call is no longer waiting. Thank you.' }, { verb: 'hang-up' }];
}
