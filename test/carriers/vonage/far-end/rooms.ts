/**
 * Named conversations: who stands in which, whether one has started, and what becomes of the others when a leg that ends
 * it leaves. Vonage's pages do not say whether those legs go on with their next action or are hung up, so the far end
 * plays either.
 */
import type { Leg } from './leg.ts';

export type RoomEnd = 'next-action' | 'hang-up';

interface Member {
  readonly leg: Leg;
  readonly endsRoom: boolean;
  readonly leave: () => void;
}

export interface Rooms {
  /** Resolves when the leg is out of the room again. */
  join(leg: Leg, room: { name: string; starts: boolean; endsRoom: boolean; music: string | null }): Promise<void>;
  /** Takes the leg out of whatever room it stands in. */
  leave(leg: Leg): void;
  present(name: string): readonly string[];
}

export function createRooms(world: { changed: () => void; roomEnd: RoomEnd; hangUp: (leg: Leg) => void }): Rooms {
  const rooms = new Map<string, { started: boolean; members: Member[] }>();

  const settle = (name: string): void => {
    const room = rooms.get(name);
    if (room === undefined) return;
    for (const { leg } of room.members) leg.moment = room.started && room.members.length > 1 ? 'talking' : 'waiting';
    if (room.members.length === 0) rooms.delete(name);
    world.changed();
  };

  return Object.freeze({
    join(leg: Leg, { name, starts, endsRoom, music }: Parameters<Rooms['join']>[1]): Promise<void> {
      const room = rooms.get(name) ?? { started: false, members: [] };
      rooms.set(name, room);
      room.started ||= starts;
      if (!room.started) leg.heard.push(music === null ? 'silence' : `music: ${music}`);
      return new Promise((resolve) => {
        room.members.push({ leg, endsRoom, leave: resolve });
        settle(name);
      });
    },

    leave(leg: Leg): void {
      for (const [name, room] of rooms) {
        const member = room.members.find((one) => one.leg === leg);
        if (member === undefined) continue;
        room.members = room.members.filter((one) => one !== member);
        member.leave();
        if (member.endsRoom) {
          const others = room.members.splice(0);
          for (const other of others) {
            if (world.roomEnd === 'hang-up') world.hangUp(other.leg);
            else other.leave();
          }
        }
        settle(name);
      }
    },

    present: (name: string) => (rooms.get(name)?.members ?? []).map(({ leg }) => leg.uuid),
  });
}
