import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Wake } from '../../src/ports/jobs.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createTransact, type Work } from '../../src/records/transact.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

async function setup(database: Database<Tables>) {
  const { db, enterpriseId, clock } = await stageCore(database, { numbers: 0 });
  const posted: (readonly Wake[])[] = [];
  const warned: string[] = [];
  const queue = { isAway: false };
  const jobs = {
    async wake(wakes: readonly Wake[]) {
      if (queue.isAway) throw new Error('the queue is away');
      posted.push(wakes);
    },
  };
  const log = { ...silentLog, warn: (_facts: object, event: string) => void warned.push(event) };
  const transact = createTransact({ database, jobs, log });
  const rename = (work: Work, name: string) =>
    work.tx.updateTable('enterprise').set({ name }).where('id', '=', enterpriseId).execute();
  const nameNow = async () =>
    (await db.selectFrom('enterprise').select('name').where('id', '=', enterpriseId).executeTakeFirstOrThrow()).name;
  return { db, enterpriseId, clock, posted, warned, queue, transact, rename, nameNow };
}

const faultOf = (code: string) => Object.assign(new Error(`sql state ${code}`), { code });

onEveryStore('a transaction', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('commits everything and only then wakes, all at once', async () => {
    const { transact, rename, posted, nameNow } = await setup(database);
    const answer = await transact(async (work) => {
      await rename(work, 'Bolt');
      work.wake({ lane: 'call:1' });
      work.wake({ lane: 'call:2', delayMs: 500 });
      expect(posted).toEqual([]);
      return 'done';
    });
    expect([answer, await nameNow()]).toEqual(['done', 'Bolt']);
    expect(posted).toEqual([[{ lane: 'call:1' }, { lane: 'call:2', delayMs: 500 }]]);
  });

  test('that throws changes nothing, wakes nobody and is not tried again', async () => {
    const { transact, rename, posted, nameNow } = await setup(database);
    let tries = 0;
    const broken = transact(async (work) => {
      tries += 1;
      await rename(work, 'Bolt');
      work.wake({ lane: 'call:1' });
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    expect([tries, posted, await nameNow()]).toEqual([1, [], 'Acme']);
  });

  test('that woke nobody posts nothing', async () => {
    const { transact, rename, posted } = await setup(database);
    await transact((work) => rename(work, 'Bolt'));
    expect(posted).toEqual([]);
  });

  test('stands although its wakes cannot be posted', async () => {
    const { transact, rename, queue, warned, nameNow } = await setup(database);
    queue.isAway = true;
    await transact(async (work) => {
      await rename(work, 'Bolt');
      work.wake({ lane: 'call:1' });
    });
    expect([await nameNow(), warned]).toEqual(['Bolt', ['wake-not-posted']]);
  });

  test.each(['40001', '40P01'])(
    'the database asks for again (%s) is done again whole, with its own wakes',
    async (code) => {
      const { transact, rename, posted, nameNow } = await setup(database);
      let tries = 0;
      await transact(async (work) => {
        tries += 1;
        await rename(work, `Bolt ${tries}`);
        work.wake({ lane: `call:${tries}` });
        if (tries < 3) throw faultOf(code);
      });
      expect([await nameNow(), posted]).toEqual(['Bolt 3', [[{ lane: 'call:3' }]]]);
    },
  );

  test('is not tried again for ever, nor for any other fault', async () => {
    const { transact } = await setup(database);
    const tries = { '40P01': 0, '23505': 0 };
    for (const code of ['40P01', '23505'] as const) {
      const broken = transact(async () => {
        tries[code] += 1;
        throw faultOf(code);
      });
      await expect(broken).rejects.toThrow(code);
    }
    expect(tries).toEqual({ '40P01': limits.transactionRetriesMax + 1, '23505': 1 });
  });

  const alone = store.kind === 'embedded' ? ' SKIPPED: the embedded database runs one transaction at a time' : '';
  test.skipIf(alone !== '')(`of two that wait for each other both are done in the end${alone}`, async () => {
    const [one, other] = [await setup(database), await setup(database)];
    const holds = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let tries = 0;
    const crossing = (mine: typeof one, theirs: typeof one, at: 0 | 1) =>
      mine.transact(async (work) => {
        tries += 1;
        await mine.rename(work, `by ${at}`);
        holds[at].resolve();
        await holds[at === 0 ? 1 : 0].promise;
        await theirs.rename(work, `by ${at}`);
      });
    await Promise.all([crossing(one, other, 0), crossing(other, one, 1)]);
    expect(tries).toBeGreaterThan(2);
    expect(await one.nameNow()).toBe(await other.nameNow());
  });
});
