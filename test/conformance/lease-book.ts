/**
 * What every lease book must do, whatever it is made of. What was answered is looked for in the record once the book has
 * settled the number, because that is when somebody relies on it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Lease, LeaseBook } from '../../src/numbers/lease-book.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, stagedAt } from '../support/stage-core.ts';
import { type OpenBook, type PoolPlan, stagePool, usualTerms } from '../support/stage-pool.ts';
import type { Store } from '../support/stores.ts';
import { bookBeats, bookRefusals, bookRestarts, type SetUpBook } from './lease-book-life.ts';

const { holdMs, leaseMs, restMs } = usualTerms;

/** Registers the suite for books that `openBook` opens on a record of `store`. */
export function leaseBookSuite(store: Store, openBook: OpenBook): void {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });
  const setup = async (plan?: PoolPlan) => {
    const pool = await stagePool(database, openBook, plan);
    const book = await pool.open();
    /** Everything the book has promised of these leases is then in the record. */
    const settled = async (of: LeaseBook, ...leases: readonly (Lease | null)[]) => {
      for (const lease of leases) if (lease !== null) await of.settle(pool.poolId, lease.numberId);
      return pool.leases();
    };
    return { ...pool, book, settled };
  };
  grants(setup);
  visitors(setup);
  bookBeats(setup);
  bookRefusals(setup);
  bookRestarts(setup);
}

function grants(setup: SetUpBook): void {
  describe('a grant', () => {
    test('is in the record with its visit once the number is settled', async () => {
      const { arrive, book, settled, clock } = await setup();
      clock.at += 1;
      const { visit, lease } = await arrive(book, 'ada');
      expect(lease).toMatchObject({ visitId: visit.id, generation: 1, grantedAt: stagedAt + 1 });
      expect(await settled(book, lease)).toMatchObject([
        {
          id: lease?.id,
          visit_id: visit.id,
          visitor_id: 'ada',
          number_id: lease?.numberId,
          generation: 1,
          granted_at: new Date(stagedAt + 1),
          hold_until: new Date(stagedAt + 1 + holdMs),
          expires_at: new Date(stagedAt + 1 + holdMs),
        },
      ]);
    });

    test('goes to numbers nobody has had yet in the order they were added, then to the one that has rested longest', async () => {
      const { arrive, book, numbers, clock } = await setup({ numbers: 3 });
      for (const expected of [...numbers, ...numbers]) {
        expect((await arrive(book)).lease?.numberId).toBe(expected);
        clock.at += 4 * minuteMs;
      }
    });

    test('lasts the hold when that is longer than the lease, and the lease when that is', async () => {
      const held = await setup({ terms: { holdMs: 3 * minuteMs, leaseMs: minuteMs } });
      const leased = await setup({ terms: { holdMs: minuteMs, leaseMs: 3 * minuteMs } });
      for (const { arrive, book } of [held, leased]) {
        expect((await arrive(book)).lease?.expiresAt).toBe(stagedAt + 3 * minuteMs);
      }
    });

    test('of one number comes again only after lease and rest, to the millisecond, with the next generation', async () => {
      const { arrive, book, clock } = await setup();
      await arrive(book);
      clock.at = stagedAt + holdMs + restMs - 1;
      expect((await arrive(book)).answer).toEqual({ kind: 'refused', reason: 'exhausted' });
      clock.at += 1;
      expect((await arrive(book)).lease?.generation).toBe(2);
    });

    test('serves the first preferred group that has a number, and no other', async () => {
      const { arrive, book } = await setup({ numbers: 2 });
      expect((await arrive(book, null, { groups: ['no such group'] })).answer?.kind).toBe('refused');
      expect((await arrive(book, null, { groups: ['no such group', 'any'] })).answer?.kind).toBe('granted');
    });

    test('gives a newcomer a number whose former holder came from another region, keen as the holder was', async () => {
      const { arrive, book, clock, poolId, terms } = await setup({ numbers: 2 });
      const [near, far] = [await arrive(book, null, { trait: 'US-OR' }), await arrive(book, null, { trait: 'US-NY' })];
      const keen = { poolId, terms, engagedSeconds: 600, pages: 9 };
      for (const { visit } of [near, far]) await book.beat({ ...keen, visitId: visit.id });
      clock.at += holdMs + restMs + leaseMs;
      const next = await arrive(book, null, { trait: 'US-OR' });
      expect(next.lease?.numberId).toBe(far.lease?.numberId);
    });

    test('gives twelve visitors at once eight different numbers, and nothing to the others', async () => {
      const { arrive, book, settled } = await setup({ numbers: 8 });
      const answers = await Promise.all(Array.from({ length: 12 }, () => arrive(book)));
      const leases = answers.map(({ lease }) => lease).filter((lease) => lease !== null);
      expect(leases).toHaveLength(8);
      expect(new Set(leases.map(({ numberId }) => numberId)).size).toBe(8);
      expect(await settled(book, ...leases)).toHaveLength(8);
    });

    test('asked for five times at once for one visit is one lease', async () => {
      const { book, newVisit, want, settled } = await setup({ numbers: 6 });
      const visit = newVisit();
      await book.open(visit, null);
      const answers = await Promise.all(Array.from({ length: 5 }, () => book.grant(visit, want())));
      const ids = answers.map((answer) => (answer.kind === 'granted' ? answer.lease.id : answer.reason));
      expect(new Set(ids).size).toBe(1);
      const [first] = answers;
      expect(await settled(book, first?.kind === 'granted' ? first.lease : null)).toHaveLength(1);
    });

    test('is not made for a visit that wants none; the visit is kept', async () => {
      const { book, newVisit, db, leases } = await setup();
      const visit = newVisit('ada');
      expect(await book.open(visit, null)).toBeNull();
      await book.close();
      const row = await db.selectFrom('visit').selectAll().where('id', '=', visit.id).executeTakeFirst();
      expect(row).toMatchObject({ visitor_id: 'ada', arrival: visit.arrival, shown_number_id: null });
      expect(await leases()).toEqual([]);
    });

    test('refused keeps the visit, and which shared number it was shown instead; granted does not say so', async () => {
      const { book, newVisit, want, db, addNumber } = await setup();
      const sharedNumberId = await addNumber();
      const [own, shared] = [newVisit('ada'), newVisit('bob')];
      await book.open({ ...own, sharedNumberId }, want());
      await book.open({ ...newVisit(), sharedNumberId }, want());
      expect(await book.open({ ...shared, sharedNumberId }, want())).toEqual({ kind: 'refused', reason: 'exhausted' });
      await book.close();
      const shown = async (id: typeof own.id) =>
        (await db.selectFrom('visit').select('shown_number_id').where('id', '=', id).executeTakeFirst())
          ?.shown_number_id;
      expect([await shown(own.id), await shown(shared.id)]).toEqual([null, sharedNumberId]);
    });
  });
}

