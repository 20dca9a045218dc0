/**
 * Lease books under everything that befalls them, against the few things that must hold: a number is somebody else's only
 * after the last instant that anybody was promised it, and its rest; its generations rise; a promise is kept across
 * crashes; and what was answered is in the record. Visits come at once by the dozen, beats come late, twice and in any
 * order, the clock jumps, processes die without a word.
 *
 * `LINEKEEPER_MODEL_VISITS=10000` lets as many visits at once compete for the fifty numbers; a run of the suite is small.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { JournalledRecord, Lease, LeaseBook, OpenedVisit } from '../../src/numbers/lease-book.ts';
import { AppError } from '../../src/ports/errors.ts';
import type { LeaseId, NumberId, VisitId } from '../../src/ports/ids.ts';
import type { BookWorld, StagedPool } from '../support/stage-pool.ts';

const numbersCount = 50;
export const modelTerms = { holdMs: 60_000, leaseMs: 30_000, restMs: 10_000, stickyMs: 3_600_000 };
const visitsAtOnce = Number(process.env.LINEKEEPER_MODEL_VISITS ?? 200);

/** How the books under test are run and what can happen to them. */
export interface ModelledBooks {
  /** Processes at work at the same time. */
  readonly processes: number;
  open(world: BookWorld): LeaseBook;
  /** Whether the record has everything that was answered so far. */
  isDrained(): Promise<boolean>;
  /** The store beside the record loses all it has. */
  forget(): Promise<void>;
}

interface Process {
  readonly book: LeaseBook;
  isDead(): boolean;
  die(): void;
}

interface Holder {
  readonly leaseId: LeaseId;
  readonly visitorId: string | null;
  readonly generation: number;
  until: number;
}

interface Model {
  /** Visits that were answered, the latest last. */
  readonly visits: OpenedVisit[];
  readonly holders: Map<NumberId, Holder>;
  readonly answered: Map<LeaseId, { readonly lease: Lease; readonly visitId: VisitId }>;
}

interface Real {
  readonly pool: StagedPool;
  readonly processes: Process[];
  replace(index: number): void;
  drained(): Promise<void>;
  forget(): Promise<void>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** One run of up to `maxCommands` commands, again and again with new ones. */
export async function checkLeasePromises(
  books: ModelledBooks,
  stage: (numbers: number) => Promise<StagedPool>,
  numRuns: number,
): Promise<void> {
  const commands = fc.commands(
    [
      fc.tuple(fc.integer({ min: 1, max: visitsAtOnce }), fc.nat()).map(([count, seed]) => arrive(count, seed)),
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat()).map(([count, seed]) => beat(count, seed)),
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat()).map(([count, seed]) => beat(count, seed)),
      fc.nat().map(leave),
      fc.nat().map(comeAgain),
      fc.oneof(fc.integer({ min: -2_000, max: 45_000 }), fc.constantFrom(70_000, 110_000, 7_200_000)).map(jump),
      fc.tuple(fc.integer({ min: 1, max: visitsAtOnce }), fc.nat()).map(([count, seed]) => crash(count, seed)),
      fc.constant(loseMemory()),
    ],
    { maxCommands: 40, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (all) => {
      const model: Model = { visits: [], holders: new Map(), answered: new Map() };
      const real = await open(books, await stage(numbersCount));
      try {
        await fc.asyncModelRun(() => ({ model, real }), [arrive(visitsAtOnce, 0), ...all]);
        await expectRecorded(model, real);
      } finally {
        await Promise.all(real.processes.map(({ book }) => book.close()));
      }
    }),
    { numRuns, endOnFailure: true },
  );
}

async function open(books: ModelledBooks, pool: StagedPool): Promise<Real> {
  const start = (): Process => {
    const { record, ...life } = mortal(pool.record);
    return { book: books.open({ ...pool, record }), ...life };
  };
  const processes = Array.from({ length: books.processes }, start);
  const drained = async () => {
    for (let tries = 0; tries < 200 && !(await books.isDrained()); tries += 1) {
      for (const { book } of processes) await book.tick();
    }
    expect(await books.isDrained(), 'everything is in the record').toBe(true);
  };
  return {
    pool,
    processes,
    drained,
    replace(index) {
      processes[index]?.die();
      processes[index] = start();
    },
    async forget() {
      // What neither the record nor a living process has would be lost; that is told in docs/failure-modes.md.
      await drained();
      await books.forget();
    },
  };
}

