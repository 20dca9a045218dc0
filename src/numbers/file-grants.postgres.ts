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

const insertGrants = `
  with given as (
    select * from json_to_recordset($1::json) as given(
      visit_id text, enterprise_id text, website_id text, visitor_id text, arrival jsonb, started_at float8,
      shown_number_id text,
      id text, lease_enterprise_id text, pool_id text, number_id text, lease_visit_id text, generation integer,
      granted_at float8, hold_until float8, expires_at float8)
  ), visits as (
    insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at, shown_number_id)
    select visit_id, enterprise_id, website_id, visitor_id, arrival, to_timestamp(started_at), to_timestamp(started_at),
      shown_number_id
    from given where visit_id is not null
    on conflict (id) do nothing
  )
  insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
  select id, lease_enterprise_id, pool_id, number_id, lease_visit_id, generation,
    to_timestamp(granted_at), to_timestamp(hold_until), to_timestamp(expires_at)
  from given where id is not null
  on conflict do nothing
  returning id`;

type Record = Pick<Database<Tables>, 'kysely' | 'runPrepared'>;

/** Files the grants; resolves with the ids of those leases among them that the record has afterwards. */
export async function fileGrants(
  { kysely, runPrepared }: Record,
  grants: readonly GrantRecord[],
): Promise<ReadonlySet<LeaseId>> {
  const wanted = grants.flatMap(({ lease }) => (lease === null ? [] : [lease.id]));
  const rows = await runPrepared('file-grants', insertGrants, [JSON.stringify(grants.map(rowOf))]);
  if (rows.length === wanted.length) return new Set(wanted);
  const before = await kysely.selectFrom('lease').select('id').where('id', 'in', wanted).execute();
  return new Set(before.map(({ id }) => id));
}

/** Every row has the same columns: null where there is no visit, or no lease. */
function rowOf({ visit, lease }: GrantRecord) {
  return {
    visit_id: visit?.id,
    enterprise_id: visit?.enterpriseId,
    website_id: visit?.websiteId,
    visitor_id: visit?.visitorId,
    arrival: visit?.arrival,
    started_at: seconds(visit?.startedAt),
    shown_number_id: lease === null ? visit?.sharedNumberId : null,
    id: lease?.id,
    lease_enterprise_id: lease?.enterpriseId,
    pool_id: lease?.poolId,
    number_id: lease?.numberId,
    lease_visit_id: lease?.visitId,
    generation: lease?.generation,
    granted_at: seconds(lease?.grantedAt),
    hold_until: seconds(lease?.holdUntil),
    expires_at: seconds(lease?.expiresAt),
  };
}

function seconds(instantMs: number | undefined): number | undefined {
  return instantMs === undefined ? undefined : instantMs / 1_000;
}
