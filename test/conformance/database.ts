/**
 * What every home of the record promises, wherever the rows live: run on the embedded database and on a server.
 */
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { Store } from '../support/stores.ts';
import { addTo, countIn, transactionTests } from './database-transactions.ts';

/** The suite; call it inside `onEveryStore`. */
export function databaseSuite(store: Store): void {
  let database: Database<Tables>;
  const opened = () => database;

  beforeEach(async () => {
    database = await store.open();
    await database.runScript(
      'create table scratch (id int primary key, fact jsonb, big int8, bigs int8[], at timestamptz, price numeric, words text[]);' +
        'comment on table scratch is $$two statements; one script$$;',
    );
  });

  describe('transactions', () => transactionTests(opened));
  describe('values', () => valueTests(opened));
  describe('statements', () => statementTests(opened));
  describe('clients', () => clientTests(opened));
}

function valueTests(opened: () => Database<Tables>): void {
  test('come back as the same JavaScript values everywhere', async () => {
    const { kysely } = opened();
    const at = new Date('2026-03-29T01:59:59.123Z');
    const row = {
      id: 1,
      fact: { a: ['é', null, 1.5] },
      big: 2 ** 52,
      bigs: [1, 2],
      at,
      price: '10.50',
      words: ['a b', '"'],
    };
    await sql`insert into scratch (id, fact, big, bigs, at, price, words) values
      (1, ${JSON.stringify(row.fact)}, ${row.big}, ${row.bigs}, ${at}, ${row.price}, ${row.words})`.execute(kysely);
    expect((await sql`select * from scratch`.execute(kysely)).rows).toEqual([row]);
  });

  test('JSON text is stored as what it says and an object as what it is, neither as a string', async () => {
    const { kysely } = opened();
    await sql`insert into scratch (id, fact) values (1, ${'[1]'}), (2, ${{ a: 1 }}), (3, ${'"text"'})`.execute(kysely);
    const { rows } = await sql`select jsonb_typeof(fact) as kind from scratch order by id`.execute(kysely);
    expect(rows).toEqual([{ kind: 'array' }, { kind: 'object' }, { kind: 'string' }]);
  });

  test('an array parameter serves = any', async () => {
    const { kysely } = opened();
    await addTo(kysely, 1, 2, 3);
    const { rows } = await sql`select id from scratch where id = any(${[1, 3]}) order by id`.execute(kysely);
    expect(rows).toEqual([{ id: 1 }, { id: 3 }]);
  });

  test('a bigint no number can hold is refused, and the next query is answered', async () => {
    const { kysely } = opened();
    await expect(sql`select 9007199254740993::int8 as big`.execute(kysely)).rejects.toThrow(RangeError);
    expect(await countIn(kysely)).toBe(0);
  });

  test('a megabyte goes in and comes out', async () => {
    const { kysely } = opened();
    const text = 'x'.repeat(1_000_000);
    await sql`insert into scratch (id, words) values (1, ${[text]})`.execute(kysely);
    const { rows } = await sql<{ words: string[] }>`select words from scratch`.execute(kysely);
    expect(rows[0]?.words[0]?.length).toBe(text.length);
  });
}

function statementTests(opened: () => Database<Tables>): void {
  test('a broken rule is told by its name and SQLSTATE', async () => {
    const { kysely } = opened();
    await addTo(kysely, 1);
    await expect(addTo(kysely, 1)).rejects.toMatchObject({ code: '23505', constraint: 'scratch_pkey' });
  });

  test('changed rows are counted', async () => {
    const { kysely } = opened();
    await addTo(kysely, 1, 2, 3);
    expect((await sql`update scratch set big = 1 where id > 1`.execute(kysely)).numAffectedRows).toBe(2n);
  });

  test('fifty queries at once are each given their own answer', async () => {
    const ask = (_: unknown, n: number) => sql<{ n: number }>`select ${n}::int as n`.execute(opened().kysely);
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  test('it says whether it can be reached, also once closed', async () => {
    expect(await opened().isReachable(1_000)).toBe(true);
    await opened().close();
    expect(await opened().isReachable(1_000)).toBe(false);
  });
}

function clientTests(opened: () => Database<Tables>): void {
  test('unqualified names mean our tables in the record and BullMQ’s in the job pool, also when they take turns', async () => {
    const { kysely, jobPool } = opened();
    const record = () => sql<{ path: string }>`select current_schema() as path`.execute(kysely);
    const jobs = () => jobPool.query<{ path: string }>('select current_schema() as path');
    const answers = await Promise.all([record(), jobs(), record(), jobs()]);
    expect(answers.map(({ rows }) => rows[0]?.path)).toEqual(['linekeeper', 'bullmq', 'linekeeper', 'bullmq']);
  });

  test('a notification reaches who listens, once, and nobody after UNLISTEN', async () => {
    const { kysely, jobPool } = opened();
    const client = await jobPool.connect();
    const heard: string[] = [];
    const first = Promise.withResolvers<void>();
    client.on('notification', ({ channel, payload }) => {
      heard.push(`${channel}:${payload}`);
      first.resolve();
    });
    await client.query('-- said first\nLISTEN news;');
    await sql`select pg_notify('news', 'one')`.execute(kysely);
    await first.promise;
    await client.query('UNLISTEN news');
    await sql`select pg_notify('news', 'two')`.execute(kysely);
    await client.query('select 1');
    client.release(true);
    expect(heard).toEqual(['news:one']);
  });

  test('a notification of a transaction that is rolled back is not sent', async () => {
    const { kysely, jobPool } = opened();
    const client = await jobPool.connect();
    const heard = Promise.withResolvers<string | undefined>();
    client.on('notification', ({ payload }) => heard.resolve(payload));
    await client.query('listen news');
    const broken = kysely.transaction().execute(async (tx) => {
      await sql`select pg_notify('news', 'rolled back')`.execute(tx);
      throw new Error('no');
    });
    await broken.catch(() => undefined);
    await kysely.transaction().execute((tx) => sql`select pg_notify('news', 'committed')`.execute(tx));
    expect(await heard.promise).toBe('committed');
    client.release(true);
  });

  test('a client thrown away inside a transaction leaves nothing of it', async () => {
    const { jobPool } = opened();
    const client = await jobPool.connect();
    await client.query('begin');
    await client.query('create table left_open (id int)');
    client.release(true);
    const { rows } = await jobPool.query("select to_regclass('left_open') as there");
    expect(rows).toEqual([{ there: null }]);
  });
}
