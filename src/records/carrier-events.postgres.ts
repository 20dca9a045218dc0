/**
 * Every webhook a carrier had acknowledged stands here raw, once, under the key that makes it itself. The insert is the
 * deduplication: whoever inserts the row applies the event, in the same transaction; everybody else finds it done.
 */
import type { EnterpriseId } from '../ports/ids.ts';
import type { Tx } from './schema.ts';

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
export async function storeOnce(tx: Tx, event: CarrierEvent): Promise<boolean> {
  const stored = await tx
    .insertInto('carrier_event')
    .values({
      carrier: event.carrier,
      dedup_key: event.dedupKey,
      enterprise_id: event.enterpriseId,
      kind: event.kind,
      body: JSON.stringify(event.body),
      received_at: new Date(event.receivedAt),
    })
    .onConflict((clash) => clash.columns(['carrier', 'dedup_key']).doNothing())
    .returning('dedup_key')
    .executeTakeFirst();
  return stored !== undefined;
}

/** Whether an event of this key has been stored. */
export async function isStored(tx: Tx, carrier: string, dedupKey: string): Promise<boolean> {
  const found = await tx
    .selectFrom('carrier_event')
    .select('dedup_key')
    .where('carrier', '=', carrier)
    .where('dedup_key', '=', dedupKey)
    .executeTakeFirst();
  return found !== undefined;
}
