/**
 * Rooms where a caller and an agent meet. A caller alone hears hold music; when somebody of the other role comes, both
 * are connected; and the room ends for everybody as soon as one leaves, as a carrier's conference told to end on exit.
 */
import type { Instruction } from '../../telephony/instructions.ts';
import { type Line, phoneOf, shown } from './line.ts';
import { hear, type Switchboard } from './switchboard.ts';

type Join = Extract<Instruction, { verb: 'join' }>;

/** Puts the line into the room, made when nobody is there yet. */
export function joinRoom(board: Switchboard, line: Line, { room, role, next }: Join): void {
  const members = board.rooms.get(room) ?? new Set<Line>();
  const others = [...members].filter((other) => other.activity.kind === 'room' && other.activity.role !== role);
  line.activity = { kind: 'room', room, role, next };
  board.rooms.set(room, members.add(line));
  if (others.length === 0) hear(line, role === 'caller' ? 'hold music' : `room ${room}: waiting for the caller`);
  for (const other of others) {
    hear(other, `room ${room}: connected with ${shown(phoneOf(line))}`);
    hear(line, `room ${room}: connected with ${shown(phoneOf(other))}`);
  }
}

/** Closes the room under its members; answers with those who did not leave by themselves. */
export function closeRoom(board: Switchboard, leaver: Line, room: string): readonly Line[] {
  const members = board.rooms.get(room) ?? new Set<Line>();
  board.rooms.delete(room);
  const others = [...members].filter((member) => member !== leaver);
  for (const other of others) hear(other, `room ${room}: ended`);
  return others;
}
