/**
 * Grants on their way from Redis to the record: an entry of a stream has what one script decided. Its first field is
 * `grants` with pool and enterprise, then come a visit as JSON and its lease as the script tells it, in turn; '' is none.
 * An entry of one visit and lease, both JSON, is written by a process itself; the version before knew only those, and
 * puts aside (`grant-buried`) what it cannot read.
 */
import type { EnterpriseId, PoolId } from '../ports/ids.ts';
import type { GrantRecord, Want } from './lease-book.ts';
import { leaseOfLines, readReply } from './lease-replies.ts';

/** As Redis answers it: field names and values in turn. */
export type RawEntry = readonly [id: string, fields: readonly string[]];

export interface WaitingGrant {
  /** Null: nothing we wrote, or nothing that can be read. */
  readonly record: GrantRecord | null;
  /** What the entry has of it; '' is none. */
  readonly visit: string;
  readonly lease: string;
}

export function readEntry([, fields]: RawEntry): readonly WaitingGrant[] {
  const [form, first = '', , second = ''] = fields;
  if (form !== 'grants') return [readGrant(first, second, readPackedLease)];
  const read = (lease: string) => readToldLease(first, lease);
  const pairs = Array.from({ length: fields.length / 2 - 1 }, (_, at) => fields.slice(2 * at + 2, 2 * at + 4));
  return pairs.map(([visit = '', lease = '']) => readGrant(visit, lease, read));
}

/** The first value of an entry with several grants. */
export function firstValue({ poolId, enterpriseId }: Pick<Want, 'poolId' | 'enterpriseId'>): string {
  return `${poolId} ${enterpriseId}`;
}

/** The fields of an entry for this grant alone. */
export function fieldsOf({ visit, lease }: GrantRecord): readonly string[] {
  const packed = (value: object | null) => (value === null ? '' : JSON.stringify(value));
  return ['visit', packed(visit), 'lease', packed(lease)];
}

type PoolLease = NonNullable<GrantRecord['lease']>;

function readGrant(visit: string, lease: string, readLease: (text: string) => PoolLease): WaitingGrant {
  try {
    const record = { visit: visit === '' ? null : JSON.parse(visit), lease: lease === '' ? null : readLease(lease) };
    return { record, visit, lease };
  } catch {
    return { record: null, visit, lease };
  }
}

/** What is null may be left out. */
function readPackedLease(packed: string): PoolLease {
  const lease = JSON.parse(packed);
  return { ...lease, visitorId: lease.visitorId ?? null };
}

function readToldLease(first: string, text: string): PoolLease {
  const [poolId, enterpriseId] = first.split(' ');
  const lease = leaseOfLines(readReply(text).lines);
  return { ...lease, poolId: poolId as PoolId, enterpriseId: enterpriseId as EnterpriseId };
}
