/**
 * Writes what a lease book has granted: visits and leases, in one statement, so that no lease is without its visit. The
 * same grants may come any number of times (a commit whose answer was lost, a stream that is read again) and are filed
 * once. The number's generation is the last guard: two books that gave one number twice find out here, because only one
 * lease of a generation is ever filed.
 */
import type { Database } from '../ports/database.ts';
import type { LeaseId } from '../ports/ids.ts';
import type { Tables } from '../records/schema.ts';
import type { GrantRecord } from './lease-book.ts';
import { type PackedGrant, packedColumns, packGrant } from './pack-grant.ts';

/** Two parts of a statement that has the grants as `given`: they file what is not filed yet. */
export const filed = `visits as (
    insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at, shown_number_id)
    select v, e, w, u, f, to_timestamp(s / 1000), to_timestamp(s / 1000), n from given where v is not null
    on conflict (id) do nothing
  ), leases as (
    insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
    select l, e, p, d, coalesce(h, v), g, to_timestamp(a / 1000), to_timestamp(k / 1000), to_timestamp(x / 1000)
    from given where l is not null
    on conflict do nothing
    returning id
  )`;

const insertGrants = `
  with given as (
    select * from json_to_recordset($1::json) as given(${packedColumns})
  ), ${filed}
  select id from leases`;

type Record = Pick<Database<Tables>, 'kysely' | 'runPrepared'>;

/** Files the grants; resolves with the ids of those leases among them that the record has afterwards. */
export function fileGrants(database: Record, grants: readonly GrantRecord[]): Promise<ReadonlySet<LeaseId>> {
  return filePacked(database, grants.map(packGrant));
}

/** The same for grants as the journal keeps them. */
export async function filePacked(
  { kysely, runPrepared }: Record,
  grants: readonly PackedGrant[],
): Promise<ReadonlySet<LeaseId>> {
  const wanted = grants.flatMap(({ l }) => (l === undefined ? [] : [l as LeaseId]));
  const rows = await runPrepared('file-grants', insertGrants, [JSON.stringify(grants)]);
  if (rows.length === wanted.length) return new Set(wanted);
  const before = await kysely.selectFrom('lease').select('id').where('id', 'in', wanted).execute();
  return new Set(before.map(({ id }) => id));
}
