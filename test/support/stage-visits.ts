/** Past visits put straight into the record: as many as a plan wants to see, in one statement. */
import { sql } from 'kysely';
import type { EnterpriseId, WebsiteId } from '../../src/ports/ids.ts';
import type { Db } from '../../src/records/schema.ts';

export interface PastVisits {
  readonly count: number;
  /** Unix ms of the first one. */
  readonly from: number;
  readonly everyMs: number;
}

/** They stay a minute, see two pages, and come from two regions in turn. The same visitor comes every tenth time. */
export async function stageVisits(
  db: Db,
  { enterpriseId, websiteId }: { enterpriseId: EnterpriseId; websiteId: WebsiteId },
  { count, from, everyMs }: PastVisits,
): Promise<void> {
  await sql`
    insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at, engaged_seconds, pages)
    select 'visit_' || ${websiteId} || lpad(nr::text, 8, '0'), ${enterpriseId}, ${websiteId},
      case when nr % 3 = 0 then null else 'visitor-' || (nr % 10) end,
      jsonb_build_object('region', case when nr % 2 = 0 then 'US-OR' else 'US-WA' end),
      to_timestamp((${from}::float8 + nr * ${everyMs}::float8) / 1000),
      to_timestamp((${from}::float8 + nr * ${everyMs}::float8 + 60000) / 1000), 55, 2
    from generate_series(0, ${count}::int - 1) as nr
  `.execute(db);
}
