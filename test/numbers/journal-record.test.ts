/** Between a grant's commit and the record: nothing is lost, doubled or held up there, whoever dies, comes twice or errs. */
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GrantBatch, GrantRecord, JournalledRecord, Lease } from '../../src/numbers/lease-book.ts';
import { createMemoryLeaseBook } from '../../src/numbers/memory-lease-book.ts';
import type { Database } from '../../src/ports/database.ts';
import type { BatchId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { type BookWorld, type OpenBook, type StagedPool, stagePool } from '../support/stage-pool.ts';
import { onEveryStore } from '../support/stores.ts';

const never = new Promise<never>(() => undefined);

/** Nothing is filed by itself; only what somebody asks for. */
const openIdle: OpenBook = async (world) =>
  createMemoryLeaseBook({ ...world, pause: () => never, logFault: () => undefined });

/** A process that dies with all it has committed not yet filed. */
const openDying: OpenBook = (world: BookWorld) => {
  const record: JournalledRecord = { ...world.record, fileBatches: () => Promise.reject(new Error('killed')) };
  return openIdle({ ...world, record });
};

onEveryStore('the journal of grants', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  const journal = async () =>
    (await sql<{ id: string }>`select id from grant_journal`.execute(database.kysely)).rows.map(({ id }) => id);
  const aside = async (id: string) =>
    (
      await sql<{ reason: string }>`select reason from grant_set_aside where journal_id = ${id}`.execute(
        database.kysely,
      )
    ).rows;
  const write = (id: string, batch: string) =>
    sql`insert into grant_journal (id, batch) values (${id}, ${batch})`.execute(database.kysely);

  test('is filed by whoever starts after a kill, and no number in it is given again', async () => {
    const { arrive, open, leases, record, clock, ids, poolId } = await stagePool(database, openIdle);
    const { lease } = await arrive(await openDying({ record, clock, ids }), 'ada');
    expect(await leases()).toEqual([]);
    const next = await open();
    expect((await arrive(next, 'bob')).answer).toEqual({ kind: 'refused', reason: 'exhausted' });
    expect(await leases()).toMatchObject([{ id: lease?.id, visitor_id: 'ada' }]);
    await next.settle(poolId, null);
    expect(await journal()).toEqual([]);
  });

  test('is filed after a kill before a contact is attributed, though nobody has opened a page since', async () => {
    const { arrive, open, leases, record, clock, ids, poolId } = await stagePool(database, openIdle);
    const { lease } = await arrive(await openDying({ record, clock, ids }));
    await (await open()).settle(poolId, lease?.numberId ?? null);
    expect(await leases()).toMatchObject([{ id: lease?.id }]);
  });

  test('is filed for one number before a contact on it is attributed, the newest holder too', async () => {
    const { arrive, open, leases, clock, terms, poolId } = await stagePool(database, openIdle, { numbers: 2 });
    const book = await open();
    const first = await arrive(book);
    await arrive(book);
    clock.at += terms.holdMs + terms.restMs;
    const newest = await arrive(book);
    expect(newest.lease?.numberId).toBe(first.lease?.numberId);
    await book.settle(poolId, first.lease?.numberId ?? null);
    expect((await leases()).map(({ id }) => id)).toEqual([first.lease?.id, newest.lease?.id]);
    await book.settle(poolId, null);
    expect(await leases()).toHaveLength(3);
  });

  test('keeps a beat until its visit is in the record', async () => {
    const { arrive, beat, open, leases, clock } = await stagePool(database, openIdle);
    const book = await open();
    const { visit } = await arrive(book);
    clock.at += 1_000;
    await beat(book, visit.id, { engagedSeconds: 7 });
    await book.tick();
    expect(await leases()).toMatchObject([{ engaged_seconds: 7, last_beat_at: new Date(clock.at) }]);
  });

  test('filed twice, or written again after it was filed, changes nothing', async () => {
    const pool = await stagePool(database, openIdle);
    const batch = await batchOf(pool);
    for (let round = 0; round < 2; round += 1) {
      expect(await pool.record.writeBatch(batch)).toEqual(new Set());
      expect(await pool.record.writeBatch(batch)).toEqual(new Set());
      await Promise.all([pool.record.fileBatches([batch.id]), pool.record.fileJournal()]);
    }
    expect(await pool.leases()).toHaveLength(1);
    expect(await journal()).toEqual([]);
  });

  describe('of a pool that another process has taken', () => {
    test('takes no grant decided before', async () => {
      const pool = await stagePool(database, openIdle);
      const batch = await batchOf(pool);
      const epoch = batch.epochs.get(pool.poolId) ?? 0;
      expect(await pool.record.takePool(pool.poolId, epoch)).toBe(epoch);
      expect(await pool.record.takePool(pool.poolId, 0)).toBe(epoch + 1);
      expect(await pool.record.writeBatch(batch)).toEqual(new Set([pool.poolId]));
      expect(await journal()).toEqual([]);
    });

    test('tells of a commit whose answer was lost that it was made', async () => {
      const staged = await stagePool(database, openIdle, { numbers: 2 });
      const { record, poolId } = staged;
      const writeBatch: JournalledRecord['writeBatch'] = async (batch) => {
        if ((await record.takePool(poolId, 1)) === 1) {
          await record.writeBatch(batch);
          await record.takePool(poolId, 0);
          throw new Error('Connection terminated');
        }
        return record.writeBatch(batch);
      };
      const world = { ...staged, record: { ...record, writeBatch } };
      const book = createMemoryLeaseBook({ ...world, pause: async () => undefined, logFault: () => undefined });
      const { lease } = await staged.arrive(book);
      expect(await staged.leases()).toMatchObject([{ id: lease?.id }]);
      await book.close();
    });
  });

  test('holds nobody up for a row that cannot be filed: it is set aside', async () => {
    const pool = await stagePool(database, openIdle);
    const batch = await batchOf(pool);
    await write('batch_0', 'no JSON');
    await write('batch_1', JSON.stringify([{ v: 'visit_1', e: 'ent', w: 'site', f: { url: '\0' }, s: 1 }]));
    await pool.record.writeBatch(batch);
    await pool.record.fileJournal();
    expect(await pool.leases()).toHaveLength(1);
    expect(await journal()).toEqual([]);
    expect([(await aside('batch_0')).length, (await aside('batch_1')).length]).toEqual([1, 1]);
  });

  test('files a generation that was given twice under the next free one, so that both holders are known', async () => {
    const pool = await stagePool(database, openIdle);
    for (const batch of [await batchOf(pool), await batchOf(pool)]) await pool.record.writeBatch(batch);
    await pool.record.fileJournal();
    expect((await pool.leases()).map(({ generation }) => generation)).toEqual([1, 2]);
  });

  test('refuses what the record could not hold while the page can still be told', async () => {
    const { open, newVisit, want } = await stagePool(database, openIdle);
    const book = await open();
    for (const url of ['a\0b', 'half a \ud800pair']) {
      await expect(book.open({ ...newVisit(), arrival: { url } }, want())).rejects.toMatchObject({
        code: 'invalid-request',
        fields: [{ field: 'url' }],
      });
    }
  });
});

/** The first generation of the pool's number, granted to a new visit under the pool's epoch. */
async function batchOf(pool: StagedPool): Promise<GrantBatch> {
  const { poolId, enterpriseId, record, clock, ids, numbers } = pool;
  const [numberId] = numbers;
  if (numberId === undefined) throw new Error('no number is staged');
  const visit = pool.newVisit();
  const times = { grantedAt: clock.at, holdUntil: clock.at + 1, expiresAt: clock.at + 1 };
  const lease: Lease = {
    id: ids.make('lease'),
    visitId: visit.id,
    visitorId: null,
    numberId,
    e164: '+15035550100' as Lease['e164'],
    generation: 1,
    ...times,
  };
  const grant: GrantRecord = { visit, lease: { ...lease, enterpriseId, poolId } };
  const epoch = await record.takePool(poolId, 1);
  return { id: ids.make('batch') as BatchId, grants: [grant], epochs: new Map([[poolId, epoch]]) };
}
