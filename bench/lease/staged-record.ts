/**
 * A record for the lease benchmark on a PostgreSQL server: one website with its key, a pool with many live leases and
 * more idle numbers, and as many idle ones for the hand-written grant. Nothing is ever dialled here.
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

/** The ids that the staged visits have; `fire-visits.ts` makes the same. */
const stagedVisit = sql`'visit_01k9' || lpad(i::text, 22, '0')`;

/** Telephone numbers as long and as costly to format as real ones, ten thousand from each area code on. */
function phone(areaCode: number) {
  return sql`'+1' || (${areaCode}::int + i / 10000)::text || '555' || lpad((i % 10000)::text, 4, '0')`;
}

export async function stageRecord(
  serverUrl: string,
  plan: { readonly live: number; readonly idle: number },
): Promise<StagedRecord> {
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

async function fill(db: Db, key: string, { live, idle }: { live: number; idle: number }): Promise<void> {
  const steps = [
    sql`insert into enterprise values ('ent', 'Bench', now())`,
    sql`insert into api_key values ('key', 'ent', 'publishable', ${sha256Hex(key)}, now(), null)`,
    sql`insert into pool (id, enterprise_id, name, hold_ms, rest_ms, lease_ms)
      select id, 'ent', id, 3600000, 0, 3600000 from unnest(array['pool', 'diy']) as id`,
    sql`insert into website values ('site', 'ent', 'shop', array['https://shop.example'], 'pool')`,
    sql`insert into number (id, enterprise_id, pool_id, e164, carrier, state, number_group, free_at)
      select 'num_01k9' || lpad(i::text, 22, '0'), 'ent', 'pool', ${phone(200)}, 'sandbox', 'active', '1-200', now()
      from generate_series(0, ${live + idle - 1}::int) as i`,
    sql`insert into number (id, enterprise_id, pool_id, e164, carrier, state, number_group, free_at)
      select 'num_01k8' || lpad(i::text, 22, '0'), 'ent', 'diy', ${phone(600)}, 'sandbox', 'active', '1-600',
        now() - interval '1 day' + i * interval '1 millisecond'
      from generate_series(0, ${idle - 1}::int) as i`,
    sql`insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at)
      select ${stagedVisit}, 'ent', 'site', 'visitor-' || i, '{"url":"https://shop.example/"}', now(), now()
      from generate_series(0, ${live - 1}::int) as i`,
    sql`insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
      select 'lease_01k9' || lpad(i::text, 22, '0'), 'ent', 'pool', 'num_01k9' || lpad(i::text, 22, '0'), ${stagedVisit}, 1,
        now(), now() + interval '1 hour', now() + interval '1 hour'
      from generate_series(0, ${live - 1}::int) as i`,
    sql`analyze`,
  ];
  for (const step of steps) await step.execute(db);
}
