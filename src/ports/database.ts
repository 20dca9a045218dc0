/**
 * The record's port: one PostgreSQL dialect, two places it may live (embedded in this process, or a server). Both
 * adapters hand out the same small pool, so Kysely and BullMQ speak to either without knowing which it is.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Pool } from 'pg';

/** Where the rows live. `embedded` keeps them in this process's data folder and makes no fsync call. */
export type DatabaseKind = 'embedded' | 'server';

/** Runs `act` in one transaction. No statement of it waits longer than `lockTimeoutMs` for a lock. */
export type TransactPipelined<Tables> = <Result>(
  act: (tx: Transaction<Tables>) => Promise<Result>,
  lockTimeoutMs: number,
) => Promise<Result>;

/** An open database. `Tables` is the Kysely schema, which belongs to `records/`. */
export interface Database<Tables> {
  readonly kind: DatabaseKind;
  /**
   * The query builder every `.postgres.ts` file is given. Inside a transaction, ask only through its `tx` and wait for
   * nothing outside: the embedded database has one session, and a query beside `tx` would wait for the transaction.
   */
  readonly kysely: Kysely<Tables>;
  /**
   * Runs one statement that is planned once a connection and then again and again: `name` stands for its text. For the
   * few that every page view waits for; everything else goes through `kysely`.
   */
  runPrepared(name: string, sql: string, values: readonly unknown[]): Promise<readonly unknown[]>;
  /** A transaction for many who ask at once; their statements are sent as they come. */
  readonly transactPipelined: TransactPipelined<Tables>;
  /** The pool BullMQ's PostgreSQL backend runs on when there is no Redis: its own schema is on the search path. */
  readonly jobPool: JobPool;
  /** Runs migration text that holds several statements, inside one transaction. */
  runScript(sql: string): Promise<void>;
  /** Answers whether the database replies within `timeoutMs`. */
  isReachable(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** What BullMQ asks of a pool: `query`, `connect`, `end`, `on`; `pg.Pool` is one. */
export type JobPool = Pick<Pool, 'query' | 'connect' | 'end' | 'on' | 'removeAllListeners'>;