/** A record that a dead process reaches no more; what was under way may have been done. */
function mortal(record: JournalledRecord): Omit<Process, 'book'> & { readonly record: JournalledRecord } {
  let isAlive = true;
  const living = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    if (!isAlive) throw new Error('this process is dead');
    const value = await act();
    if (!isAlive) throw new Error('this process is dead');
    return value;
  };
  return {
    record: {
      fileGrants: (grants) => living(() => record.fileGrants(grants)),
      fileBeats: (beats) => living(() => record.fileBeats(beats)),
      readPool: (poolId) => living(() => record.readPool(poolId)),
      readStamp: (poolId) => living(() => record.readStamp(poolId)),
      writeBatch: (batch) => living(() => record.writeBatch(batch)),
      takePool: (poolId, epoch) => living(() => record.takePool(poolId, epoch)),
      fileBatches: (ids) => living(() => record.fileBatches(ids)),
      fileJournal: () => living(() => record.fileJournal()),
      filedOf: (leases) => living(() => record.filedOf(leases)),
    },
    isDead: () => !isAlive,
    die: () => {
      isAlive = false;
    },
  };
}

function command(name: string, run: (model: Model, real: Real) => Promise<unknown>): Command {
  return { check: () => true, run: async (model, real) => void (await run(model, real)), toString: () => name };
}

const pick = <Item>(list: readonly Item[], seed: number): Item | undefined => list[seed % Math.max(1, list.length)];
const processOf = ({ processes }: Real, seed: number) => pick(processes, seed) as Process;

function arrive(count: number, seed: number): Command {
  return command(`${count} arrive (${seed})`, async (model, real) => {
    const leases = await Promise.all(Array.from({ length: count }, (_, index) => welcome(model, real, seed + index)));
    witnessAll(model, leases);
  });
}

/** Some come without a name, some are one of a hundred known visitors. */
async function welcome(model: Model, real: Real, seed: number): Promise<Lease | null> {
  const visit = real.pool.newVisit(seed % 3 === 0 ? null : `visitor ${seed % 101}`);
  const process = processOf(real, seed);
  const answer = await inTime(process.book.open(visit, real.pool.want()));
  // The dead answer nobody, whatever they had got to.
  if (answer === 'unavailable' || process.isDead()) return null;
  model.visits.push(visit);
  return answer?.kind === 'granted' ? answer.lease : null;
}

function beat(count: number, seed: number): Command {
  return command(`${count} beats (${seed})`, async (model, real) => {
    const beats = Array.from({ length: count }, (_, index) => pick(model.visits.slice(-400), seed + 7 * index));
    await Promise.all(beats.map((visit, index) => beatOne(model, real, visit, seed + index)));
  });
}

async function beatOne(model: Model, real: Real, visit: OpenedVisit | undefined, seed: number): Promise<void> {
  if (visit === undefined) return;
  const { pool } = real;
  const own = [...model.holders.values()].find(({ leaseId }) => model.answered.get(leaseId)?.visitId === visit.id);
  const isPromised = own !== undefined && own.until > pool.clock.at;
  const book = processOf(real, seed).book;
  const answer = await inTime(pool.beat(book, visit.id, { engagedSeconds: seed % 300, pages: 1 }));
  if (answer === 'unavailable') return;
  if (!isPromised) return answer === null ? undefined : witness(model, answer);
  // A later visit of the same visitor may have taken the number over, in a process that died before it could say so.
  const found =
    answer === null ? await inTime(book.grant(visit, pool.want())) : ({ kind: 'granted', lease: answer } as const);
  if (found === 'unavailable') return;
  const promised = model.answered.get(own.leaseId)?.lease;
  expect(found, `what ${visit.id} was promised`).toMatchObject({ lease: { numberId: promised?.numberId } });
  if (found.kind !== 'granted') return;
  if (found.lease.id !== own.leaseId) expect(visit.visitorId, `${found.lease.id} for ${own.leaseId}`).not.toBeNull();
  witness(model, found.lease);
}

