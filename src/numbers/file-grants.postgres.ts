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

/**
 * v: visit id, e: enterprise, w: website, u: visitor, f: arrival facts, s: started, n: shared number shown;
 * l: lease id, p: pool, d: number, h: the visit that holds it, g: generation, a: granted, k: kept until, x: expires.
 * The names stand in every row that is sent, so they are short.
 */
const insertGrants = `
  with given as (
    select * from json_to_recordset($1::json) as given(
      v text, e text, w text, u text, f jsonb, s float8, n text,
      l text, p text, d text, h text, g integer, a float8, k float8, x float8)
  ), visits as (
    insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at, shown_number_id)
    select v, e, w, u, f, to_timestamp(s), to_timestamp(s), n from given where v is not null
    on conflict (id) do nothing
  )
  insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
  select l, e, p, d, h, g, to_timestamp(a), to_timestamp(k), to_timestamp(x) from given where l is not null
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

/** Every row has the same columns; those of a missing visit or lease are left out of the JSON and null. */
function rowOf({ visit, lease }: GrantRecord) {
  return {
    v: visit?.id,
    e: visit?.enterpriseId ?? lease?.enterpriseId,
    w: visit?.websiteId,
    u: visit?.visitorId,
    f: visit?.arrival,
    s: seconds(visit?.startedAt),
    n: lease === null ? visit?.sharedNumberId : undefined,
    l: lease?.id,
    p: lease?.poolId,
    d: lease?.numberId,
    h: lease?.visitId,
    g: lease?.generation,
    a: seconds(lease?.grantedAt),
    k: seconds(lease?.holdUntil),
    x: seconds(lease?.expiresAt),
  };
}

function seconds(instantMs: number | undefined): number | undefined {
  return instantMs === undefined ? undefined : instantMs / 1_000;
}
