/** The second half of what every lease book must do: beats and ends, refusals, starting again, a changing inventory. */
import { describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Lease, LeaseBook } from '../../src/numbers/lease-book.ts';
import { minuteMs, stagedAt } from '../support/stage-core.ts';
import { type PoolPlan, type StagedPool, usualTerms } from '../support/stage-pool.ts';

/** A pool and a book on it. */
export type SetUpBook = (plan?: PoolPlan) => Promise<
  StagedPool & {
    readonly book: LeaseBook;
    /** The pool's leases in the record, once `book` has settled the numbers of these. */
    settled(book: LeaseBook, ...leases: readonly (Lease | null)[]): ReturnType<StagedPool['leases']>;
  }
>;

const { holdMs, leaseMs, restMs } = usualTerms;

export function bookBeats(setup: SetUpBook): void {
  describe('a beat', () => {
    test('extends the lease, pushes the rest behind it, and reaches the record', async () => {
      const { arrive, beat, book, clock, settled } = await setup({ terms: { holdMs: minuteMs } });
      const { visit, lease } = await arrive(book);
      clock.at += 45_000;
      expect(await beat(book, visit.id, { engagedSeconds: 40, pages: 3 })).toMatchObject({
        id: lease?.id,
        expiresAt: stagedAt + 105_000,
      });
      expect(await settled(book, lease)).toMatchObject([
        { engaged_seconds: 40, last_beat_at: new Date(clock.at), expires_at: new Date(stagedAt + 105_000) },
      ]);
      clock.at = stagedAt + 105_000 + restMs - 1;
      expect((await arrive(book)).lease).toBeNull();
      clock.at += 1;
      expect((await arrive(book)).lease?.generation).toBe(2);
    });

    test('never shortens a lease, nor takes back what an earlier one told', async () => {
      const { arrive, beat, book, clock, settled } = await setup({ terms: { holdMs: 10 * minuteMs } });
      const { visit, lease } = await arrive(book);
      clock.at += 5_000;
      await beat(book, visit.id, { engagedSeconds: 40, pages: 3 });
      clock.at -= 3_000;
      expect((await beat(book, visit.id, { engagedSeconds: 4, pages: 1 }))?.expiresAt).toBe(stagedAt + 10 * minuteMs);
      expect(await settled(book, lease)).toMatchObject([
        { engaged_seconds: 40, last_beat_at: new Date(stagedAt + 5_000) },
      ]);
    });

    test('extends nothing at the instant the lease is over, nor for a visit that has none', async () => {
      const { arrive, beat, book, clock, newVisit } = await setup();
      const { visit } = await arrive(book);
      clock.at += holdMs;
      expect(await beat(book, visit.id)).toBeNull();
      expect(await beat(book, newVisit().id)).toBeNull();
    });

    test('of a visit whose lease ran out finds it a number again', async () => {
      const { arrive, beat, book, clock, want } = await setup({ numbers: 2 });
      const { visit } = await arrive(book, 'ada');
      clock.at += 60 * minuteMs;
      expect(await beat(book, visit.id)).toBeNull();
      expect(await book.grant(visit, want())).toMatchObject({ kind: 'granted', lease: { generation: 2 } });
      expect(await beat(book, visit.id)).toMatchObject({ generation: 2 });
    });

    test('of a visit that has its second number goes on when somebody else is given its first', async () => {
      const { arrive, beat, book, clock, want } = await setup({ numbers: 2 });
      const { visit, lease } = await arrive(book);
      clock.at += holdMs;
      const second = await book.grant(visit, want());
      for (let step = 0; step < 10; step += 1) {
        clock.at += leaseMs - 1;
        expect(await beat(book, visit.id)).not.toBeNull();
      }
      expect((await arrive(book)).lease?.numberId).toBe(lease?.numberId);
      expect(await beat(book, visit.id)).toMatchObject({ id: second.kind === 'granted' && second.lease.id });
    });

    test('is lost on a visit whose number has gone to somebody else', async () => {
      const { arrive, beat, book, clock } = await setup();
      const { visit } = await arrive(book, 'ada');
      clock.at += holdMs + restMs;
      const { lease } = await arrive(book, 'bob');
      expect(await beat(book, visit.id)).toBeNull();
      expect(lease?.generation).toBe(2);
    });
  });

  describe('the end of a visit', () => {
    test('ends its lease at once when the hold is over, and frees the number after its rest', async () => {
      const { arrive, beat, end, book, clock, settled } = await setup();
      const { visit, lease } = await arrive(book);
      clock.at += holdMs - 1_000;
      await beat(book, visit.id);
      clock.at += 11_000;
      await end(book, visit.id);
      const endedAt = clock.at;
      expect(await beat(book, visit.id)).toBeNull();
      expect(await settled(book, lease)).toMatchObject([{ expires_at: new Date(endedAt) }]);
      clock.at = endedAt + restMs - 1;
      expect((await arrive(book)).lease).toBeNull();
      clock.at += 1;
      expect((await arrive(book)).lease).not.toBeNull();
    });

    test('leaves the number with it until the hold is over', async () => {
      const { arrive, end, beat, book, clock } = await setup();
      const { visit } = await arrive(book);
      await end(book, visit.id);
      clock.at = stagedAt + holdMs - 1;
      expect(await beat(book, visit.id)).not.toBeNull();
    });
  });
}