/** The same visit asks again: the request was sent twice, or its answer was lost. */
function comeAgain(seed: number): Command {
  return command(`one comes again (${seed})`, async (model, real) => {
    const visit = pick(model.visits.slice(-100), seed);
    if (visit === undefined) return;
    const [one, two] = await Promise.all([
      inTime(processOf(real, seed).book.open(visit, real.pool.want())),
      inTime(processOf(real, seed + 1).book.grant(visit, real.pool.want())),
    ]);
    const leases = [one, two].map((answer) =>
      answer !== 'unavailable' && answer?.kind === 'granted' ? answer.lease : null,
    );
    if (leases[0] && leases[1]) expect(leases[0].id).toBe(leases[1].id);
    witnessAll(model, leases);
  });
}

function leave(seed: number): Command {
  return command(`one leaves (${seed})`, async (model, real) => {
    const visit = pick(model.visits.slice(-200), seed);
    if (visit === undefined || (await inTime(real.pool.end(processOf(real, seed).book, visit.id))) === 'unavailable')
      return;
    for (const holder of model.holders.values()) {
      const held = model.answered.get(holder.leaseId);
      const isOwn = held?.visitId === visit.id && holder.until > real.pool.clock.at;
      if (isOwn) holder.until = Math.max(real.pool.clock.at, held.lease.holdUntil);
    }
  });
}

/** Books are ticked each second, so before and after whatever time has passed. */
function jump(ms: number): Command {
  return command(`${ms} ms pass`, async (_model, { pool, processes }) => {
    for (const { book } of processes) await book.tick();
    pool.clock.at += ms;
    for (const { book } of processes) await book.tick();
  });
}

/** A process dies while visits come; who was answered was answered. */
function crash(count: number, seed: number): Command {
  return command(`a process dies under ${count} (${seed})`, async (model, real) => {
    const coming = Array.from({ length: count }, (_, index) => welcome(model, real, seed + index));
    for (let turns = seed % 4; turns > 0; turns -= 1) await new Promise((next) => setImmediate(next));
    real.replace(seed % real.processes.length);
    witnessAll(model, await Promise.all(coming));
  });
}

function loseMemory(): Command {
  return command('the memory beside the record is lost', (_model, real) => real.forget());
}

async function inTime<Value>(answer: Promise<Value>): Promise<Value | 'unavailable'> {
  try {
    return await answer;
  } catch (fault) {
    const isDead = fault instanceof Error && fault.message === 'this process is dead';
    if (isDead || (fault instanceof AppError && fault.code === 'unavailable')) return 'unavailable';
    throw fault;
  }
}

/** Answers may overtake each other; generations tell in which order they were decided. */
function witnessAll(model: Model, leases: readonly (Lease | null)[]): void {
  const given = leases.filter((lease) => lease !== null);
  for (const lease of given.toSorted((one, two) => one.generation - two.generation)) witness(model, lease);
}

function witness(model: Model, lease: Lease): void {
  const before = model.holders.get(lease.numberId);
  model.answered.set(lease.id, { lease, visitId: lease.visitId });
  if (before?.leaseId === lease.id) {
    before.until = Math.max(before.until, lease.expiresAt);
    return;
  }
  if (before !== undefined) {
    expect(lease.generation, `generation of ${lease.numberId}`).toBeGreaterThan(before.generation);
    const isSameVisitor = before.visitorId !== null && before.visitorId === lease.visitorId;
    const free = isSameVisitor ? lease.grantedAt : before.until + modelTerms.restMs;
    expect(lease.grantedAt, `${lease.id} on the number of ${before.leaseId}`).toBeGreaterThanOrEqual(free);
  }
  const { id: leaseId, visitorId, generation, expiresAt: until } = lease;
  model.holders.set(lease.numberId, { leaseId, visitorId, generation, until });
}

async function expectRecorded(model: Model, { pool, processes, drained }: Real): Promise<void> {
  const [first] = processes;
  for (const numberId of model.holders.keys()) await first?.book.settle(pool.poolId, numberId);
  await drained();
  const rows = new Map((await pool.leases()).map((row) => [row.id, row]));
  for (const { lease, visitId } of model.answered.values()) {
    const { numberId, generation } = lease;
    expect(rows.get(lease.id)).toMatchObject({ number_id: numberId, visit_id: visitId, generation });
  }
}
