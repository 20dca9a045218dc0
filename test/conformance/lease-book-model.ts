/**
 * A lease book under whatever may happen, against the simplest model there is: who was promised which number until when.
 * Visits arrive in crowds, beat in any order, leave, come back; the clock jumps; the process dies with grants under way
 * and a new one starts at once; the inventory changes. A promise broken is a violation, and at the end the record must
 * tell the same story.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Answer, Lease, LeaseBook, OpenedVisit } from '../../src/numbers/lease-book.ts';
import type { Database } from '../../src/ports/database.ts';
import { AppError } from '../../src/ports/errors.ts';
import type { NumberId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs } from '../support/stage-core.ts';
import { type OpenBook, type StagedPool, stagePool } from '../support/stage-pool.ts';

export interface ModelSize {
  readonly runs: number;
  readonly numbers: number;
  /** Visits that arrive in one crowd, and crowds in one run at most. */
  readonly crowdMax: number;
  readonly commandsMax: number;
  readonly seed?: number;
}

/** With `LINEKEEPER_MODEL=full` crowds of ten thousand visits on fifty numbers; a few seconds' worth otherwise. */
export function modelSize(): ModelSize {
  if (process.env.LINEKEEPER_MODEL !== 'full') return { runs: 20, numbers: 5, crowdMax: 12, commandsMax: 40 };
  return { runs: 5, numbers: 50, crowdMax: 10_000, commandsMax: 60 };
}

interface Promise_ {
  readonly visitor: string;
  readonly lease: Lease;
  readonly until: number;
}

const terms = { holdMs: 2 * minuteMs, leaseMs: minuteMs, restMs: minuteMs, stickyMs: 60 * minuteMs };
/** A crash loses the beats of a second, and with the first of them after a start the extension that was only remembered. */
const lostAtMostMs = terms.leaseMs + limits.beatFlushEveryMs;
/** Leases that count against each other only when their visitors differ: a visitor's visits share. */
const visitorOf = (visit: Pick<OpenedVisit, 'id' | 'visitorId'>) => visit.visitorId ?? visit.id;

/**
 * Runs it; rejects with the shortest story that breaks a promise. `kill` takes from a book what a dead process loses, and
 * lets it write nothing more.
 */
export async function runLeaseBookModel(
  database: Database<Tables>,
  openBook: OpenBook,
  size: ModelSize,
  kill: (book: LeaseBook) => Promise<void> = async () => undefined,
) {
  let visits = 0;
  const property = fc.asyncProperty(storyOf(size), async (story) => {
    const pool = await stagePool(database, openBook, { numbers: size.numbers, terms });
    const world = await enter(pool, openBook, kill);
    for (const act of story) await play(world, act);
    visits += world.visits.length;
    await leave(world);
    expect(world.violations).toEqual([]);
  });
  await fc.assert(property, { numRuns: size.runs, ...(size.seed === undefined ? {} : { seed: size.seed }) });
  return { visits };
}

type Act =
  | { readonly kind: 'crowd'; readonly visitors: readonly (number | null)[] }
  | { readonly kind: 'beats'; readonly picks: readonly number[]; readonly engaged: number }
  | { readonly kind: 'again'; readonly picks: readonly number[] }
  | { readonly kind: 'leave'; readonly pick: number }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'crash'; readonly underWay: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'inventory'; readonly pick: number; readonly state: 'active' | 'quarantined' };

function storyOf({ crowdMax, commandsMax }: ModelSize): fc.Arbitrary<Act[]> {
  const visitor = fc.option(fc.nat(crowdMax), { freq: 2 });
  const picks = fc.array(fc.nat(), { minLength: 1, maxLength: crowdMax });
  const act = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('crowd' as const),
        visitors: fc.array(visitor, { minLength: Math.ceil(crowdMax / 4), maxLength: crowdMax, size: 'max' }),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('beats' as const), picks, engaged: fc.nat(900) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), picks }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), pick: fc.nat() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('jump' as const),
        ms: fc.oneof(fc.integer({ min: 1, max: 2 * minuteMs }), fc.integer({ min: -minuteMs, max: 6 * minuteMs })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), underWay: fc.nat(crowdMax) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('inventory' as const),
        pick: fc.nat(),
        state: fc.constantFrom('active' as const, 'quarantined' as const),
      }),
    },
  );
  return fc.array(act, { minLength: 5, maxLength: commandsMax, size: 'max' });
}

async function enter(pool: StagedPool, openBook: OpenBook, kill: (book: LeaseBook) => Promise<void>) {
  return {
    pool,
    openBook,
    kill,
    book: await openBook(pool),
    visits: [] as OpenedVisit[],
    promises: new Map<NumberId, Promise_>(),
    violations: [] as string[],
    /** What dead processes had under way; it may still reach the record. */
    ghosts: [] as Promise<unknown>[],
    /** Time as the book may count it: never back. */
    latest: 0,
  };
}

type World = Awaited<ReturnType<typeof enter>>;

