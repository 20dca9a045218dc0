/**
 * The record on a PostgreSQL server. Our tables and BullMQ's live in two schemas of one database; each has its own pool
 * whose connections start with the right search path, so neither's unqualified names can reach the other's tables.
 */
import type { Pool, PoolConfig } from 'pg';
import pg from 'pg';
import { limits } from '../../config/limits.ts';
import type { Database } from './database.ts';
import type { LogFault } from './pooled-database.postgres.ts';
import { createPooledDatabase } from './pooled-database.postgres.ts';
import { recordTypes } from './record-types.postgres.ts';
import { schemaName } from './schema-name.ts';
import { createWatchLine } from './silent-line.postgres.ts';

/**
 * Opens pools on the server at `url` and makes sure both schemas exist. No connection is made for jobs until BullMQ asks.
 * @throws when the server cannot be reached, or when the URL's own options keep our search path from taking effect.
 */
export async function openServerDatabase<Tables>(options: {
  readonly url: string;
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Holds our tables. */
  readonly schema: string;
  /** Holds BullMQ's tables. */
  readonly jobSchema: string;
  readonly logFault?: LogFault;
}): Promise<Database<Tables>> {
  const schema = schemaName(options.schema);
  const jobSchema = schemaName(options.jobSchema);
  const common: PoolConfig = {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: limits.databaseIdleTransactionMs,
    types: recordTypes,
    keepAlive: true,
  };
  const poolOn = (first: string, name: string, max: number, pipeline = false) =>
    new pg.Pool({
      ...common,
      max,
      pipeline,
      application_name: name,
      options: `-c search_path=${first},public -c timezone=UTC`,
    });
  const pool = poolOn(schema, 'linekeeper', options.poolSize, true);
  const jobPool = poolOn(jobSchema, 'linekeeper-jobs', limits.jobPoolClientsMax);
  const database = createPooledDatabase<Tables>({
    kind: 'server',
    pool,
    jobPool,
    logFault: options.logFault,
    watchLine: createWatchLine({ ...common, options: '-c search_path=pg_catalog' }),
    afterClose: async () => undefined,
  });
  try {
    await ensureSchema(pool, schema);
    await ensureSchema(pool, jobSchema);
    await checkSearchPath(pool, schema);
    return database;
  } catch (fault) {
    await database.close();
    throw fault;
  }
}

/** Asks first: CREATE SCHEMA wants a privilege even when there is nothing to create. */
async function ensureSchema(pool: Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>('select to_regnamespace($1) is not null as there', [schema]);
  if (rows[0]?.there === true) return;
  try {
    await pool.query(`create schema if not exists ${schema}`);
  } catch (fault) {
    // Two processes may start at once; the loser of the race finds the schema made.
    const lostTheRace = fault instanceof Error && 'code' in fault && (fault.code === '42P06' || fault.code === '23505');
    if (!lostTheRace) throw fault;
  }
}

/** A DATABASE_URL with `?options=` of its own, or a proxy that drops start-up options, would send us to other tables. */
async function checkSearchPath(pool: Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ schema: string | null }>('select current_schema() as schema');
  if (rows[0]?.schema === schema) return;
  throw new Error(
    `the connection's search path does not begin with ${schema}: take "options" out of DATABASE_URL, and let a proxy ` +
      'between us and the server pass start-up options on (PgBouncer in session mode does)',
  );
}
