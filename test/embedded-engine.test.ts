/** One session, many clients: nobody sees another's transaction, and nobody can keep the others waiting for ever. */
import { PGlite } from '@electric-sql/pglite';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedEngine } from '../src/ports/embedded-engine.pglite.ts';
import { createEmbeddedEngine } from '../src/ports/embedded-engine.pglite.ts';
import { createEmbeddedPool } from '../src/ports/embedded-pool.postgres.ts';

const idleTransactionMs = 300;
let engine: EmbeddedEngine;
let pool: Pool;

beforeAll(async () => {
  engine = createEmbeddedEngine(await PGlite.create('memory://'), { idleTransactionMs });
  pool = createEmbeddedPool(engine, { searchPath: 'public', clientsMax: 20 });
  pool.on('error', () => undefined);
});

afterAll(async () => {
  await pool.end();
  await engine.close();
});

const exists = async (table: string) =>
  (await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table])).rows[0]?.there;

test('a client given back inside a transaction is rolled back and listens to nothing', async () => {
  const client = await pool.connect();
  let heard = 0;
  client.on('notification', () => {
    heard += 1;
  });
  await client.query('listen news');
  await client.query('begin');
  await client.query('create table left_open (id int)');
  client.release();
  expect(await exists('left_open')).toBe(false);
  await pool.query("notify news, 'one'");
  await pool.query('select 1');
  expect(heard).toBe(0);
});

test('a client thrown away with requests still queued leaves nothing behind', async () => {
  const client = await pool.connect();
  client.on('error', () => undefined);
  await client.query('begin');
  const asked = client.query('create table thrown_away (id int)').catch(() => undefined);
  client.release(true);
  await asked;
  expect(await exists('thrown_away')).toBe(false);
});

test('others wait while a transaction is open and are served in the order they asked', async () => {
  const order: string[] = [];
  const holder = await pool.connect();
  await holder.query('begin');
  const waiting = ['first', 'second'].map((name) => pool.query('select 1').then(() => order.push(name)));
  await holder.query('select 1');
  order.push('holder');
  await holder.query('commit');
  holder.release();
  await Promise.all(waiting);
  expect(order).toEqual(['holder', 'first', 'second']);
});

test('a transaction that asks for nothing is rolled back, its client is told why, and the others go on', async () => {
  const holder = await pool.connect();
  const told = new Promise<Error>((resolve) => holder.on('error', resolve));
  await holder.query('begin');
  await holder.query('create table forgotten (id int)');
  expect(await exists('forgotten')).toBe(false);
  expect((await told).message).toContain(`during ${idleTransactionMs} ms`);
  holder.release(true);
});

test('the search path is back after a transaction that changed it was rolled back', async () => {
  const other = createEmbeddedPool(engine, { searchPath: 'pg_catalog', clientsMax: 2 });
  const client = await other.connect();
  await client.query('begin');
  await client.query('set local search_path to information_schema');
  await client.query('rollback');
  const path = async (from: Pick<Pool, 'query'>) => (await from.query('show search_path')).rows[0]?.search_path;
  expect([await path(client), await path(pool), await path(client)]).toEqual(['pg_catalog', 'public', 'pg_catalog']);
  client.release();
  await other.end();
});

test('what is asked of a closed engine fails at once', async () => {
  const short = createEmbeddedEngine(await PGlite.create('memory://'), { idleTransactionMs });
  const orphan = createEmbeddedPool(short, { searchPath: 'public', clientsMax: 2 });
  orphan.on('error', () => undefined);
  await orphan.query('select 1');
  await short.close();
  await expect(orphan.query('select 1')).rejects.toThrow('closed');
  await orphan.end();
});
