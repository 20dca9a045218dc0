/** A grant on its way from Redis to the record, as the scripts write it: a stream's entry with the visit and the lease. */
import type { GrantRecord } from './lease-book.ts';

/** As Redis answers it: field names and values in turn. */
export type RawEntry = readonly [id: string, fields: readonly string[]];

export interface WaitingGrant {
  readonly entryId: string;
  readonly fields: readonly string[];
  /** Null: nothing we wrote, or nothing that can be read. */
  readonly record: GrantRecord | null;
}

export function readEntry([entryId, fields]: RawEntry): WaitingGrant {
  const [, visit = '', , lease = ''] = fields;
  try {
    const record = { visit: visit === '' ? null : JSON.parse(visit), lease: lease === '' ? null : readLease(lease) };
    return { entryId, fields, record };
  } catch {
    return { entryId, fields, record: null };
  }
}

/** The fields of an entry for this grant. */
export function fieldsOf({ visit, lease }: GrantRecord): readonly string[] {
  const packed = (value: object | null) => (value === null ? '' : JSON.stringify(value));
  return ['visit', packed(visit), 'lease', packed(lease)];
}

/** What is null may be left out. */
function readLease(packed: string): NonNullable<GrantRecord['lease']> {
  const lease = JSON.parse(packed);
  return { ...lease, visitorId: lease.visitorId ?? null };
}
