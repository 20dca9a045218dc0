import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { Work } from '../../src/records/transact.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

async function setup(database: Database<Tables>) {
  const staged = await stageCore(database);
  const { enterpriseId, outbox, transact, db, ids } = staged;
  const subject = ids.make('call');
  const lane = `call:${subject}`;
  const appendIn = (work: Work) =>
    outbox.appendEvent(work, { enterpriseId, subject, type: 'call.noted', data: { a: 1 } });
  const add = (kind: string, dueAt?: number, where = lane) =>
    transact((work) =>
      outbox.addEffect(work, {
        enterpriseId,
        lane: where,
        kind,
        payload: {},
        ...(dueAt === undefined ? {} : { dueAt }),
      }),
    );
  return {
    ...staged,
    subject,
    lane,
    appendIn,
    add,
    append: () => transact(appendIn),
    claim: (where = lane) => outbox.claimHead(db, where),
    mustClaim: async () => {
      const claimed = await outbox.claimHead(db, lane);
      if (claimed === null) throw new Error('there is nothing to claim');
      return claimed;
    },
    rows: () => db.selectFrom('outbox').selectAll().where('enterprise_id', '=', enterpriseId).orderBy('id').execute(),
  };
}

onEveryStore('the outbox', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('events told at once have sequences without gap or double, and their deliveries stand in that order', async () => {
    const world = await setup(database);
    const { endpoint } = await world.endpoints.create(world.db, {
      enterpriseId: world.enterpriseId,
      url: 'https://hooks.example.com/',
    });
    await Promise.all(Array.from({ length: 20 }, () => world.append()));
    const told = await world.told(world.subject);
    expect(told.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    const lane = `hook:${endpoint.id}:${world.subject}`;
    const delivered = await world.db
      .selectFrom('outbox')
      .innerJoin('event', 'event.id', 'outbox.event_id')
      .select('event.sequence')
      .where('outbox.lane', '=', lane)
      .orderBy('outbox.id')
      .execute();
    expect(delivered.map(({ sequence }) => sequence)).toEqual(told.map(({ sequence }) => sequence));
  });

  test('a transaction that is rolled back leaves no gap, no entry and no wake', async () => {
    const world = await setup(database);
    await world.append();
    const broken = world.transact(async (work) => {
      await world.appendIn(work);
      await world.outbox.addEffect(work, {
        enterpriseId: world.enterpriseId,
        lane: world.lane,
        kind: 'a',
        payload: {},
      });
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    await world.append();
    expect((await world.told(world.subject)).map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect([await world.rows(), world.wakes]).toEqual([[], []]);
  });

  test('an event says its subject and sequence in its own body', async () => {
    const world = await setup(database);
    const event = await world.outbox.readEvent(world.db, await world.append());
    expect(event).toEqual({
      type: 'call.noted',
      timestamp: '2026-05-04T10:00:00.000Z',
      data: { a: 1, subject: world.subject, sequence: 1 },
    });
  });

  test('endpoints that are off are owed nothing, those that are on one delivery each', async () => {
    const world = await setup(database);
    const { enterpriseId, endpoints, db } = world;
    const [on, off] = [
      await endpoints.create(db, { enterpriseId, url: 'https://on.example.com/' }),
      await endpoints.create(db, { enterpriseId, url: 'https://off.example.com/' }),
    ];
    await endpoints.setEnabled(db, { enterpriseId, endpointId: off.endpoint.id }, false);
    await world.append();
    expect((await world.rows()).map(({ endpoint_id }) => endpoint_id)).toEqual([on.endpoint.id]);
    expect(world.wakes).toEqual([{ lane: `hook:${on.endpoint.id}:${world.subject}` }]);
  });

  test('a lane is done in order, one at a time, and lanes do not wait for each other', async () => {
    const world = await setup(database);
    for (const kind of ['first', 'second']) await world.add(kind);
    await world.add('elsewhere', undefined, `${world.lane}:other`);
    const first = await world.mustClaim();
    expect([first.kind, await world.claim()]).toEqual(['first', null]);
    expect((await world.claim(`${world.lane}:other`))?.kind).toBe('elsewhere');
    await world.outbox.settle(world.db, { claimed: first, settlement: { kind: 'done' } });
    expect((await world.claim())?.kind).toBe('second');
  });

  test('of ten who claim at once one has it', async () => {
    const world = await setup(database);
    await world.add('first');
    const claims = await Promise.all(Array.from({ length: 10 }, () => world.claim()));
    expect(claims.filter((claimed) => claimed !== null)).toHaveLength(1);
  });

  test('an entry that is due later waits, and so does everything behind it', async () => {
    const world = await setup(database);
    await world.add('later', world.clock.at + 5_000);
    await world.add('now');
    expect(world.wakes.map(({ delayMs }) => delayMs)).toEqual([5_000, 0]);
    expect(await world.claim()).toBeNull();
    world.clock.at += 5_000;
    expect((await world.claim())?.kind).toBe('later');
  });

  test('a claim that was taken over cannot settle', async () => {
    const world = await setup(database);
    await world.add('first');
    const crashed = await world.mustClaim();
    world.clock.at += limits.outboxLockMs - 1;
    expect(await world.claim()).toBeNull();
    world.clock.at += 1;
    const successor = await world.mustClaim();
    expect([crashed.attempts, successor.attempts]).toEqual([1, 2]);
    await world.outbox.settle(world.db, { claimed: crashed, settlement: { kind: 'done' } });
    expect(await world.rows()).toMatchObject([{ state: 'pending', locked_until: successor.locked_until }]);
    await world.outbox.settle(world.db, { claimed: successor, settlement: { kind: 'done' } });
    await world.outbox.settle(world.db, { claimed: crashed, settlement: { kind: 'dead', error: 'late' } });
    expect(await world.rows()).toMatchObject([{ state: 'done', last_error: null }]);
  });

  test('a retry waits for its time and keeps its place', async () => {
    const world = await setup(database);
    for (const kind of ['first', 'second']) await world.add(kind);
    const dueAt = world.clock.at + 500;
    await world.outbox.settle(world.db, {
      claimed: await world.mustClaim(),
      settlement: { kind: 'retry', dueAt, error: 'away' },
    });
    expect(await world.claim()).toBeNull();
    world.clock.at = dueAt;
    expect(await world.claim()).toMatchObject({ kind: 'first', attempts: 2, last_error: 'away' });
  });

  test('a dead entry says why and lets the next one through', async () => {
    const world = await setup(database);
    for (const kind of ['first', 'second']) await world.add(kind);
    await world.outbox.settle(world.db, {
      claimed: await world.mustClaim(),
      settlement: { kind: 'dead', error: 'refused' },
    });
    expect((await world.rows())[0]).toMatchObject({
      state: 'dead',
      last_error: 'refused',
      settled_at: new Date(world.clock.at),
    });
    expect((await world.claim())?.kind).toBe('second');
  });

  test('a lane is overdue when its entry is late and nobody holds it', async () => {
    const world = await setup(database);
    const overdue = async () =>
      (await world.outbox.overdueLanes(world.db)).filter((lane) => lane.startsWith(world.lane));
    await world.add('first');
    await world.add('second');
    await world.add('later', world.clock.at + 60_000, `${world.lane}:later`);
    world.clock.at += limits.outboxOverdueMs - 1;
    expect(await overdue()).toEqual([]);
    world.clock.at += 1;
    expect(await overdue()).toEqual([world.lane]);
    await world.mustClaim();
    expect(await overdue()).toEqual([]);
    world.clock.at += limits.outboxLockMs;
    expect(await overdue()).toEqual([world.lane]);
  });

  test('a lane whose head is tried again later is not overdue, however much is due behind it', async () => {
    const world = await setup(database);
    for (const kind of ['first', 'second', 'third']) await world.add(kind);
    const dueAt = world.clock.at + 60_000;
    await world.outbox.settle(world.db, {
      claimed: await world.mustClaim(),
      settlement: { kind: 'retry', dueAt, error: 'away' },
    });
    world.clock.at += 30_000;
    expect(await world.outbox.overdueLanes(world.db)).not.toContain(world.lane);
    world.clock.at = dueAt + limits.outboxOverdueMs;
    expect((await world.outbox.overdueLanes(world.db)).filter((lane) => lane === world.lane)).toEqual([world.lane]);
  });

  test('what is taken back is gone, promised or waiting, but not what is under way', async () => {
    const world = await setup(database);
    const [waiting, ahead, other] = ['waiting', 'ahead', 'other'].map((name) => `${world.lane}:${name}`) as [
      string,
      string,
      string,
    ];
    await world.add('under way');
    await world.mustClaim();
    await world.add('waiting', world.clock.at + 60_000, waiting);
    await world.add('other', world.clock.at + 60_000, other);
    await world.transact(async (work) => {
      const effect = { enterpriseId: world.enterpriseId, payload: {} };
      await world.outbox.addEffect(work, { ...effect, lane: ahead, kind: 'promised' });
      await world.outbox.addEffect(work, { ...effect, lane: other, kind: 'kept' });
      await world.outbox.withdraw(work, [world.lane, waiting, ahead]);
    });
    expect((await world.rows()).map(({ kind }) => kind)).toEqual(['under way', 'other', 'kept']);
  });

  test('claims of a process that died are forgotten when the only process starts again', async () => {
    const world = await setup(database);
    await world.add('first');
    await world.mustClaim();
    await world.outbox.forgetClaims(world.db);
    expect(await world.claim()).toMatchObject({ kind: 'first', attempts: 2 });
  });
});