export function bookRefusals(setup: SetUpBook): void {
  const guard = { address: 'digest', proven: false, livePerAddressMax: 2, provenAboveShare: 1 };

  describe('a guarded grant', () => {
    test('gives one address only so many numbers at once', async () => {
      const { arrive, book, clock } = await setup({ numbers: 6 });
      const first = await arrive(book, 'ada', { guard });
      await arrive(book, null, { guard });
      expect((await arrive(book, null, { guard })).answer).toEqual({ kind: 'refused', reason: 'address-live' });
      expect((await arrive(book, 'ada', { guard })).lease?.numberId).toBe(first.lease?.numberId);
      expect((await arrive(book, null, { guard: { ...guard, address: 'another' } })).answer?.kind).toBe('granted');
      expect((await arrive(book, null, { guard: { ...guard, address: null } })).answer?.kind).toBe('granted');
      clock.at += holdMs;
      expect((await arrive(book, null, { guard })).answer?.kind).toBe('granted');
    });

    test('gives the last numbers of a busy pool only to visits that have shown a human sign', async () => {
      const { arrive, book } = await setup({ numbers: 4 });
      const scarce = { ...guard, address: null, provenAboveShare: 0.5 };
      for (const visitor of ['ada', 'bob']) {
        expect((await arrive(book, visitor, { guard: scarce })).answer?.kind).toBe('granted');
      }
      expect((await arrive(book, null, { guard: scarce })).answer).toEqual({ kind: 'refused', reason: 'proof-first' });
      expect((await arrive(book, null, { guard: { ...scarce, proven: true } })).answer?.kind).toBe('granted');
      expect((await arrive(book, 'ada', { guard: scarce })).answer?.kind).toBe('granted');
    });
  });
}

export function bookRestarts(setup: SetUpBook): void {
  describe('a book that starts again', () => {
    test('goes on with live leases, generations and rests', async () => {
      const { arrive, beat, book, clock, open } = await setup();
      const { visit, lease } = await arrive(book);
      await book.close();
      const next = await open();
      expect((await arrive(next)).lease).toBeNull();
      clock.at += minuteMs;
      expect(await beat(next, visit.id)).toMatchObject({ id: lease?.id, generation: 1 });
      clock.at = stagedAt + holdMs + leaseMs + limits.beatFlushEveryMs + restMs;
      expect((await arrive(next)).lease?.generation).toBe(2);
    });

    test('knows visitors’ former numbers', async () => {
      const { arrive, book, clock, open } = await setup({ numbers: 2 });
      const ada = await arrive(book, 'ada');
      clock.at += 20 * minuteMs;
      await book.close();
      const next = await open();
      expect((await arrive(next, 'ada')).lease?.numberId).toBe(ada.lease?.numberId);
    });

    test('after a crash keeps every extension it may have promised', async () => {
      const { arrive, beat, book, clock, open } = await setup({ terms: { holdMs: minuteMs } });
      const { visit, lease } = await arrive(book, 'ada');
      clock.at += minuteMs - 1;
      expect(await beat(book, visit.id)).not.toBeNull();
      clock.at += minuteMs - 1;
      const next = await open();
      expect(await beat(next, visit.id)).toMatchObject({ id: lease?.id });
      clock.at += minuteMs + restMs - 1;
      expect((await arrive(next, 'bob')).lease).toBeNull();
    });
  });

  describe('the inventory', () => {
    test('may gain a number while the book is open', async () => {
      const { arrive, book, addNumber, poolId } = await setup();
      await arrive(book);
      const added = await addNumber();
      await book.refresh(poolId);
      expect((await arrive(book)).lease?.numberId).toBe(added);
    });

    test('may lose one: its lease runs on, and it is not given again', async () => {
      const { arrive, beat, book, clock, db, numbers, poolId } = await setup({ numbers: 2 });
      const { visit, lease } = await arrive(book, 'ada');
      await db.updateTable('number').set({ state: 'quarantined' }).where('id', 'in', numbers).execute();
      await book.refresh(poolId);
      expect(await beat(book, visit.id)).toMatchObject({ id: lease?.id });
      clock.at += 60 * minuteMs;
      expect((await arrive(book, 'ada')).answer).toEqual({ kind: 'refused', reason: 'exhausted' });
    });
  });
}
