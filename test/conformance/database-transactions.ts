/** What transactions promise, on either database: a part of the database's suite. Its table is the suite's. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Db, Tables } from '../../src/records/schema.ts';

export async function countIn(db: Db): Promise<number | undefined> {
  return (await sql<{ rows: number }>`select count(*) as rows from scratch`.execute(db)).rows[0]?.rows;
}

export async function addTo(db: Db, ...ids: number[]): Promise<void> {
  await sql`insert into scratch (id) select unnest(${ids}::int[])`.execute(db);
}

export function transactionTests(opened: () => Database<Tables>): void {
  test('what is committed is seen, what is rolled back is not', async () => {
    const { kysely } = opened();
    await kysely.transaction().execute((tx) => addTo(tx, 1));
    const broken = kysely.transaction().execute(async (tx) => {
      await addTo(tx, 2);
      throw new Error('thought better of it');
    });
    await expect(broken).rejects.toThrow('thought better of it');
    expect(await countIn(kysely)).toBe(1);
  });

  test('an open transaction is never seen half done from outside', async () => {
    const { kysely } = opened();
    const inside = Promise.withResolvers<void>();
    const transaction = kysely.transaction().execute(async (tx) => {
      await addTo(tx, 1);
      inside.resolve();
      await addTo(tx, 2);
      return countIn(tx);
    });
    await inside.promise;
    const seen = await countIn(kysely);
    expect([0, 2]).toContain(seen);
    expect(await transaction).toBe(2);
    expect(await countIn(kysely)).toBe(2);
  });

  test('an error inside a transaction aborts it, and the next one works', async () => {
    const { kysely } = opened();
    const broken = kysely.transaction().execute(async (tx) => {
      await addTo(tx, 1);
      await sql`do $$ begin perform 1 / 0; end $$`.execute(tx);
    });
    await expect(broken).rejects.toMatchObject({ code: '22012' });
    await kysely.transaction().execute((tx) => addTo(tx, 2));
    expect(await countIn(kysely)).toBe(1);
  });

  test('swallowing an error inside a transaction does not commit half of it', async () => {
    const { kysely } = opened();
    const broken = kysely.transaction().execute(async (tx) => {
      await addTo(tx, 1);
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
    });
    await broken.catch(() => undefined);
    expect(await countIn(kysely)).toBe(0);
  });

  test('statements of a pipelined transaction that nobody waits for are done in their order', async () => {
    const { kysely, transactPipelined } = opened();
    const answers = await transactPipelined(
      (tx) => Promise.all([addTo(tx, 1), countIn(tx), addTo(tx, 2, 3), countIn(tx)]),
      1_000,
    );
    expect(answers).toEqual([undefined, 1, undefined, 3]);
    expect(await countIn(kysely)).toBe(3);
  });

  test('a pipelined transaction keeps nothing when one of its statements fails, swallowed or not', async () => {
    const { kysely, transactPipelined } = opened();
    const failing = (tx: Db) => sql`select 1 / 0`.execute(tx);
    const broken = transactPipelined(async (tx) => {
      await addTo(tx, 1);
      await failing(tx);
    }, 1_000);
    await expect(broken).rejects.toMatchObject({ code: '22012' });
    const swallowed = transactPipelined(async (tx) => {
      await addTo(tx, 2);
      await failing(tx).catch(() => undefined);
    }, 1_000);
    await expect(swallowed).rejects.toThrow('failed before its commit');
    await transactPipelined((tx) => addTo(tx, 4), 1_000);
    expect(await countIn(kysely)).toBe(1);
  });

  test('what a pipelined transaction says of locks ends with it', async () => {
    const { kysely, transactPipelined } = opened();
    const timeout = async (db: Db) => (await sql<{ lock_timeout: string }>`show lock_timeout`.execute(db)).rows[0];
    expect(await transactPipelined(timeout, 150)).toEqual({ lock_timeout: '150ms' });
    expect(await timeout(kysely)).toEqual({ lock_timeout: '0' });
  });

  test('a savepoint can be gone back to', async () => {
    const { kysely } = opened();
    await kysely.transaction().execute(async (tx) => {
      await sql`savepoint before`.execute(tx);
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
      await sql`rollback to savepoint before`.execute(tx);
      await addTo(tx, 1);
    });
    expect(await countIn(kysely)).toBe(1);
  });

  test('twenty transactions that add to one counter lose nothing', async () => {
    const { kysely } = opened();
    await sql`insert into scratch (id, big) values (1, 0)`.execute(kysely);
    const addOne = () =>
      kysely.transaction().execute(async (tx) => {
        const { rows } = await sql<{ big: number }>`select big from scratch where id = 1 for update`.execute(tx);
        await sql`update scratch set big = ${(rows[0]?.big ?? 0) + 1} where id = 1`.execute(tx);
      });
    await Promise.all(Array.from({ length: 20 }, addOne));
    expect((await sql`select big from scratch`.execute(kysely)).rows).toEqual([{ big: 20 }]);
  });

  test('a script that fails leaves nothing behind', async () => {
    const script = opened().runScript('insert into scratch (id) values (1); select nonsense;');
    await expect(script).rejects.toMatchObject({ code: '42703' });
    expect(await countIn(opened().kysely)).toBe(0);
  });
}
