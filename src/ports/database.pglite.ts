/**
 * The record inside this process: PGlite, a PostgreSQL that needs no server, with its files in a folder of ours. It is
 * the default, so that the first call can be taken before anything is installed. Everything above speaks the same SQL
 * through the same clients as on a server; what differs is that one statement runs at a time.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { limits } from '../../config/limits.ts';
import type { Database } from './database.ts';
import { createEmbeddedEngine } from './embedded-engine.pglite.ts';
import { createEmbeddedPool } from './embedded-pool.postgres.ts';
import type { FolderLock } from './folder-lock.file.ts';
import { lockFolder } from './folder-lock.file.ts';
import type { LogFault } from './pooled-database.postgres.ts';
import { createPooledDatabase } from './pooled-database.postgres.ts';
import { schemaName } from './schema-name.ts';

/**
 * Opens the embedded database in `folder`, made when missing, or in memory when null. Both schemas exist afterwards.
 * @throws Error when another process has the folder open, naming the folder, the process and the cure.
 */
export async function openEmbeddedDatabase<Tables>(options: {
  readonly folder: string | null;
  /** Holds our tables. */
  readonly schema: string;
  /** Holds BullMQ's tables. */
  readonly jobSchema: string;
  readonly logFault?: LogFault;
}): Promise<Database<Tables>> {
  const schema = schemaName(options.schema);
  const jobSchema = schemaName(options.jobSchema);
  const lock = options.folder === null ? null : await takeFolder(options.folder);
  try {
    const lite = await PGlite.create(options.folder === null ? 'memory://' : join(options.folder, 'pg'));
    const engine = createEmbeddedEngine(lite, { idleTransactionMs: limits.databaseIdleTransactionMs });
    const poolOn = (first: string) =>
      createEmbeddedPool(engine, { searchPath: `${first}, public`, clientsMax: limits.embeddedClientsMax });
    const pool = poolOn(schema);
    await pool.query(
      `create schema if not exists ${schema}; create schema if not exists ${jobSchema}; set time zone 'UTC'`,
    );
    return createPooledDatabase<Tables>({
      kind: 'embedded',
      pool,
      jobPool: poolOn(jobSchema),
      logFault: options.logFault,
      async afterClose() {
        await engine.close();
        await lock?.release();
      },
    });
  } catch (fault) {
    await lock?.release();
    throw fault;
  }
}

async function takeFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  return lockFolder(folder, join(folder, 'pg.lock'));
}
