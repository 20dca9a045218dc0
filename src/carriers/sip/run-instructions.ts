/**
 * Has a leg do what it is told, one instruction after another, until it stands in a room, waits, or is hung up. A newer list
 * replaces an older one at any moment. What this carrier cannot do without a media server is passed over with a note: a
 * plan that needs it is refused when it is saved.
 */

import { unreachable } from '../../ports/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { ConnectLegs } from './connect-legs.ts';
import type { DialLeg } from './dial-leg.ts';
import type { Leg } from './leg.ts';
import type { Switchboard } from './switchboard.ts';

interface World {
  readonly switchboard: () => Switchboard;
  readonly dialLeg: DialLeg;
  readonly connectLegs: ConnectLegs;
  readonly log: Log;
}

/** Starts a list; whatever the leg did before is over. */
export type Perform = (leg: Leg, instructions: readonly Instruction[]) => void;

/** What is said on the way into a room where the leg may stand already. */
const staysInRoom: ReadonlySet<Instruction['verb']> = new Set(['join', 'say', 'play']);

/** The key that takes a call (`keysAccept` of the call desk). */
const acceptKey = '1';

export function createPerform(world: World): Perform {
  return (leg, instructions) => {
    const doing = JSON.stringify(instructions);
    if (leg.state === 'ended' || leg.doing === doing) return;
    // A phone that rings does nothing but ring or stop.
    if (leg.state === 'ringing' && leg.kind !== 'caller') {
      if (instructions[0]?.verb === 'hang-up') world.switchboard().endHere(leg, 'canceled');
      return;
    }
    leg.program += 1;
    leg.doing = doing;
    const { program } = leg;
    const stop = leg.stopWaiting;
    leg.stopWaiting = null;
    stop?.();
    run(world, leg, instructions, () => leg.state !== 'ended' && leg.program === program).catch((fault: unknown) => {
      world.log.error({ fault, leg: leg.id }, 'sip-instructions-failed');
      world.switchboard().endHere(leg, 'failed');
    });
  };
}

async function run(
  world: World,
  leg: Leg,
  instructions: readonly Instruction[],
  isWanted: () => boolean,
): Promise<void> {
  for (const instruction of instructions) {
    if (!isWanted()) return;
    if ((await perform(world, leg, instruction, isWanted)) === 'stays') return;
  }
  if (isWanted()) world.switchboard().endHere(leg, 'completed');
}

async function perform(
  world: World,
  leg: Leg,
  instruction: Instruction,
  isWanted: () => boolean,
): Promise<'stays' | 'goes on'> {
  const switchboard = world.switchboard();
  if (!staysInRoom.has(instruction.verb)) switchboard.leaveRoom(leg);
  switch (instruction.verb) {
    case 'say':
    case 'play':
    case 'record':
      world.log.debug({ leg: leg.id, verb: instruction.verb }, 'sip-instruction-needs-media-server');
      return 'goes on';
    case 'join':
      if (leg.kind === 'caller') ringBack(leg);
      await switchboard.joinRoom(leg, instruction);
      return 'stays';
    // Whoever waits here waits in the room itself: no order is needed to bring them in.
    case 'hold':
    case 'wait':
      if (leg.kind === 'caller') ringBack(leg);
      await world.connectLegs.park(leg);
      await waitFor(leg, instruction.seconds * 1_000);
      return 'goes on';
    case 'gather': {
      const digits = await gather(leg, instruction);
      if (!isWanted()) return 'stays';
      const { next } = instruction;
      const turn = next.step === 'keys' ? next.turn : undefined;
      await switchboard.goOn(leg, next, { what: 'keys', digits, turn });
      return isWanted() ? 'goes on' : 'stays';
    }
    case 'dial': {
      const target = await world.dialLeg.dialFor(leg, instruction);
      if (target === null && isWanted()) leg.doing = null;
      if (!isWanted()) {
        if (target !== null) switchboard.endHere(target, 'canceled');
        return 'stays';
      }
      if (target === null) {
        await switchboard.goOn(leg, instruction.next, { what: 'dial-ended', answered: false });
        return isWanted() ? 'goes on' : 'stays';
      }
      const room = `dial:${target.id}`;
      await switchboard.joinRoom(target, { room, endsRoom: true, next: null, isAwaited: true });
      await switchboard.joinRoom(leg, { room, endsRoom: true, next: instruction.next });
      return 'stays';
    }
    case 'hang-up':
      switchboard.endHere(leg, 'completed', instruction.reason ?? 'none');
      return 'stays';
    default:
      return unreachable(instruction);
  }
}

/** A caller who waits and was not answered yet hears ringing, which costs them nothing. */
export function ringBack(leg: Leg): void {
  leg.invite?.answer(180).catch(() => undefined);
}

/**
 * Keys that come as SIP INFO. An agent's own phone takes the call by being picked up: no voicemail of a stranger's answers
 * it, so nobody has to press a key to prove that a person is there.
 */
async function gather(leg: Leg, instruction: Extract<Instruction, { verb: 'gather' }>): Promise<string> {
  if (leg.kind === 'phone' && leg.legId !== null) return acceptKey;
  let digits = '';
  const isOver = () => digits.length >= instruction.digits || digits.endsWith(instruction.finishKey ?? '.');
  leg.onKey = (key) => {
    digits += key;
    if (isOver()) leg.stopWaiting?.();
  };
  await waitFor(leg, instruction.timeoutMs);
  leg.onKey = null;
  leg.doing = null;
  return instruction.finishKey === null ? digits : digits.replace(/#$/, '');
}

function waitFor(leg: Leg, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      leg.stopWaiting = null;
      resolve();
    };
    const timer = setTimeout(stop, durationMs);
    leg.stopWaiting = stop;
  });
}
