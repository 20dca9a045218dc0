/**
 * All that one transaction promises, written by one statement just before its commit: the events with their sequences,
 * a delivery of each for each enabled endpoint, and the effects, every lane's in the order they were promised. A call
 * that comes in promises three events and five effects, which took a round trip or three each.
 */
import { sql } from 'kysely';
import type { EnterpriseId, EventId } from '../ports/ids.ts';
import { listed, placed } from './many-rows.postgres.ts';
import type { Tx } from './schema.ts';

export interface PromisedEvent {
  readonly id: EventId;
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
  readonly type: string;
  /** Without its sequence. */
  readonly data: Record<string, unknown>;
  readonly at: Date;
}

export interface PromisedEffect {
  readonly enterpriseId: EnterpriseId;
  readonly lane: string;
  readonly kind: string;
  readonly payload: Record<string, unknown>;
  readonly dueAt: Date;
  readonly at: Date;
}

/** What a transaction has promised so far. */
export interface Promised {
  readonly events: PromisedEvent[];
  readonly effects: PromisedEffect[];
  /** Lanes in which nothing of before is to wait any longer. */
  readonly withdrawn: string[];
}

/** Writes them; answers with the lanes in which deliveries wait. */
export async function writePromises(tx: Tx, promised: Promised): Promise<readonly string[]> {
  if (promised.events.length === 0) {
    await writeEffects(tx, promised);
    return [];
  }
  const { rows } = await sql<{ lane: string }>`
    with told as (
      select place, nth, id, enterprise_id, subject, type, data, at
      from jsonb_to_recordset(${placed(numbered(promised.events))}::jsonb) as told
        (place int, nth int, id text, enterprise_id text, subject text, type text, data jsonb, at timestamptz)
    ), counted as (
      insert into subject_sequence as kept (subject, last)
      select subject, max(nth) from told group by subject order by subject
      on conflict (subject) do update set last = kept.last + excluded.last
      returning subject, last
    ), sequenced as (
      select told.place, told.id, told.enterprise_id, told.subject, told.type, told.data, told.at,
        counted.last - max(nth) over (partition by told.subject) + nth as sequence
      from told join counted on counted.subject = told.subject
    ), written as (
      insert into event (id, enterprise_id, subject, sequence, type, data, at)
      select id, enterprise_id, subject, sequence, type, data || jsonb_build_object('sequence', sequence), at
      from sequenced order by place
    ), withdrawn as (
      ${withdraw(promised.withdrawn)}
    ), ordered as (
      ${order(promised.effects)}
    )
    insert into outbox (enterprise_id, lane, kind, payload, state, due_at, endpoint_id, event_id, created_at)
    select told.enterprise_id, 'hook:' || endpoint.id || ':' || told.subject, 'webhook.deliver', '{}', 'pending',
      told.at, endpoint.id, told.id, told.at
    -- From the sequenced ones: whoever draws a place in the lane has the subject's lock by then.
    from sequenced as told join endpoint on endpoint.enterprise_id = told.enterprise_id and endpoint.enabled
    order by told.place, endpoint.id
    returning lane`.execute(tx);
  return [...new Set(rows.map(({ lane }) => lane))];
}

/** Sees what was there before the statement: what the same one promises stays. */
function withdraw(lanes: readonly string[]) {
  return sql`delete from outbox where lane = any(${listed(lanes)}) and state = 'pending' and locked_until is null`;
}

function order(effects: readonly PromisedEffect[]) {
  const rows = effects.map(({ enterpriseId, lane, kind, payload, dueAt, at }) => {
    return { enterprise_id: enterpriseId, lane, kind, payload, due_at: dueAt, at };
  });
  return sql`
    insert into outbox (enterprise_id, lane, kind, payload, state, due_at, created_at)
    select enterprise_id, lane, kind, payload, 'pending', due_at, at
    from jsonb_to_recordset(${placed(rows)}::jsonb) as effect
      (place int, enterprise_id text, lane text, kind text, payload jsonb, due_at timestamptz, at timestamptz)
    order by place`;
}

async function writeEffects(tx: Tx, { effects, withdrawn }: Promised): Promise<void> {
  if (effects.length === 0 && withdrawn.length === 0) return;
  await sql`
    with withdrawn as (
      ${withdraw(withdrawn)}
    )
    ${order(effects)}`.execute(tx);
}

/** Each event's place among its subject's own, from 1 on. */
function numbered(events: readonly PromisedEvent[]) {
  const counts = new Map<string, number>();
  return events.map(({ id, enterpriseId, subject, type, data, at }) => {
    const nth = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, nth);
    return { nth, id, enterprise_id: enterpriseId, subject, type, data: { ...data, subject }, at };
  });
}
