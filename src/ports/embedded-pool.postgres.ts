/**
 * A node-postgres pool whose clients are in this process: each speaks the wire protocol to the shared embedded engine.
 * Kysely and BullMQ are each given one, with their own search path, and cannot tell it from a pool on a server.
 */
import type { ClientBase, ClientConfig, Pool } from 'pg';
import pg from 'pg';
import type { EmbeddedEngine } from './embedded-engine.pglite.ts';
import { EmbeddedSocket } from './embedded-socket.ts';
import { recordTypes } from './record-types.postgres.ts';

/**
 * Makes a pool on `engine`. A client given back inside a transaction is rolled back, and listens to nothing any more.
 * `searchPath` is a comma-separated list of schema names, first choice first.
 */
export function createEmbeddedPool(
  engine: EmbeddedEngine,
  options: { readonly searchPath: string; readonly clientsMax: number },
): Pool {
  const sockets = new WeakMap<ClientBase, EmbeddedSocket>();
  class EmbeddedClient extends pg.Client {
    constructor(config: ClientConfig = {}) {
      const socket = new EmbeddedSocket(engine, options.searchPath);
      super({ ...config, stream: () => socket });
      sockets.set(this, socket);
    }
  }
  const pool = new pg.Pool({
    Client: EmbeddedClient,
    max: options.clientsMax,
    idleTimeoutMillis: 0,
    pipeline: true,
    types: recordTypes,
    ssl: false,
    // Tells BullMQ that a lost connection would be noticed, so that it need not poll.
    keepAlive: true,
    user: 'postgres',
    database: 'postgres',
  });
  pool.on('release', (_fault, client) => sockets.get(client)?.tidyUp());
  return pool;
}
