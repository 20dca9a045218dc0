/**
 * A transaction whose statements are sent as they come, without waiting for the answers to those before: the server takes
 * them in that order all the same. The query builder's own transaction lets one statement at a time through, so that many
 * short ones spend their time on the way. A statement that fails takes those sent after it with it.
 */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, Transaction } from 'kysely';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { PoolClient } from 'pg';
import { allDone } from './all-done.ts';
import type { TransactPipelined } from './database.ts';

/** The part of a pooled client that is used. */
type Client = Pick<PoolClient, 'query' | 'release'>;

export function createPipelinedTransactions<Tables>(connect: () => Promise<Client>): TransactPipelined<Tables> {
  return async (act, lockTimeoutMs) => {
    const client = await connect();
    try {
      const begun = client.query(`begin; set local lock_timeout = ${Math.round(lockTimeoutMs)}`);
      const [result] = await allDone([act(builderOn<Tables>(client)), begun]);
      const { command } = await client.query('commit');
      if (command === 'ROLLBACK') throw new Error('the transaction had failed before its commit');
      client.release();
      return result;
    } catch (fault) {
      await client.query('rollback').then(
        () => client.release(),
        (lost: Error) => client.release(lost),
      );
      throw fault;
    }
  };
}

/** A query builder all of whose statements go to this client. */
function builderOn<Tables>(client: Client): Transaction<Tables> {
  const driver = driverOf({
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
      const { command, rowCount, rows } = await client.query(sql, [...parameters]);
      const isChange = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command);
      return { rows: rows as Row[], ...(isChange ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
    },
    streamQuery: () => {
      throw new Error('nothing is streamed inside a pipelined transaction');
    },
  });
  const dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<Tables>({ dialect }) as Transaction<Tables>;
}

function driverOf(connection: DatabaseConnection): Driver {
  const refuse = () => Promise.reject(new Error('a pipelined transaction holds no other'));
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
}
