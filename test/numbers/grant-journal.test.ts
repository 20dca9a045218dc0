/** Group commit: what gathers, what is tried again, and what a grant is told when the record refuses or is away. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { createGrantJournal, type DecidedGrant } from '../../src/numbers/grant-journal.ts';
import type { BatchId, LeaseId } from '../../src/ports/ids.ts';

type Commit = (ids: readonly LeaseId[]) => Promise<readonly LeaseId[]>;

const fileAll: Commit = async (ids) => ids;

function grant(id: string): DecidedGrant {
  return { visit: null, lease: { id }, epoch: 1 } as unknown as DecidedGrant;
}

function fault(code?: string): Error {
  return Object.assign(new Error(code ?? 'Connection terminated unexpectedly'), code === undefined ? {} : { code });
}

function idsOf(grants: readonly DecidedGrant[]): LeaseId[] {
  return grants.flatMap(({ lease }) => (lease === null ? [] : [lease.id]));
}

/** A journal whose commits are answered by `commits` one after another, then all filed. */
function setup(...commits: Commit[]) {
  const clock = { at: 0, now: () => clock.at };
  const seen: LeaseId[][] = [];
  const faults: unknown[] = [];
  const unknown: LeaseId[][] = [];
  const batches: BatchId[] = [];
  const room = { left: Number.POSITIVE_INFINITY, isStuck: false };
  const journal = createGrantJournal({
    clock,
    pause: async () => undefined,
    onFault: (one) => faults.push(one),
    endOfTurn: () => Promise.resolve(),
    newId: () => `batch ${batches.length}` as BatchId,
    hasRoom: () => room.left > 0,
    async makeRoom() {
      if (room.isStuck) throw fault();
      room.left = Number.POSITIVE_INFINITY;
    },
    onUnknown: (_id, grants) => unknown.push(idsOf(grants)),
    async commit(batch, grants) {
      const ids = idsOf(grants);
      batches.push(batch);
      seen.push(ids);
      return new Set(await (commits.shift() ?? fileAll)(ids));
    },
  });
  return {
    journal,
    clock,
    seen,
    faults,
    unknown,
    batches,
    room,
    add: (...ids: string[]) => ids.map((id) => new Promise((settle) => journal.add(grant(id), settle))),
  };
}

test('grants that come while a commit is under way go together into the next one', async () => {
  const first = Promise.withResolvers<void>();
  const { add, seen } = setup(async (ids) => {
    await first.promise;
    return ids;
  });
  const one = add('a');
  await Promise.resolve();
  const others = add('b', 'c');
  expect(seen).toEqual([['a']]);
  first.resolve();
  expect(await Promise.all([...one, ...others])).toEqual(['filed', 'filed', 'filed']);
  expect(seen).toEqual([['a'], ['b', 'c']]);
});

test('grants of one turn go together', async () => {
  const { add, seen } = setup();
  await Promise.all(add('a', 'b', 'c'));
  expect(seen).toEqual([['a', 'b', 'c']]);
});

test('a grant that is given up before its turn ends is not part of a commit', async () => {
  const { add, seen, journal } = setup();
  const all = add('a');
  journal.giveUp(0);
  expect(await Promise.all(all)).toEqual(['not-filed']);
  await Promise.resolve();
  expect(seen).toEqual([]);
  expect(await Promise.all(add('b'))).toEqual(['filed']);
});

test('a commit takes only so many at once', async () => {
  const { add, seen } = setup();
  await Promise.all(add(...Array.from({ length: limits.grantsPerCommitMax + 3 }, (_, index) => `${index}`)));
  expect(seen.map(({ length }) => length)).toEqual([limits.grantsPerCommitMax, 3]);
});

test('a commit whose answer was lost is tried again with the same grants under the same id', async () => {
  const { add, seen, faults, batches } = setup(() => Promise.reject(fault()));
  expect(await Promise.all(add('a'))).toEqual(['filed']);
  expect(seen).toEqual([['a'], ['a']]);
  expect(new Set(batches).size).toBe(1);
  expect(faults).toHaveLength(1);
});

test('a grant whose generation the record has already is told so', async () => {
  const { add } = setup(async () => []);
  expect(await Promise.all(add('a'))).toEqual(['taken']);
});

test('a grant that the record refuses for what it holds fails alone', async () => {
  const refuse: Commit = async (ids) => (ids.includes('bad' as LeaseId) ? Promise.reject(fault('22P02')) : ids);
  const { add } = setup(...Array<Commit>(8).fill(refuse));
  expect(await Promise.all(add('first', 'a', 'bad', 'b', 'c'))).toEqual([
    'filed',
    'filed',
    'not-filed',
    'filed',
    'filed',
  ]);
});

test.each([
  ['53300', 'not-filed'],
  ['ECONNREFUSED', 'not-filed'],
  ['57P02', 'unknown'],
  [undefined, 'unknown'],
] as const)('a record that stays away with %s leaves a grant %s', async (code, filing) => {
  const { add, unknown } = setup(...Array<Commit>(20).fill(() => Promise.reject(fault(code))));
  expect(await Promise.all(add('a'))).toEqual([filing]);
  expect(unknown).toEqual(filing === 'unknown' ? [['a']] : []);
});

test('what waits too long for its turn is given up and never written', async () => {
  const hung = Promise.withResolvers<void>();
  const { journal, add, clock, seen } = setup(async (ids) => {
    await hung.promise;
    return ids;
  });
  const [committing] = add('a');
  await Promise.resolve();
  const [waiting] = add('b');
  clock.at = 5;
  const [late] = add('c');
  journal.giveUp(4);
  expect(await waiting).toBe('not-filed');
  hung.resolve();
  expect(await Promise.all([committing, late])).toEqual(['filed', 'filed']);
  expect(seen).toEqual([['a'], ['c']]);
});

test('more than can wait are refused at once', async () => {
  const hung = Promise.withResolvers<void>();
  const { add } = setup(async (ids) => {
    await hung.promise;
    return ids;
  });
  const waiting = add(...Array.from({ length: limits.grantsWaitingMax }, (_, index) => `${index}`));
  expect(await add('more')[0]).toBe('not-filed');
  hung.resolve();
  await Promise.all(waiting);
});

test('a commit waits for room in the journal', async () => {
  const { add, room, seen } = setup();
  room.left = 0;
  const all = add('a', 'b');
  expect(seen).toEqual([]);
  expect(await Promise.all(all)).toEqual(['filed', 'filed']);
});

test('what finds no room in the journal is certainly not filed', async () => {
  const { add, room, seen, faults } = setup();
  Object.assign(room, { left: 0, isStuck: true });
  expect(await Promise.all(add('a'))).toEqual(['not-filed']);
  expect(seen).toEqual([]);
  expect(faults).toHaveLength(1);
});
