/** The lease book of one process: the suite and the model of every lease book, and what is its own. */
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { JournalledRecord, LeaseBook } from '../../src/numbers/lease-book.ts';
import { createMemoryLeaseBook } from '../../src/numbers/memory-lease-book.ts';
import type { Database } from '../../src/ports/database.ts';
import { pause } from '../../src/ports/pause.timer.ts';
import type { Tables } from '../../src/records/schema.ts';
import { leaseBookSuite } from '../conformance/lease-book.ts';
import { modelSize, runLeaseBookModel } from '../conformance/lease-book-model.ts';
import { minuteMs } from '../support/stage-core.ts';
import { type BookWorld, type OpenBook, stagePool } from '../support/stage-pool.ts';
import { onEveryStore } from '../support/stores.ts';

const faults: string[] = [];

const openBook: OpenBook = async (world) =>
  createMemoryLeaseBook({
    ...world,
    pause: async () => undefined,
    logFault: (_fault, event) => faults.push(event),
  });

/** Two of them take turns at a pool: each waits a while before it takes it back. */
const openPatient: OpenBook = async (world) =>
  createMemoryLeaseBook({ ...world, pause, logFault: (_fault, event) => faults.push(event) });

const killers = new WeakMap<LeaseBook, () => void>();

/** A process that can be killed: what it asks the record for afterwards is never done. */
const openMortal: OpenBook = async (world) => {
  let isDead = false;
  const living =
    <Args extends unknown[], Value>(act: (...args: Args) => Promise<Value>) =>
    (...args: Args): Promise<Value> =>
      isDead ? Promise.reject(new Error('this process is dead')) : act(...args);
  const { record } = world;
  const book = await openBook({
    ...world,
    record: {
      fileGrants: living(record.fileGrants),
      fileBeats: living(record.fileBeats),
      readPool: living(record.readPool),
      readStamp: living(record.readStamp),
      writeBatch: living(record.writeBatch),
      takePool: living(record.takePool),
      fileBatches: living(record.fileBatches),
      fileJournal: living(record.fileJournal),
      filedOf: living(record.filedOf),
    },
  });
  killers.set(book, () => {
    isDead = true;
  });
  return book;
};

/** A record that does as `over` says. */
function openOn(over: Partial<JournalledRecord>): OpenBook {
  return (world: BookWorld) => openBook({ ...world, record: { ...world.record, ...over } });
}

