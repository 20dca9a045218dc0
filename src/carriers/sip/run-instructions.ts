/**
 * Has a leg do what it is told, one instruction after another, until it stands in a room, waits, or is hung up. A newer list
 * replaces an older one at any moment. What cannot be done without a media server is passed over with a note: a plan that
 * needs it is refused when it is saved.
 */

import { unreachable } from '../../ports/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { ConnectLegs } from './connect-legs.ts';
import type { DialLeg } from './dial-leg.ts';
import type { Leg } from './leg.ts';
import type { Hears } from './media/hears.ts';
import type { Recorder } from './media/recorder.ts';
import { takeMessage } from './record-call.ts';
import type { Switchboard } from './switchboard.ts';
import { waitFor } from './wait-for.ts';

interface World {
  readonly switchboard: () => Switchboard;
  readonly dialLeg: DialLeg;
  readonly connectLegs: ConnectLegs;
  /** Null without a media server. */
  readonly hears: Hears | null;
  readonly recorder: Recorder | null;
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
    leg.onKey = null;
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
    case 'say': {
      const durationMs = await say(world, leg, instruction.text);
      if (isWanted()) await waitFor(leg, durationMs);
      return 'goes on';
    }
    case 'play':
      // Nobody asks for it, and the media server fetches nothing from elsewhere.
      world.log.debug({ leg: leg.id }, 'sip-play-passed-over');
      return 'goes on';
    case 'record': {
      const { hears, recorder } = world;
      if (hears === null || recorder === null) return 'goes on';
      const message = await takeMessage({ ...world, hears, recorder }, leg, instruction.secondsMax, isWanted);
      if (message === null) return isWanted() ? 'goes on' : 'stays';
      await switchboard.goOn(leg, instruction.next, message);
      return isWanted() ? 'goes on' : 'stays';
    }
    case 'join':
      if (leg.kind === 'caller') ringBack(leg);
      await switchboard.joinRoom(leg, instruction);
      return 'stays';
    // Whoever waits here waits in the room itself: no order is needed to bring them in.
    case 'hold':
    case 'wait':
      if (leg.kind === 'caller') ringBack(leg);
      await world.hears?.quiet(leg);
      await world.connectLegs.park(leg, 'silence');
      if (isWanted()) await waitFor(leg, instruction.seconds * 1_000);
      return 'goes on';
    case 'gather': {
      const digits = await gather(world, leg, instruction, isWanted);
      if (!isWanted()) return 'stays';
      const { next } = instruction;
      const turn = next.step === 'keys' ? next.turn : undefined;
      await switchboard.goOn(leg, next, { what: 'keys', digits, turn });
      return isWanted() ? 'goes on' : 'stays';
    }
    case 'dial':
      return dial(world, leg, instruction, isWanted);
    case 'hang-up':
      switchboard.endHere(leg, 'completed', instruction.reason ?? 'none');
      return 'stays';
    default:
      return unreachable(instruction);
  }
}

/** Puts a caller through; until somebody answers they hear ringing. */
async function dial(
  world: World,
  leg: Leg,
  instruction: Extract<Instruction, { verb: 'dial' }>,
  isWanted: () => boolean,
): Promise<'stays' | 'goes on'> {
  const switchboard = world.switchboard();
  if (leg.kind === 'caller') await world.hears?.ringing(leg);
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

/** A caller who waits and was not answered yet hears ringing, which costs them nothing. */
function ringBack(leg: Leg): void {
  leg.invite?.answer(180).catch(() => undefined);
}

/**
 * Keys, as the media server or SIP INFO tells of them; the first one ends the prompt. An agent's own phone takes the call by
 * being picked up: no voicemail of a stranger's answers it, so nobody has to press a key to prove that a person is there.
 */
async function gather(
  world: World,
  leg: Leg,
  instruction: Extract<Instruction, { verb: 'gather' }>,
  isWanted: () => boolean,
): Promise<string> {
  const { next } = instruction;
  if (leg.kind === 'phone' && leg.legId !== null && next.step === 'keys') return acceptKey;
  let digits = '';
  const isOver = () => digits.length >= instruction.digits || digits.endsWith(instruction.finishKey ?? '.');
  leg.onKey = (key) => {
    digits += key;
    void world.hears?.quiet(leg);
    if (isOver()) leg.stopWaiting?.();
  };
  const promptMs = await say(world, leg, instruction.prompt);
  if (isWanted() && !isOver()) await waitFor(leg, promptMs + instruction.timeoutMs);
  // Told something else meanwhile, the leg may wait for other keys already.
  if (!isWanted()) return digits;
  leg.onKey = null;
  leg.doing = null;
  return instruction.finishKey === null ? digits : digits.replace(/#$/, '');
}

/** Begins to say something to a leg that can hear it; answers with how long it takes, 0 when it is passed over. */
async function say(world: World, leg: Leg, text: string): Promise<number> {
  // Who talks with somebody hears them; an agent's own phone shows who calls and is left straight.
  const isDeaf = leg.peer !== null || (leg.kind !== 'caller' && leg.anchor === null);
  if (world.hears === null || isDeaf || !(await world.connectLegs.anchor(leg))) {
    world.log.debug({ leg: leg.id }, 'sip-words-passed-over');
    return 0;
  }
  return world.hears.say(leg, text);
}
