/** Transactions that share a commit are to each other as if each were alone. */
import { sql } from 'kysely';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Wake } from '../../src/ports/jobs.ts';
import { silentLog } from '../../src/ports/log.ts';
import { askTogether } from '../../src/records/ask-together.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createTransact, type Work } from '../../src/records/transact.ts';
import { createTransactTogether } from '../../src/records/transact-together.postgres.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

async function setup(database: Database<Tables>, atOnce = 1) {
  const { db, enterpriseId } = await stageCore(database, { numbers: 0 });
  const woken: string[] = [];
  const jobs = { wake: async (wakes: readonly Wake[]) => void woken.push(...wakes.map(({ lane }) => lane)) };
  const world = { database, jobs, log: silentLog };
  const together = createTransactTogether({ ...world, alone: createTransact(world), togetherMs: 60_000, atOnce });
  const transactionOf = async ({ tx }: Work) =>
    (await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(tx)).rows[0]?.id;
  const append = (work: Work, letter: string) =>
    work.tx
      .updateTable('enterprise')
      .set({ name: sql`name || ${letter}` })
      .where('id', '=', enterpriseId)
      .execute();
  const nameNow = async () =>
    (await db.selectFrom('enterprise').select('name').where('id', '=', enterpriseId).executeTakeFirstOrThrow()).name;
  return { db, enterpriseId, woken, together, transactionOf, append, nameNow };
}

onEveryStore('transactions together', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('those that come while one is under way share the next, each with its own answer', async () => {
    const { together, transactionOf, woken } = await setup(database);
    const letters = [...'abcdefghij'];
    const ids = await Promise.all(
      letters.map((letter) =>
        together(async (work) => {
          work.wake({ lane: letter });
          return `${letter} ${await transactionOf(work)}`;
        }),
      ),
    );
    expect(ids.map((id) => id[0])).toEqual(letters);
    expect(new Set(ids.map((id) => id.slice(2))).size).toBe(2);
    expect(woken.sort()).toEqual(letters);
  });

  test('on a server the next is under way before the first is over', async () => {
    const { together } = await setup(database, 2);
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const began: string[] = [];
    const both = [
      together(async () => {
        began.push('first');
        await first.promise;
      }),
      together(async () => {
        began.push('second');
        if (database.kind === 'server') await second.promise;
      }),
    ];
    if (database.kind === 'server') {
      await vi.waitFor(() => expect(began).toEqual(['first', 'second']));
      second.resolve();
    }
    first.resolve();
    await Promise.all(both);
    expect(began).toEqual(['first', 'second']);
  });

  test('those about the same go one after the other, the others in step by one statement', async () => {
    const { together } = await setup(database);
    const batches: (readonly string[])[] = [];
    const look = askTogether<string, string>(async (tx, asks) => {
      batches.push(asks);
      await sql`select 1`.execute(tx);
      return asks;
    });
    const told: string[] = [];
    const act = (about: string, word: string) =>
      together(async ({ tx }) => {
        told.push(`${word} begins`);
        await look(tx, word);
        told.push(`${word} ends`);
      }, about);
    await Promise.all([act('first', 'x'), act('a', 'a1'), act('b', 'b1'), act('a', 'a2'), act('c', 'c1')]);
    expect(batches).toEqual([['x'], ['a1', 'b1', 'c1'], ['a2']]);
    expect(told.indexOf('a1 ends')).toBeLessThan(told.indexOf('a2 begins'));
  });

  test('what is about the same waits for one that runs by itself, and comes after it', async () => {
    const { together, append, nameNow } = await setup(database);
    const act = (about: string, letter: string, fails = false) =>
      together(async (work) => {
        await append(work, letter);
        if (fails) throw new Error('no');
      }, about);
    const settled = Promise.allSettled([
      act('z', 'z'),
      act('a', '1'),
      act('b', '-', true),
      act('a', '2'),
      act('a', '3'),
    ]);
    expect((await settled).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await nameNow()).replace('z', '')).toBe('Acme123');
  });

  test('one that fails leaves nothing of itself, and the others are kept', async () => {
    const { together, append, nameNow, woken } = await setup(database);
    const act = (letter: string) =>
      together(async (work) => {
        await append(work, letter);
        work.wake({ lane: letter });
        if (letter === 'c') throw new Error('no');
        if (letter === 'd') await sql`select 1 / 0`.execute(work.tx);
      });
    const settled = await Promise.allSettled([...'abcde'].map(act));
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect([...(await nameNow())].sort().join('')).toBe([...'Acmeabe'].sort().join(''));
    expect(woken.sort()).toEqual(['a', 'b', 'e']);
  });

  test('what is left for the end is done once, before the commit, and its failure is the transaction’s', async () => {
    const { together, append, nameNow } = await setup(database);
    const act = (letter: string) =>
      together(async (work) => {
        work.beforeCommit(async () => {
          await append(work, letter);
          if (letter === 'b') throw new Error('too late');
        });
      });
    const settled = await Promise.allSettled([...'abc'].map(act));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([...(await nameNow())].sort().join('')).toBe([...'Acmeac'].sort().join(''));
  });

  const alone = store.kind === 'embedded' ? ' SKIPPED: the embedded database runs one transaction at a time' : '';
  test.skipIf(alone !== '')(`one that waits for somebody else’s lock does not hold the others up${alone}`, async () => {
    const held = await setup(database);
    const free = await setup(database);
    const mayEnd = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const holder = held.db.transaction().execute(async (tx) => {
      await tx.selectFrom('enterprise').select('id').where('id', '=', held.enterpriseId).forUpdate().execute();
      holding.resolve();
      await mayEnd.promise;
    });
    await holding.promise;
    const first = free.together((work) => free.append(work, 'a'));
    let isStuckDone = false;
    const stuck = free
      .together((work) => held.append(work, 'x'))
      .then(() => {
        isStuckDone = true;
      });
    const others = [...'bc'].map((letter) => free.together((work) => free.append(work, letter)));
    await Promise.all([first, ...others]);
    await free.together((work) => free.append(work, 'd'));
    expect(isStuckDone).toBe(false);
    mayEnd.resolve();
    await Promise.all([stuck, holder]);
    expect([await held.nameNow(), await free.nameNow()]).toEqual(['Acmex', expect.stringMatching(/^Acme[abc]{3}d$/)]);
  });
});
