/**
 * Brings the record to the newest shape. Migrations are numbered SQL files, applied in order, each with its ledger row
 * in one transaction under an advisory lock, so any number of processes may start at once. A file that was applied is
 * never edited: its digest is compared at every start.
 */
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Database } from '../ports/database.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { Tables } from './schema.ts';

const folder = new URL('./migrations/', import.meta.url);
const advisoryLock = 5_465_335;

/**
 * Applies what is missing; resolves with how many files were applied.
 * @throws Error when an applied file has changed, or the record is newer than this program.
 */
export async function migrate(database: Database<Tables>): Promise<number> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort();
  return database.kysely.transaction().execute(async (tx) => {
    // An index on a large table takes its time, and whoever starts beside us waits for it.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(tx);
    // Under the lock too: two processes that create the same missing table at once do not both succeed.
    await sql`create table if not exists migration_ledger (
      name text primary key, digest text not null, applied_at timestamptz not null default now())`.execute(tx);
    const ledger = await sql<{ name: string; digest: string }>`select name, digest from migration_ledger`.execute(tx);
    const applied = new Map(ledger.rows.map((row) => [row.name, row.digest]));
    for (const name of applied.keys()) {
      if (!files.includes(name))
        throw new Error(`the record has migration ${name}, which this program lacks: start a newer one`);
    }
    let count = 0;
    for (const name of files) {
      const text = await readFile(new URL(name, folder), 'utf8');
      const digest = sha256Hex(text);
      const before = applied.get(name);
      if (before === digest) continue;
      if (before !== undefined)
        throw new Error(`migration ${name} was edited after it was applied: restore it, add a new file`);
      for (const statement of statementsOf(text)) await sql.raw(statement).execute(tx);
      await sql`insert into migration_ledger (name, digest) values (${name}, ${digest})`.execute(tx);
      count += 1;
    }
    return count;
  });
}

/** Our files hold plain statements ended by a semicolon at a line's end, and whole-line comments. */
function statementsOf(text: string): string[] {
  return text
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
