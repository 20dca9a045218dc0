/**
 * Rooms where legs of a call meet. A caller alone hears hold music until somebody comes. A leg that was joined with
 * `endsRoom` ends the room for everybody by leaving it, as a carrier's conference told to end on exit; others just go. A
 * supervisor who only listens is heard by nobody.
 */
import type { Join } from '../../telephony/instructions.ts';
import { type Line, phoneOf, shown } from './line.ts';
import { hear, type Switchboard } from './switchboard.ts';

/** Puts the line into the room, made when nobody is there yet. */
export function joinRoom(board: Switchboard, line: Line, { room, role, hears, endsRoom, next }: Join): void {
  const members = board.rooms.get(room) ?? new Set<Line>();
  const others = [...members].filter((other) => other.activity.kind === 'room');
  line.activity = { kind: 'room', room, role, endsRoom, next };
  board.rooms.set(room, members.add(line));
  if (role === 'supervisor') {
    hear(line, `room ${room}: ${hears}`);
    if (hears === 'listen') return;
  }
  if (others.length === 0) hear(line, role === 'caller' ? 'hold music' : `room ${room}: waiting for the caller`);
  for (const other of others) {
    hear(other, `room ${room}: connected with ${shown(phoneOf(line))}`);
    hear(line, `room ${room}: connected with ${shown(phoneOf(other))}`);
  }
}

/** Takes the line out of the room; answers with those whom that puts out too. */
export function leaveRoom(board: Switchboard, leaver: Line, was: { room: string; endsRoom: boolean }): readonly Line[] {
  const members = board.rooms.get(was.room) ?? new Set<Line>();
  members.delete(leaver);
  const others = [...members];
  if (was.endsRoom || others.length === 0) board.rooms.delete(was.room);
  if (!was.endsRoom) {
    for (const other of others) hear(other, `room ${was.room}: ${shown(phoneOf(leaver))} left`);
    return [];
  }
  for (const other of others) hear(other, `room ${was.room}: ended`);
  return others;
}
