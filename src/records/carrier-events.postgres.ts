/**
 * Every webhook a carrier had acknowledged stands here raw, once, under the key that makes it itself. The insert is the
 * deduplication: whoever inserts the row applies the event, in the same transaction; everybody else finds it done.
 */
import { sql } from 'kysely';
import type { EnterpriseId } from '../ports/ids.ts';
import { askTogether } from './ask-together.ts';
import { byPlace, placed } from './many-rows.postgres.ts';
import type { Db, Tx } from './schema.ts';

export interface CarrierEvent {
  readonly carrier: string;
  /** Built from signed fields only, e.g. the call's id, the kind of event and its sequence number. */
  readonly dedupKey: string;
  readonly enterpriseId: EnterpriseId;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly receivedAt: number;
}

/** Stores the event; false when it has been stored before. */
export const storeOnce: (tx: Tx, event: CarrierEvent) => Promise<boolean> = askTogether(storeAll);

/** Whether an event of this key has been stored. */
export const isStored: (tx: Tx, key: EventKey) => Promise<boolean> = askTogether(areStored);

type EventKey = Pick<CarrierEvent, 'carrier' | 'dedupKey'>;

async function storeAll(tx: Db, events: readonly CarrierEvent[]): Promise<readonly boolean[]> {
  const told = events.map((event) => ({
    carrier: event.carrier,
    dedup_key: event.dedupKey,
    enterprise_id: event.enterpriseId,
    kind: event.kind,
    body: event.body,
    received_at: new Date(event.receivedAt),
  }));
  const { rows } = await sql<{ carrier: string; dedup_key: string }>`
    insert into carrier_event (carrier, dedup_key, enterprise_id, kind, body, received_at)
    select carrier, dedup_key, enterprise_id, kind, body, received_at
    from jsonb_to_recordset(${placed(told)}::jsonb) as told
      (place int, carrier text, dedup_key text, enterprise_id text, kind text, body jsonb, received_at timestamptz)
    order by place
    on conflict (carrier, dedup_key) do nothing returning carrier, dedup_key`.execute(tx);
  const fresh = new Set(rows.map((row) => keyOf({ carrier: row.carrier, dedupKey: row.dedup_key })));
  // Of two that are the same, the first one is new.
  return events.map((event) => fresh.delete(keyOf(event)));
}

async function areStored(tx: Db, keys: readonly EventKey[]): Promise<readonly boolean[]> {
  const asked = keys.map(({ carrier, dedupKey }) => ({ carrier, dedup_key: dedupKey }));
  const { rows } = await sql<{ place: number }>`
    select asked.place
    from jsonb_to_recordset(${placed(asked)}::jsonb) as asked (place int, carrier text, dedup_key text)
      cross join lateral (
        select from carrier_event where carrier = asked.carrier and dedup_key = asked.dedup_key limit 1
      ) as known`.execute(tx);
  return byPlace(rows, keys.length, false, () => true);
}

function keyOf({ carrier, dedupKey }: EventKey): string {
  return `${carrier} ${dedupKey}`;
}
