import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Settlement } from '../../src/records/outbox-claims.postgres.ts';
import { createLaneRunner, retryOrGiveUp } from '../../src/records/run-lane.ts';
import type { Tables } from '../../src/records/schema.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

/** A lane whose entries are settled by `answer`. */
async function setup(database: Database<Tables>) {
  const staged = await stageCore(database);
  const { db, outbox, clock, enterpriseId, wakes } = staged;
  const lane = `call:${staged.ids.make('call')}`;
  const done: number[] = [];
  const act = { answer: async (): Promise<Settlement> => ({ kind: 'done' }) };
  const handlers = {
    note: async ({ id }: { id: number }) => {
      done.push(id);
      return act.answer();
    },
  };
  const jobs = { wake: async (more: readonly { lane: string }[]) => void wakes.push(...more) };
  const runner = createLaneRunner({ db, outbox, jobs, clock, log: silentLog, handlers });
  return {
    ...staged,
    lane,
    done,
    act,
    run: () => runner.run(lane),
    sweep: () => runner.sweep(),
    add: (kind = 'note') =>
      staged.transact((work) => outbox.addEffect(work, { enterpriseId, lane, kind, payload: {} })),
    states: async () => {
      const rows = await db.selectFrom('outbox').selectAll().where('lane', '=', lane).orderBy('id').execute();
      return rows.map(({ state }) => state);
    },
  };
}

onEveryStore('a lane', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('is worked to its end, each entry once, however many run it', async () => {
    const world = await setup(database);
    for (let count = 0; count < 5; count += 1) await world.add();
    await Promise.all([world.run(), world.run(), world.run()]);
    await world.run();
    expect(world.done).toEqual(world.done.toSorted((left, right) => left - right));
    expect([new Set(world.done).size, world.done.length]).toEqual([5, 5]);
    expect(new Set(await world.states())).toEqual(new Set(['done']));
  });

  test('waits for what is tried again, and is woken for it', async () => {
    const world = await setup(database);
    await world.add();
    await world.add();
    world.wakes.length = 0;
    world.act.answer = async () => ({ kind: 'retry', dueAt: world.clock.at + 700, error: 'away' });
    await world.run();
    expect([world.done.length, world.wakes]).toEqual([1, [{ lane: world.lane, delayMs: 700 }]]);
    world.clock.at += 700;
    world.act.answer = async () => ({ kind: 'done' });
    await world.run();
    expect(await world.states()).toEqual(['done', 'done']);
  });

  test('tries what throws again by the table and at its longest pause, and gives it up after a day', async () => {
    const world = await setup(database);
    await world.add();
    await world.add();
    let isBroken = true;
    world.act.answer = async () => {
      if (isBroken) throw new Error('broken');
      return { kind: 'done' };
    };
    for (const pauseMs of limits.effectRetryPausesMs) {
      await world.run();
      expect(await world.states()).toEqual(['pending', 'pending']);
      world.clock.at += pauseMs;
    }
    await world.run();
    expect(await world.states()).toEqual(['pending', 'pending']);
    world.clock.at += limits.outboxFaultLifeMs;
    world.act.answer = async () => {
      if (world.done.at(-1) !== world.done[0]) isBroken = false;
      if (isBroken) throw new Error('broken');
      return { kind: 'done' };
    };
    await world.run();
    expect(await world.states()).toEqual(['dead', 'done']);
  });

  test('counts the age of what is performed again and again from the last time: a fault after days is the first', async () => {
    const world = await setup(database);
    await world.add();
    world.act.answer = async () => ({ kind: 'again', dueAt: world.clock.at + limits.outboxFaultLifeMs });
    await world.run();
    world.clock.at += limits.outboxFaultLifeMs;
    await world.run();
    world.clock.at += limits.outboxFaultLifeMs;
    world.act.answer = async () => {
      throw new Error('the record was away');
    };
    await world.run();
    expect(await world.states()).toEqual(['pending']);
  });

  test('buries what nobody knows how to do', async () => {
    const world = await setup(database);
    await world.add('unheard-of');
    await world.add();
    await world.run();
    expect(await world.states()).toEqual(['dead', 'done']);
  });

  test('with very much to do lets others have a turn and is woken again', async () => {
    const world = await setup(database);
    const more = limits.outboxEntriesPerRunMax + 1;
    for (let count = 0; count < more; count += 1) await world.add();
    world.wakes.length = 0;
    await world.run();
    expect([world.done.length, world.wakes]).toEqual([limits.outboxEntriesPerRunMax, [{ lane: world.lane }]]);
    await world.run();
    expect(world.done).toHaveLength(more);
  });

  test('whose wake was lost is found by the sweep', async () => {
    const world = await setup(database);
    await world.add();
    world.wakes.length = 0;
    world.clock.at += limits.outboxOverdueMs;
    await world.sweep();
    expect(world.wakes).toContainEqual({ lane: world.lane });
  });
});

test('the table of pauses ends in giving up', () => {
  const clock = { now: () => 1_000 };
  const [first = 0] = limits.effectRetryPausesMs;
  expect(retryOrGiveUp(clock, 1, 'away')).toEqual({ kind: 'retry', dueAt: 1_000 + first, error: 'away' });
  expect(retryOrGiveUp(clock, limits.effectRetryPausesMs.length + 1, 'away')).toEqual({ kind: 'dead', error: 'away' });
});