onEveryStore('lease book in memory', (store) => {
  leaseBookSuite(store, openBook);

  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('no number is ever with two visitors, whatever happens', { timeout: 600_000 }, async () => {
    const { visits } = await runLeaseBookModel(database, openMortal, modelSize(), async (book) =>
      killers.get(book)?.(),
    );
    process.stdout.write(`lease book in memory [${store.kind}]: ${visits} visits in ${modelSize().runs} stories\n`);
  });

  describe('a grant', () => {
    test('is filed by itself soon after it was answered', async () => {
      const filed = Promise.withResolvers<void>();
      const { arrive, open, leases } = await stagePool(database, (world) => {
        const { fileBatches } = world.record;
        return openOn({ fileBatches: (ids) => fileBatches(ids).then(filed.resolve) })(world);
      });
      const { lease } = await arrive(await open());
      await filed.promise;
      expect(await leases()).toMatchObject([{ id: lease?.id }]);
    });

    test('that another process was faster with is replaced by another number', async () => {
      const { arrive, open, leases, poolId } = await stagePool(database, openPatient, { numbers: 3 });
      const [one, other] = [await open(), await open()];
      await Promise.all([one, other].map((book) => arrive(book)));
      const shown = await Promise.all([arrive(one), arrive(other)]);
      for (const book of [one, other]) await book.settle(poolId, null);
      const rows = await leases();
      expect(rows).toHaveLength(3);
      expect(new Set(rows.map(({ number_id }) => number_id)).size).toBe(3);
      expect(shown.filter(({ lease }) => lease === null)).toHaveLength(1);
    });

    test('the record does not take in time is answered 503', async () => {
      const [hung, filing] = [Promise.withResolvers<never>(), Promise.withResolvers<void>()];
      const writeBatch = () => {
        filing.resolve();
        return hung.promise;
      };
      const staged = await stagePool(database, openOn({ writeBatch }), { numbers: 2 });
      const book = await staged.open();
      const asked = [staged.arrive(book), staged.arrive(book)];
      await filing.promise;
      staged.clock.at += limits.grantPatienceMs;
      await book.tick();
      for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'unavailable' });
      hung.reject(new Error('Connection terminated'));
    });

    test.each([
      ['that may have been filed keeps its number from others', undefined, 'refused'],
      ['that was certainly not filed leaves its number free', '53100', 'granted'],
    ])('%s', async (_title, code, next) => {
      let isAway = true;
      const staged = await stagePool(database, openBook);
      const { record } = staged;
      const fault = Object.assign(new Error('away'), code === undefined ? {} : { code });
      const openThis = openOn({ writeBatch: (all) => (isAway ? Promise.reject(fault) : record.writeBatch(all)) });
      const book = await openThis(staged);
      await expect(staged.arrive(book)).rejects.toMatchObject({ code: 'unavailable' });
      isAway = false;
      expect((await staged.arrive(book)).answer?.kind).toBe(next);
    });
  });

  describe('a grant of a number that another process gives meanwhile', () => {
    test('is not followed by another one before it is settled, however long that takes', async () => {
      const [filing, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const staged = await stagePool(database, openBook);
      const { record, terms, clock } = staged;
      const writeBatch: JournalledRecord['writeBatch'] = (grants) => {
        filing.resolve();
        return answered.promise.then(() => record.writeBatch(grants));
      };
      const [slow, other] = [await openOn({ writeBatch })(staged), await staged.open()];
      const first = staged.arrive(slow);
      await filing.promise;
      clock.at += terms.holdMs + terms.restMs;
      const { lease } = await staged.arrive(other);
      const next = staged.arrive(slow);
      answered.resolve();
      expect((await first).answer?.kind).toBe('refused');
      expect((await next).answer?.kind).toBe('refused');
      expect(await staged.leases()).toMatchObject([{ id: lease?.id }]);
    });

    test('and that may have been filed is not followed by another one when its time is over', async () => {
      let isAway = true;
      const staged = await stagePool(database, openBook);
      const { record, terms, clock } = staged;
      const writeBatch: JournalledRecord['writeBatch'] = (grants) =>
        isAway ? Promise.reject(new Error('away')) : record.writeBatch(grants);
      const [book, other] = [await openOn({ writeBatch })(staged), await staged.open()];
      await expect(staged.arrive(book)).rejects.toMatchObject({ code: 'unavailable' });
      clock.at += terms.holdMs + terms.restMs;
      const { lease } = await staged.arrive(other);
      isAway = false;
      expect((await staged.arrive(book)).answer?.kind).toBe('refused');
      expect(await staged.leases()).toMatchObject([{ id: lease?.id }]);
    });

    test('is undone later when the record cannot be read at once', async () => {
      let isAway = false;
      const staged = await stagePool(database, openBook);
      const { record, terms, clock } = staged;
      const readPool: JournalledRecord['readPool'] = (id) =>
        isAway ? Promise.reject(new Error('away')) : record.readPool(id);
      const [book, other] = [await openOn({ readPool })(staged), await staged.open()];
      await staged.beat(book, staged.newVisit().id);
      const { lease } = await staged.arrive(other, null, { terms: { ...terms, holdMs: 60 * minuteMs } });
      isAway = true;
      await expect(staged.arrive(book)).rejects.toThrow('away');
      clock.at += terms.holdMs + terms.restMs;
      expect((await staged.arrive(book)).answer?.kind).toBe('refused');
      // A contact on the number does not wait for that.
      await book.settle(staged.poolId, lease?.numberId ?? null);
      isAway = false;
      await book.tick();
      clock.at += 60 * minuteMs;
      const next = await staged.arrive(book);
      expect(next.answer?.kind).toBe('granted');
      await book.settle(staged.poolId, null);
      expect(await staged.leases()).toMatchObject([{ id: lease?.id }, { id: next.lease?.id }]);
    });
  });

  describe('beats', () => {
    test('that could not be written are written with the next ones', async () => {
      let isAway = true;
      const staged = await stagePool(database, openBook);
      const { record } = staged;
      const book = await openOn({
        fileBeats: (beats) => (isAway ? Promise.reject(new Error('away')) : record.fileBeats(beats)),
      })(staged);
      const { visit } = await staged.arrive(book);
      staged.clock.at += 5_000;
      await staged.beat(book, visit.id, { engagedSeconds: 5 });
      await book.tick();
      expect(await staged.leases()).toMatchObject([{ engaged_seconds: 0 }]);
      isAway = false;
      await book.tick();
      expect(await staged.leases()).toMatchObject([{ engaged_seconds: 5, last_beat_at: new Date(staged.clock.at) }]);
      expect(faults).toContain('beats-not-written');
    });
  });

  test('a number that another program has put in the pool is found', async () => {
    const staged = await stagePool(database, openBook);
    const book = await staged.open();
    await staged.arrive(book);
    const added = await staged.addNumber();
    staged.clock.at += limits.poolCheckEveryMs;
    await book.tick();
    expect((await staged.arrive(book)).lease?.numberId).toBe(added);
  });
});