async function play(world: World, act: Act): Promise<void> {
  const { pool, visits } = world;
  const pick = (at: number) => visits[at % Math.max(1, visits.length)];
  const picked = (picks: readonly number[]) => picks.map(pick).filter((visit) => visit !== undefined);
  switch (act.kind) {
    case 'crowd':
      return arrive(world, act.visitors);
    case 'beats': {
      const beating = picked(act.picks).map(async (visit, index) => {
        const lease = await pool.beat(world.book, visit.id, { engagedSeconds: act.engaged - index });
        return { visit, lease };
      });
      for (const { visit, lease } of await Promise.all(beating)) if (lease !== null) hearBeat(world, visit, lease);
      return;
    }
    case 'again': {
      const asking = picked(act.picks).map(async (visit) => ({
        visit,
        answer: await world.book.grant(visit, pool.want()),
      }));
      return hearAll(world, await Promise.all(asking));
    }
    case 'leave':
      return endVisit(world, pick(act.pick));
    case 'jump':
      await world.book.tick();
      pool.clock.at += act.ms;
      timeOf(world);
      return;
    case 'crash':
      return crash(world, act.underWay);
    case 'restart':
      await world.book.close();
      world.book = await world.openBook(pool);
      return;
    case 'inventory': {
      const id = pool.numbers[act.pick % pool.numbers.length];
      if (id === undefined) return;
      await pool.db.updateTable('number').set({ state: act.state }).where('id', '=', id).execute();
      return world.book.refresh(pool.poolId);
    }
  }
}

async function arrive(world: World, visitors: readonly (number | null)[]): Promise<void> {
  const { pool, book } = world;
  const crowd = visitors.map((visitor) => pool.newVisit(visitor === null ? null : `visitor-${visitor}`));
  const opening = crowd.map(async (visit) => ({ visit, answer: await orUnavailable(book.open(visit, pool.want())) }));
  hearAll(world, await Promise.all(opening));
  world.visits.push(...crowd);
}

/** A book may say that it cannot just now; whoever hears that was promised nothing. */
async function orUnavailable(answer: Promise<Answer | null>): Promise<Answer | null> {
  return answer.catch((fault: unknown) => {
    if (fault instanceof AppError && fault.code === 'unavailable') return null;
    throw fault;
  });
}

/** The process dies while it opens visits: nobody hears of those, and they may reach the record or not. */
async function crash(world: World, underWay: number): Promise<void> {
  const { pool, book } = world;
  for (let count = 0; count < underWay; count += 1) {
    const lost = book.open(pool.newVisit(`ghost-${count}`), pool.want());
    world.ghosts.push(lost.catch(() => undefined));
  }
  await world.kill(book);
  world.book = await world.openBook(pool);
}

async function endVisit(world: World, visit: OpenedVisit | undefined): Promise<void> {
  if (visit === undefined) return;
  await world.pool.end(world.book, visit.id);
  for (const [numberId, promise] of world.promises) {
    if (promise.lease.visitId !== visit.id) continue;
    const endsAt = Math.max(world.pool.clock.at, promise.lease.holdUntil);
    world.promises.set(numberId, { ...promise, until: Math.min(promise.until, endsAt) });
  }
}

function timeOf(world: World): number {
  world.latest = Math.max(world.latest, world.pool.clock.at);
  return world.latest;
}

/** Answers of one instant, in the order in which their numbers were given. */
function hearAll(world: World, heard: readonly { visit: OpenedVisit; answer: Answer | null }[]): void {
  const granted = heard.flatMap(({ visit, answer }) =>
    answer?.kind === 'granted' ? [{ visit, lease: answer.lease }] : [],
  );
  granted.sort((left, right) => left.lease.generation - right.lease.generation);
  for (const { visit, lease } of granted) hearLease(world, visit, lease);
}

function hearLease(world: World, visit: OpenedVisit, lease: Lease): void {
  const { promises, violations } = world;
  const before = promises.get(lease.numberId);
  if (before !== undefined && before.lease.id !== lease.id) {
    if (lease.generation <= before.lease.generation)
      violations.push(`${lease.e164}: generation ${lease.generation} after ${before.lease.generation}`);
    const isAnother = before.visitor !== visitorOf(visit);
    if (isAnother && timeOf(world) < before.until + terms.restMs)
      violations.push(`${lease.e164} given to ${visitorOf(visit)} within the rest of ${before.visitor}`);
  }
  const until = Math.max(lease.expiresAt, before?.lease.id === lease.id ? before.until : 0);
  promises.set(lease.numberId, { visitor: visitorOf(visit), lease, until });
}

function hearBeat({ promises, violations }: World, visit: OpenedVisit, lease: Lease): void {
  const promise = promises.get(lease.numberId);
  if (promise === undefined || promise.lease.id !== lease.id || promise.visitor !== visitorOf(visit)) {
    violations.push(`${lease.e164} extended for ${visitorOf(visit)}, who does not have it`);
    return;
  }
  promises.set(lease.numberId, { ...promise, until: Math.max(promise.until, lease.expiresAt) });
}

/** What was promised is in the record, and no number was ever with two visitors. */
async function leave(world: World): Promise<void> {
  const { pool, book, promises, violations } = world;
  for (const { lease } of promises.values()) await book.settle(pool.poolId, lease.numberId);
  await Promise.all(world.ghosts);
  await book.close();
  const filed = new Map((await pool.leases()).map((row) => [row.id, row]));
  for (const { lease, visitor, until } of promises.values()) {
    const row = filed.get(lease.id);
    if (row === undefined) violations.push(`the lease of ${visitor} is not in the record`);
    else if (row.expires_at.getTime() < until - lostAtMostMs)
      violations.push(`the record ends the lease of ${visitor} early`);
  }
  for (const { earlier, later } of await pool.overlaps()) violations.push(`${earlier} and ${later} were live at once`);
}
