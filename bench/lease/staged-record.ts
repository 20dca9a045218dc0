/**
 * A record for the lease benchmark on a PostgreSQL server. One website has a pool of live leases that last the whole run:
 * their visits beat. The other has a pool whose numbers come round every few seconds, as a busy one's do in an hour: its
 * visits are granted them. Some more stand by for the grant written by hand. Nothing is ever dialled here.
 */
import { sql } from 'kysely';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import { sha256Hex } from '../../src/ports/secrets.ts';
import { migrate } from '../../src/records/migrate.postgres.ts';
import type { Db, Tables } from '../../src/records/schema.ts';
import { createDatabase, databaseName, dropDatabase, urlOf } from '../../test/support/server-databases.ts';
import { storeSchemas } from '../../test/support/store-settings.ts';

export interface StagedRecord {
  readonly url: string;
  readonly key: string;
  countLeases(): Promise<number>;
  drop(): Promise<void>;
}

interface Plan {
  /** Leases that are live, each with its number. */
  readonly live: number;
  /** Numbers to be granted. */
  readonly busy: number;
  /** Numbers for the grant written by hand. */
  readonly byHand: number;
}

export const firstVisit = `visit_01k9${'0'.repeat(22)}`;

/** Telephone numbers as long and as costly to format as real ones, ten thousand from each area code on. */
function phone(areaCode: number) {
  return sql`'+1' || (${areaCode}::int + i / 10000)::text || '555' || lpad((i % 10000)::text, 4, '0')`;
}

export async function stageRecord(serverUrl: string, plan: Plan): Promise<StagedRecord> {
  const name = databaseName(process.pid);
  await createDatabase(serverUrl, name, null);
  const url = urlOf(serverUrl, name);
  const policy = { poolSize: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 120_000 };
  const database = await openServerDatabase<Tables>({ url, ...policy, ...storeSchemas });
  const key = `pk_${'b'.repeat(43)}`;
  try {
    await migrate(database);
    await fill(database.kysely, key, plan);
  } catch (fault) {
    await database.close();
    await dropDatabase(serverUrl, name);
    throw fault;
  }
  return Object.freeze({
    url,
    key,
    countLeases: async () => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from lease`.execute(database.kysely);
      return rows[0]?.count ?? 0;
    },
    drop: async () => {
      await database.close();
      await dropDatabase(serverUrl, name);
    },
  });
}

/** How long a granted number stays with its visit before it may be granted again, in both kinds of grant. */
const holdMs = 2_000;

async function fill(db: Db, key: string, { live, busy, byHand }: Plan): Promise<void> {
  const steps = [
    sql`insert into enterprise values ('ent', 'Bench', now())`,
    sql`insert into api_key values ('key', 'ent', 'publishable', ${sha256Hex(key)}, now(), null)`,
    sql`insert into pool (id, enterprise_id, name, hold_ms, rest_ms, lease_ms) values
      ('live', 'ent', 'live', 3600000, 0, 3600000),
      ('busy', 'ent', 'busy', ${holdMs}, 0, ${holdMs}),
      ('diy', 'ent', 'diy', ${holdMs}, 0, ${holdMs})`,
    sql`insert into website values
      ('site-live', 'ent', 'live', array['https://live.example'], 'live'),
      ('site-busy', 'ent', 'busy', array['https://busy.example'], 'busy')`,
    ...[numbersOf('live', 200, live), numbersOf('busy', 300, busy), numbersOf('diy', 400, byHand)],
    sql`insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at)
      select ${idOf('visit')}, 'ent', 'site-live', 'visitor-' || i, '{"url":"https://live.example/"}', now(), now()
      from generate_series(0, ${live - 1}::int) as i`,
    sql`insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
      select ${idOf('lease')}, 'ent', 'live', ${idOf('live')}, ${idOf('visit')}, 1,
        now(), now() + interval '1 hour', now() + interval '1 hour'
      from generate_series(0, ${live - 1}::int) as i`,
    sql`analyze`,
  ];
  for (const step of steps) await step.execute(db);
}

function numbersOf(pool: string, areaCode: number, count: number) {
  return sql`insert into number (id, enterprise_id, pool_id, e164, carrier, state, free_at, number_group)
    select ${idOf(pool)}, 'ent', ${pool}, ${phone(areaCode)}, 'sandbox', 'active', now(), '1-503'
    from generate_series(0, ${count - 1}::int) as i`;
}

/** The nth id of a kind; `fire-visits.ts` makes the same for visits. */
function idOf(kind: string) {
  return sql`${`${kind}_01k9`}::text || lpad(i::text, 22, '0')`;
}
