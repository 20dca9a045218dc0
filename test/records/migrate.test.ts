import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import { migrate } from '../../src/records/migrate.postgres.ts';
import type { Tables } from '../../src/records/schema.ts';
import { onEveryStore, type Store } from '../support/stores.ts';

const files = readdirSync(new URL('../../src/records/migrations/', import.meta.url)).sort();

/** A record as it is before the very first start. */
async function openEmpty(store: Store): Promise<Database<Tables>> {
  const database = await store.open();
  await database.runScript('drop schema linekeeper cascade; create schema linekeeper');
  return database;
}

async function ledgerOf(database: Database<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from migration_ledger order by name`.execute(
    database.kysely,
  );
  return rows.map(({ name }) => name);
}

onEveryStore('migrating', (store) => {
  test('applies every file in order, and the second time nothing', async () => {
    const database = await openEmpty(store);
    expect([await migrate(database), await migrate(database)]).toEqual([files.length, 0]);
    expect(await ledgerOf(database)).toEqual(files);
    expect(await database.kysely.selectFrom('outbox').selectAll().execute()).toEqual([]);
  });

  test('applies each file once when five processes start at once', async () => {
    const database = await openEmpty(store);
    const counts = await Promise.all(Array.from({ length: 5 }, () => migrate(database)));
    expect(counts.toSorted()).toEqual([0, 0, 0, 0, files.length]);
  });

  test('applies only what is missing', async () => {
    const database = await store.open();
    expect(await migrate(database)).toBe(0);
  });

  test('refuses a file that was edited after it was applied, by its name', async () => {
    const database = await store.open();
    await sql`update migration_ledger set digest = 'x' where name = ${files[0]}`.execute(database.kysely);
    await expect(migrate(database)).rejects.toThrow(`migration ${files[0]} was edited`);
  });

  test('refuses a record that is newer than the program, and changes nothing in it', async () => {
    const database = await store.open();
    await sql`insert into migration_ledger (name, digest) values ('9999-later.sql', 'x')`.execute(database.kysely);
    await sql`delete from migration_ledger where name = ${files.at(-1)}`.execute(database.kysely);
    await expect(migrate(database)).rejects.toThrow('9999-later.sql, which this program lacks');
    expect(await ledgerOf(database)).not.toContain(files.at(-1));
  });

  test('leaves nothing of a file that fails', async () => {
    const database = await openEmpty(store);
    await database.runScript('create table outbox (id int)');
    await expect(migrate(database)).rejects.toThrow('outbox');
    const { rows } =
      await sql`select to_regclass('enterprise') as there, to_regclass('migration_ledger') as ledger`.execute(
        database.kysely,
      );
    expect(rows).toEqual([{ there: null, ledger: null }]);
  });
});
