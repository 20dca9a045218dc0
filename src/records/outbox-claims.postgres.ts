/**
 * Who works which entry of the outbox: claims on the heads of lanes and how they end, each for many lanes by one statement.
 * A claim is an update that nobody else can make at the same time; settling compares it, so whoever was overtaken changes
 * nothing.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import { unreachable } from '../ports/errors.ts';
import { askTogether } from './ask-together.ts';
import { byPlace, listed, placed } from './many-rows.postgres.ts';
import type { Db, Row } from './schema.ts';

/** An entry somebody has claimed and must settle. */
export type Claimed = Row<'outbox'>;

export type Settlement =
  | { readonly kind: 'done' }
  /** Done for now: performed again at `dueAt`, with its tries and its age counted afresh. */
  | { readonly kind: 'again'; readonly dueAt: number }
  | { readonly kind: 'retry'; readonly dueAt: number; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string };

export interface Settled {
  readonly claimed: Claimed;
  readonly settlement: Settlement;
}

/** Whether something waits or is under way in a lane. */
export const isPending: (db: Db, lane: string) => Promise<boolean> = askTogether(arePending);

/** Claims the heads that are due and held by nobody; null in place of the others. */
export async function claimHeads(db: Db, lanes: readonly string[], at: Date): Promise<readonly (Claimed | null)[]> {
  const { rows } = await sql<Claimed>`
    with free as materialized (
      select id from outbox
      where id = any(array(
          select head.id from unnest(${listed(lanes)}) as wanted (lane)
            cross join lateral (
              select id from outbox where outbox.lane = wanted.lane and state = 'pending' order by id limit 1
            ) as head))
        -- Said so, it does not tempt the planner to read the whole index of what is pending.
        and state <> 'done' and state <> 'dead' and due_at <= ${at} and (locked_until is null or locked_until <= ${at})
      -- Whoever holds one now claims or settles it; two who claim many never wait for each other.
      order by id for update skip locked
    )
    update outbox set locked_until = ${new Date(at.getTime() + limits.outboxLockMs)}, attempts = attempts + 1
    where id = any(array(select id from free))
    returning id, enterprise_id, lane, kind, payload, state, attempts, due_at, locked_until, endpoint_id, event_id,
      last_error, created_at, settled_at`.execute(db);
  const byLane = new Map(rows.map((row) => [row.lane, row]));
  // Of two who ask for one lane at once the first has it.
  return lanes.map((lane) => {
    const claimed = byLane.get(lane) ?? null;
    byLane.delete(lane);
    return claimed;
  });
}

/** Answers for each whether others wait in its lane; false where the claim was taken over. */
export async function settleClaims(db: Db, settled: readonly Settled[], at: Date): Promise<readonly boolean[]> {
  const changes = settled.map(({ claimed, settlement }) => ({
    id: claimed.id,
    held_attempts: claimed.attempts,
    held_until: claimed.locked_until,
    held_state: claimed.state,
    ...changeOf(claimed, settlement, at),
  }));
  const { rows } = await sql<{ place: number; others: boolean }>`
    update outbox set locked_until = null, state = change.state, due_at = change.due_at, attempts = change.attempts,
      last_error = change.last_error, settled_at = change.settled_at, created_at = change.created_at
    from jsonb_to_recordset(${placed(changes)}::jsonb) as change (place int, id bigint, held_attempts int,
      held_until timestamptz, held_state text, state text, due_at timestamptz, attempts int, last_error text, settled_at timestamptz,
      created_at timestamptz)
    where outbox.id = any((${listed(changes.map(({ id }) => String(id)))})::bigint[]) and outbox.id = change.id
      and outbox.attempts = change.held_attempts and outbox.locked_until = change.held_until and outbox.state = change.held_state
    returning change.place, exists (
      select from outbox as next where next.lane = outbox.lane and next.state = 'pending' and next.id > outbox.id
    ) as others`.execute(db);
  return byPlace(rows, settled.length, false, ({ others }) => others);
}

async function arePending(db: Db, lanes: readonly string[]): Promise<readonly boolean[]> {
  const { rows } = await sql<{ lane: string }>`
    select wanted.lane from unnest(${listed(lanes)}) as wanted (lane)
      cross join lateral (select from outbox where lane = wanted.lane and state = 'pending' limit 1) as head`.execute(
    db,
  );
  const pending = new Set(rows.map(({ lane }) => lane));
  return lanes.map((lane) => pending.has(lane));
}

function changeOf({ due_at, attempts, created_at }: Claimed, settlement: Settlement, at: Date) {
  const pending = { state: 'pending', due_at, attempts, last_error: null, settled_at: null, created_at } as const;
  switch (settlement.kind) {
    case 'again':
      return { ...pending, due_at: new Date(settlement.dueAt), attempts: 0, created_at: at };
    case 'retry':
      return { ...pending, due_at: new Date(settlement.dueAt), last_error: settlement.error };
    case 'dead':
      return { ...pending, state: settlement.kind, settled_at: at, last_error: settlement.error };
    case 'done':
      return { ...pending, state: settlement.kind, settled_at: at };
    default:
      return unreachable(settlement);
  }
}
