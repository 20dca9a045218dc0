/**
 * Notices a connection that leads nowhere. A network that has lost the way sends no reset: TCP goes on hoping for a
 * quarter of an hour, and a pool whose every connection hopes is a gateway without a record long after the way is back.
 * A query that is not answered for a second is asked after on a new connection: when that cannot be made, or the server
 * says that this session is not at work on anything, the line is cut, and whoever waited is told. A query that the server
 * is at work on is left alone, however long it takes; its own time limit is the server's matter.
 */

import type { PoolClient, PoolConfig } from 'pg';
import pg from 'pg';
import { limits } from '../../config/limits.ts';

/** Waits for an answer on a client's line, and cuts the line when there will be none. */
export type WatchLine = <Answer>(client: PoolClient, answer: Promise<Answer>) => Promise<Answer>;

/** What pg knows of a client beyond its types. */
interface Inside {
  readonly processID?: number;
  readonly connection?: { readonly stream: { destroy(reason: Error): void } };
}

/** `config`: how the pool's own connections are made. */
export function createWatchLine(config: PoolConfig): WatchLine {
  return async (client, answer) => {
    const { processID, connection } = client as unknown as Inside;
    let isAnswered = false;
    let timer: NodeJS.Timeout;
    const lookLater = () => {
      timer = setTimeout(() => void look(), limits.databaseSilenceMs).unref();
    };
    const look = async () => {
      const isWorking = await isAtWork(config, processID);
      if (isAnswered) return;
      if (isWorking) lookLater();
      else connection?.stream.destroy(new Error('the database does not answer on this connection'));
    };
    lookLater();
    return answer.finally(() => {
      isAnswered = true;
      clearTimeout(timer);
    });
  };
}

/** A session the server does not know is a proxy's, which gives its own numbers: that one is not cut on suspicion. */
async function isAtWork(config: PoolConfig, processId: number | undefined): Promise<boolean> {
  const { connectionString, types, options } = config;
  const probe = new pg.Client({
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(types === undefined ? {} : { types }),
    ...(options === undefined ? {} : { options }),
    application_name: 'linekeeper-probe',
    connectionTimeoutMillis: limits.databaseProbeTimeoutMs,
    query_timeout: limits.databaseProbeTimeoutMs,
  });
  probe.on('error', () => undefined);
  try {
    await probe.connect();
    const { rows } = await probe.query<{ state: string }>('select state from pg_stat_activity where pid = $1', [
      processId ?? 0,
    ]);
    return rows[0] === undefined || rows[0].state === 'active';
  } catch {
    return false;
  } finally {
    probe.end().catch(() => undefined);
  }
}
