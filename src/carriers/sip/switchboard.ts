/**
 * Holds the live legs and the rooms they stand in: who joins, who leaves, what that means for the others, and how a leg
 * ends. What a leg is told to do is run in `run-instructions.ts`; this file moves legs and says what happened.
 */
import { unreachable } from '../../ports/errors.ts';
import type { Log } from '../../ports/log.ts';
import { afterFailover } from '../../telephony/answer-call.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { Instruction, Join, NextStep } from '../../telephony/instructions.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { ConnectLegs, Waiting } from './connect-legs.ts';
import type { Drachtio } from './drachtio.ts';
import { endTowardsPhone } from './end-leg.ts';
import type { Leg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import type { HangUpReason } from './leg-failure.ts';
import type { Anchors } from './media/anchor.ts';
import { join, leave, type Member, type Room } from './sip-room.ts';
import type { TellDesk } from './tell-desk.ts';

/** Who joins as `caller` waits with music. `isAwaited`: somebody follows at once, so it is not worth telling the phone to be silent. */
type RoomPlace = Pick<Join, 'room' | 'endsRoom' | 'next'> & {
  readonly role?: Join['role'];
  readonly isAwaited?: boolean;
};

export interface Switchboard {
  /** Puts a leg into a room; a room that is full refuses it, and the leg is hung up. */
  joinRoom(leg: Leg, about: RoomPlace): Promise<void>;
  leaveRoom(leg: Leg): void;
  /** The phone or its network ended the leg. */
  endedThere(leg: Leg, ending: LegEnding): void;
  /** We end the leg. */
  endHere(leg: Leg, ending: LegEnding, reason?: HangUpReason): void;
  /** Tells the desk what changes nothing for the leg. */
  note(leg: Leg, fact: LegFact): void;
  /** Tells the desk and has the leg do what fits then. */
  tellAndGoOn(leg: Leg, fact: LegFact, about?: Parameters<TellDesk['tell']>[2]): Promise<void>;
  /** Goes on behind an instruction that has run its course. */
  goOn(leg: Leg, next: NextStep, fact: LegFact): Promise<void>;
}

interface World {
  readonly book: LegBook;
  readonly connectLegs: ConnectLegs;
  readonly drachtio: Drachtio;
  readonly desk: TellDesk;
  readonly anchors: Anchors | null;
  readonly perform: (leg: Leg, instructions: readonly Instruction[]) => void;
  readonly log: Log;
}

export function createSwitchboard(world: World): Switchboard {
  const { book, connectLegs, desk, log } = world;
  const rooms = new Map<string, Room>();
  const keep = (name: string, room: Room) => {
    if (room.length === 0) rooms.delete(name);
    else rooms.set(name, room);
  };

  async function joinRoom(leg: Leg, place: RoomPlace): Promise<void> {
    const { room: name, endsRoom, next, role, isAwaited = false } = place;
    if (leg.room !== null && leg.room !== name) leaveRoom(leg);
    const joined = join(rooms.get(name) ?? [], { leg: leg.id, endsRoom, next });
    if (joined.kind === 'full') {
      log.warn({ leg: leg.id, room: name }, 'sip-room-full');
      endHere(leg, 'failed');
      return;
    }
    keep(name, joined.room);
    leg.room = name;
    if (joined.kind === 'alone' && !isAwaited)
      await connectLegs.park(leg, role === 'caller' ? 'music' : waitingOf(leg));
    const other = joined.room
      .map((member) => book.find(member.leg))
      .find((found) => found !== undefined && found !== leg);
    if (joined.kind !== 'together' || other === undefined) return;
    const unconnected = await connectLegs.connect(leg, other);
    if (unconnected !== null && unconnected.state !== 'ended') endHere(unconnected, 'failed');
  }

  function leaveRoom(leg: Leg): void {
    const name = leg.room;
    if (name === null) return;
    const left = leave(rooms.get(name) ?? [], leg.id);
    keep(name, left.room);
    leg.room = null;
    unlink(leg);
    for (const member of left.putOut) putOut(member, name);
    const alone = left.alone === null ? undefined : book.find(left.alone.leg);
    if (alone !== undefined) void connectLegs.park(alone, waitingOf(alone));
  }

  function putOut({ leg: id, next }: Member, room: string): void {
    const leg = book.find(id);
    if (leg === undefined || leg.room !== room) return;
    leg.room = null;
    leg.doing = null;
    unlink(leg);
    if (next === null) endHere(leg, 'completed');
    else
      void goOn(
        leg,
        next,
        next.step === 'dial-ended' ? { what: 'dial-ended', answered: true } : { what: 'left-room', room },
      );
  }

  function end(leg: Leg, ending: LegEnding, towardsPhone: HangUpReason | null): void {
    if (leg.state === 'ended') return;
    leg.program += 1;
    const stop = leg.stopWaiting;
    leg.stopWaiting = null;
    const last = leg.closing?.() ?? null;
    leg.closing = null;
    if (towardsPhone === null) [leg.state, leg.invite, leg.cancel] = ['ended', null, null];
    else void endTowardsPhone(world, leg, towardsPhone);
    stop?.();
    leaveRoom(leg);
    book.remove(leg);
    if (last !== null) void desk.tell(leg, last);
    if (leg.kind === 'target') leg.onEnded?.();
    else void desk.tell(leg, { what: 'ended', reason: ending });
    // What was recorded is closed before its place at the media server is given back.
    const { anchor } = leg;
    if (anchor === null) return;
    const release = () => void world.anchors?.release(anchor);
    Promise.resolve(last).then(release, release);
  }

  const endHere = (leg: Leg, ending: LegEnding, reason: HangUpReason = 'none') => end(leg, ending, reason);

  async function tellAndGoOn(leg: Leg, fact: LegFact, about?: Parameters<TellDesk['tell']>[2]): Promise<void> {
    const { program } = leg;
    const instructions = await desk.tell(leg, fact, about);
    // Told to do something else meanwhile: what that is, is newer.
    if (instructions !== null && leg.state !== 'ended' && leg.program === program) world.perform(leg, instructions);
  }

  async function goOn(leg: Leg, next: NextStep, fact: LegFact): Promise<void> {
    switch (next.step) {
      case 'dial-ended':
        if (next.callId !== null) return tellAndGoOn(leg, fact);
        world.perform(leg, afterFailover(fact.what === 'dial-ended' && fact.answered));
        return;
      case 'left-room':
        return tellAndGoOn(leg, fact, { detail: next.room });
      case 'keys':
        return tellAndGoOn(leg, fact, { detail: next.turn === undefined ? '' : String(next.turn) });
      case 'again':
        return tellAndGoOn(leg, { what: 'noted' }, { detail: String(next.asked), asked: next.asked });
      case 'recorded':
      case 'waited':
        return tellAndGoOn(leg, fact);
      default:
        return unreachable(next);
    }
  }

  return {
    joinRoom,
    leaveRoom,
    endHere,
    endedThere: (leg, ending) => end(leg, ending, null),
    note: (leg, fact) => void desk.tell(leg, fact),
    tellAndGoOn,
    goOn,
  };
}

/** A caller waits with music, and so does anybody else whose sound we hold. */
function waitingOf(leg: Leg): Waiting {
  return leg.kind === 'caller' || leg.anchor !== null ? 'music' : 'silence';
}

function unlink(leg: Leg): void {
  if (leg.peer?.peer === leg) leg.peer.peer = null;
  leg.peer = null;
}
