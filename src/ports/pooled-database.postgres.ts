/**
 * What the embedded database and a server have in common once each has its two pools: the query builder, scripts,
 * the answer to "are you there", and an end that cannot hang.
 */
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Pool, PoolClient } from 'pg';
import { limits } from '../../config/limits.ts';
import type { Database, DatabaseKind } from './database.ts';
import { createPipelinedTransactions } from './pipelined-transaction.postgres.ts';
import { createPreparing } from './prepare-often.postgres.ts';
import type { WatchLine } from './silent-line.postgres.ts';

/** Tells somebody of a fault nobody is waiting for; `event` is a constant name. */
export type LogFault = (fault: unknown, event: string) => void;

/** Makes the port from its pools; `afterClose` runs once both are shut. */
export function createPooledDatabase<Tables>(parts: {
  readonly kind: DatabaseKind;
  readonly pool: Pool;
  readonly jobPool: Pool;
  readonly logFault: LogFault | undefined;
  /** How an answer is waited for where a network lies between. */
  readonly watchLine?: WatchLine;
  readonly afterClose: () => Promise<void>;
}): Database<Tables> {
  const { kind, pool, jobPool, logFault, watchLine } = parts;
  surviveLosses(pool, (fault) => logFault?.(fault, 'database-connection-lost'));
  surviveLosses(jobPool, (fault) => logFault?.(fault, 'job-connection-lost'));
  const prepare = createPreparing({ sharedSession: kind === 'embedded', watchLine });
  const preparing = {
    connect: async () => prepare(await pool.connect()) as PoolClient,
    end: () => pool.end(),
    options: pool.options,
  };
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing }) });
  let closing: Promise<void> | null = null;
  return Object.freeze({
    kind,
    kysely,
    transactPipelined: createPipelinedTransactions<Tables>(preparing.connect),
    jobPool,
    async runPrepared(name: string, text: string, values: readonly unknown[]) {
      // All clients of the embedded database share one session, where a name could stand for one statement only once.
      const query = kind === 'embedded' ? { text } : { name, text };
      const { rows } = await pool.query<pg.QueryResultRow>({ ...query, values: [...values] });
      return rows;
    },
    runScript: (sql: string) => runScript(pool, sql),
    isReachable: (timeoutMs: number) => isReachable(pool, timeoutMs),
    close() {
      closing ??= endAll(kysely, [pool, jobPool]).then(parts.afterClose);
      return closing;
    },
  });
}

/**
 * The loss of a connection is an 'error' event, and one nobody listens to ends the process. The pool listens to idle
 * clients only; one that is lent out, such as within a transaction between two queries, must be listened to as well.
 */
function surviveLosses(pool: Pool, tell: (fault: unknown) => void): void {
  pool.on('connect', (client) => client.on('error', tell));
  // The client has told already.
  pool.on('error', () => undefined);
}

async function runScript(pool: Pool, sql: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query('commit');
  } catch (fault) {
    await client.query('rollback');
    throw fault;
  } finally {
    client.release();
  }
}

async function isReachable(pool: Pool, timeoutMs: number): Promise<boolean> {
  const answered = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answered, after(timeoutMs, false)]);
}

/**
 * A pool waits for clients that are still out; somebody who never gives one back must not keep the process up. Kysely
 * ends its pool only once it has been used, so both are looked at afterwards.
 */
async function endAll(kysely: { destroy(): Promise<void> }, pools: readonly Pool[]): Promise<void> {
  const end = async () => {
    await kysely.destroy();
    await Promise.all(pools.map((pool) => (pool.ending ? null : pool.end())));
  };
  await Promise.race([end(), after(limits.databaseCloseTimeoutMs, null)]);
}

function after<Value>(delayMs: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(resolve, delayMs, value).unref());
}
