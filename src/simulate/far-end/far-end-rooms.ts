/**
 * Conferences, by name, as Twilio runs them: mixing starts when two are present and one of them may start it; until
 * then everyone hears hold music. When somebody who ends the conference leaves, or the last one does, it is over for
 * all. A room is forgotten when it ends, so the same name later is a new conference with a new SID.
 */
import type { ConferenceNoun } from './twiml-verbs.ts';

/** What one participant is told. */
export interface Seat {
  readonly callSid: string;
  readonly noun: ConferenceNoun;
  /** `holding` before the start, `bridged` with others, `alone` when the others left a started conference. */
  onMoment(moment: 'holding' | 'bridged' | 'alone'): void;
  onBeep(): void;
  /** The conference ended under them. */
  onEnd(): void;
}

/** What happens in a room, for status callbacks; names are Twilio's. */
export interface RoomEvent {
  readonly name: 'participant-join' | 'participant-leave' | 'conference-start' | 'conference-end';
  readonly conferenceSid: string;
  readonly roomName: string;
  /** Absent for events of the whole room. */
  readonly seat: Seat | null;
  readonly sequence: number;
  /** The first participant that asked for callbacks decides where they go. */
  readonly reportTo: ConferenceNoun | null;
}

export interface Rooms {
  /** Takes a seat; the returned function leaves it and may be called twice. */
  join(seat: Seat): () => void;
  /** SID of the running conference of that name, if any. */
  sidOf(roomName: string): string | undefined;
  /** Call SIDs present, in order of arrival. */
  present(roomName: string): readonly string[];
}

interface Room {
  readonly sid: string;
  readonly name: string;
  readonly seats: Set<Seat>;
  started: boolean;
  sequence: number;
  reportTo: ConferenceNoun | null;
}

export function createRooms(world: { makeSid: () => string; report: (event: RoomEvent) => void }): Rooms {
  const rooms = new Map<string, Room>();

  function open(name: string): Room {
    const running = rooms.get(name);
    if (running !== undefined) return running;
    const room: Room = { sid: world.makeSid(), name, seats: new Set(), started: false, sequence: 0, reportTo: null };
    rooms.set(name, room);
    return room;
  }

  function report(room: Room, name: RoomEvent['name'], seat: Seat | null): void {
    room.sequence += 1;
    const { sid: conferenceSid, name: roomName, sequence, reportTo } = room;
    world.report({ name, conferenceSid, roomName, seat, sequence, reportTo });
  }

  function tellMoments(room: Room): void {
    const moment = !room.started ? 'holding' : room.seats.size > 1 ? 'bridged' : 'alone';
    for (const seat of [...room.seats]) if (room.seats.has(seat)) seat.onMoment(moment);
  }

  function join(seat: Seat): () => void {
    const room = open(seat.noun.name);
    room.seats.add(seat);
    if (seat.noun.statusCallback !== null) room.reportTo ??= seat.noun;
    report(room, 'participant-join', seat);
    const mayStart = [...room.seats].some(({ noun }) => noun.startOnEnter);
    if (!room.started && mayStart && room.seats.size > 1) {
      room.started = true;
      report(room, 'conference-start', null);
    }
    if (seat.noun.beep) for (const present of room.seats) present.onBeep();
    tellMoments(room);
    return () => leave(room, seat);
  }

  function leave(room: Room, seat: Seat): void {
    if (!room.seats.delete(seat)) return;
    report(room, 'participant-leave', seat);
    if (room.seats.size > 0 && !seat.noun.endOnExit) {
      tellMoments(room);
      return;
    }
    if (rooms.get(room.name) === room) rooms.delete(room.name);
    report(room, 'conference-end', null);
    const left = [...room.seats];
    room.seats.clear();
    for (const other of left) other.onEnd();
  }

  return Object.freeze({
    join,
    sidOf: (roomName: string) => rooms.get(roomName)?.sid,
    present: (roomName: string) => [...(rooms.get(roomName)?.seats ?? [])].map(({ callSid }) => callSid),
  });
}
