/**
 * Who stands in a room together. Two phones hear each other straight, without a mixer of ours, so a room holds two; a third
 * is refused. Pure: joining and leaving answer with the room as it is afterwards and what that means for the others.
 */
import type { NextStep } from '../../telephony/instructions.ts';

export interface Member {
  /** The leg's id. */
  readonly leg: string;
  readonly endsRoom: boolean;
  readonly next: NextStep | null;
}

export type Room = readonly Member[];

export type Joined =
  | { readonly kind: 'alone' | 'together'; readonly room: Room }
  /** Already there: what it said of itself is taken over. */
  | { readonly kind: 'unchanged'; readonly room: Room }
  | { readonly kind: 'full' };

const seats = 2;

export function join(room: Room, member: Member): Joined {
  if (room.some(({ leg }) => leg === member.leg))
    return { kind: 'unchanged', room: room.map((other) => (other.leg === member.leg ? member : other)) };
  if (room.length >= seats) return { kind: 'full' };
  return { kind: room.length === 0 ? 'alone' : 'together', room: [...room, member] };
}

export interface Left {
  readonly room: Room;
  /** Members for whom the room is over with this leaving. */
  readonly putOut: readonly Member[];
  /** A member who stays and has nobody to talk to any more. */
  readonly alone: Member | null;
}

export function leave(room: Room, leg: string): Left {
  const leaver = room.find((member) => member.leg === leg);
  if (leaver === undefined) return { room, putOut: [], alone: null };
  const others = room.filter((member) => member.leg !== leg);
  if (leaver.endsRoom) return { room: [], putOut: others, alone: null };
  return { room: others, putOut: [], alone: others.length === 1 ? (others[0] ?? null) : null };
}