function visitors(setup: SetUpBook): void {
  describe('a visitor', () => {
    test('who comes back is given the number they had, when it is free', async () => {
      const { arrive, book, clock } = await setup({ numbers: 3 });
      const first = await arrive(book, 'ada');
      clock.at += 60 * minuteMs;
      await arrive(book, 'bob');
      expect((await arrive(book, 'ada')).lease?.numberId).toBe(first.lease?.numberId);
    });

    test('who comes back later than sticky is anybody', async () => {
      const { arrive, book, clock } = await setup({ numbers: 2, terms: { stickyMs: 60 * minuteMs } });
      const first = await arrive(book, 'ada');
      clock.at += 60 * minuteMs + 1;
      expect((await arrive(book, 'ada')).lease?.numberId).not.toBe(first.lease?.numberId);
    });

    test('who comes back while their number rests or is another’s is given another one', async () => {
      const { arrive, book, clock } = await setup({ numbers: 2 });
      const first = await arrive(book, 'ada');
      clock.at += holdMs;
      expect((await arrive(book, 'ada')).lease?.numberId).not.toBe(first.lease?.numberId);
    });

    test('with two pages open has one number, whose lease either page keeps', async () => {
      const { arrive, beat, book, clock, settled } = await setup({ numbers: 3, terms: { holdMs: minuteMs } });
      const first = await arrive(book, 'ada');
      clock.at += 1_000;
      const second = await arrive(book, 'ada');
      expect(second.lease).toMatchObject({ numberId: first.lease?.numberId, generation: 2 });
      for (let step = 1; step <= 4; step += 1) {
        clock.at += 50_000;
        const { visit } = step % 2 === 0 ? second : first;
        expect(await beat(book, visit.id)).toMatchObject({
          id: second.lease?.id,
          visitId: second.visit.id,
          expiresAt: clock.at + leaseMs,
        });
      }
      expect(await settled(book, second.lease)).toMatchObject([
        { visit_id: first.visit.id, last_beat_at: new Date(clock.at - 50_000) },
        { visit_id: second.visit.id, last_beat_at: new Date(clock.at), expires_at: new Date(clock.at + leaseMs) },
      ]);
    });
  });
}
