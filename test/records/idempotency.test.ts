import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import { AppError } from '../../src/ports/errors.ts';
import { once } from '../../src/records/idempotency.postgres.ts';
import type { Tables } from '../../src/records/schema.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

/** A deed that counts how often it was done and answers with the count. */
async function setup(database: Database<Tables>) {
  const staged = await stageCore(database);
  const deed = { done: 0, fails: false };
  const ask = (key: string | null, request: unknown = { to: 'ada' }, enterpriseId = staged.enterpriseId) =>
    staged.transact((work) =>
      once(work, { enterpriseId, key, request, now: staged.clock.at }, async () => {
        if (deed.fails) throw new Error('no');
        deed.done += 1;
        return { status: 201, body: { count: deed.done } };
      }),
    );
  return { ...staged, deed, ask };
}

onEveryStore('a request with an Idempotency-Key', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('is done once and answered the same each time', async () => {
    const { ask, deed } = await setup(database);
    const answers = [await ask('key-1'), await ask('key-1'), await ask('key-1')];
    expect(answers).toEqual(Array(3).fill({ status: 201, body: { count: 1 } }));
    expect(deed.done).toBe(1);
  });

  test('is done once when it comes five times at once', async () => {
    const { ask, deed } = await setup(database);
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('key-1')));
    expect(answers).toEqual(Array(5).fill({ status: 201, body: { count: 1 } }));
    expect(deed.done).toBe(1);
  });

  test('is refused when another request had the key', async () => {
    const { ask, deed } = await setup(database);
    await ask('key-1');
    const fault = await ask('key-1', { to: 'bob' }).catch((thrown: unknown) => thrown);
    expect(fault instanceof AppError && fault.code).toBe('idempotency-conflict');
    expect(deed.done).toBe(1);
  });

  test('is another one under another key, or of another enterprise', async () => {
    const [one, other] = [await setup(database), await setup(database)];
    await one.ask('key-1');
    await one.ask('key-2');
    await one.ask('key-1', { to: 'ada' }, other.enterpriseId);
    expect(one.deed.done).toBe(3);
  });

  test('that failed is done when it comes again: the key went with the deed', async () => {
    const { ask, deed } = await setup(database);
    deed.fails = true;
    await expect(ask('key-1')).rejects.toThrow('no');
    deed.fails = false;
    expect(await ask('key-1')).toEqual({ status: 201, body: { count: 1 } });
  });

  test('is remembered for 24 hours, to the millisecond', async () => {
    const { ask, deed, clock } = await setup(database);
    await ask('key-1');
    clock.at += limits.idempotencyKeptMs;
    await ask('key-1');
    expect(deed.done).toBe(1);
    clock.at += 1;
    expect(await ask('key-1', { to: 'bob' })).toEqual({ status: 201, body: { count: 2 } });
  });

  test('of any form is kept as it is', async () => {
    const { ask, deed } = await setup(database);
    for (const key of ["'; drop table idempotency; --", ' ', 'ключ', '😀', 'k'.repeat(255)]) {
      await ask(key);
      await ask(key);
    }
    expect(deed.done).toBe(5);
  });

  test('but none is done each time', async () => {
    const { ask, deed } = await setup(database);
    await ask(null);
    await ask(null);
    expect(deed.done).toBe(2);
  });
});
