/** Group commit: what gathers, what is tried again, and what a grant is told when the record refuses or is away. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { createGrantJournal } from '../../src/numbers/grant-journal.ts';
import type { GrantRecord } from '../../src/numbers/lease-book.ts';
import type { LeaseId } from '../../src/ports/ids.ts';

type Commit = (ids: readonly LeaseId[]) => Promise<readonly LeaseId[]>;

const fileAll: Commit = async (ids) => ids;

function grant(id: string): GrantRecord {
  return { visit: null, lease: { id } } as unknown as GrantRecord;
}

function fault(code?: string): Error {
  return Object.assign(new Error(code ?? 'Connection terminated unexpectedly'), code === undefined ? {} : { code });
}

/** A journal whose commits are answered by `commits` one after another, then all filed. */
function setup(...commits: Commit[]) {
  const clock = { at: 0, now: () => clock.at };
  const seen: LeaseId[][] = [];
  const faults: unknown[] = [];
  const journal = createGrantJournal({
    clock,
    pause: async () => undefined,
    onFault: (one) => faults.push(one),
    async file(grants) {
      const ids = grants.flatMap(({ lease }) => (lease === null ? [] : [lease.id]));
      seen.push(ids);
      return new Set(await (commits.shift() ?? fileAll)(ids));
    },
  });
  return { journal, clock, seen, faults, add: (...ids: string[]) => ids.map((id) => journal.add(grant(id))) };
}

test('grants that come while a commit is under way go together into the next one', async () => {
  const first = Promise.withResolvers<void>();
  const { add, seen } = setup(async (ids) => {
    await first.promise;
    return ids;
  });
  const all = add('a', 'b', 'c');
  expect(seen).toEqual([['a']]);
  first.resolve();
  expect(await Promise.all(all)).toEqual(['filed', 'filed', 'filed']);
  expect(seen).toEqual([['a'], ['b', 'c']]);
});

test('a commit takes only so many at once', async () => {
  const { add, seen } = setup();
  await Promise.all(add(...Array.from({ length: limits.grantsPerCommitMax + 3 }, (_, index) => `${index}`)));
  expect(seen.map(({ length }) => length)).toEqual([1, limits.grantsPerCommitMax, 2]);
});

test('a commit whose answer was lost is tried again with the same grants', async () => {
  const { add, seen, faults } = setup(() => Promise.reject(fault()));
  expect(await Promise.all(add('a'))).toEqual(['filed']);
  expect(seen).toEqual([['a'], ['a']]);
  expect(faults).toHaveLength(1);
});

test('a grant whose generation the record has already is told so', async () => {
  const { add } = setup(async () => []);
  expect(await Promise.all(add('a'))).toEqual(['taken']);
});

test('a grant that the record refuses for what it holds fails alone', async () => {
  const refuse: Commit = async (ids) => (ids.includes('bad' as LeaseId) ? Promise.reject(fault('22P02')) : ids);
  const { add } = setup(fileAll, ...Array<Commit>(8).fill(refuse));
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
  const { add } = setup(...Array<Commit>(20).fill(() => Promise.reject(fault(code))));
  expect(await Promise.all(add('a'))).toEqual([filing]);
});

test('what waits too long for its turn is given up and never written', async () => {
  const hung = Promise.withResolvers<void>();
  const { journal, add, clock, seen } = setup(async (ids) => {
    await hung.promise;
    return ids;
  });
  const [committing, waiting] = add('a', 'b');
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
  const waiting = add(...Array.from({ length: limits.grantsWaitingMax + 1 }, (_, index) => `${index}`));
  expect(await add('more')[0]).toBe('not-filed');
  hung.resolve();
  await Promise.all(waiting);
});
