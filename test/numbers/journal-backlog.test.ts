/** What waits between journal and record: put off while pages come fast, never beyond its bounds, and filed by request. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { createJournalBacklog } from '../../src/numbers/journal-backlog.ts';
import type { GrantRecord } from '../../src/numbers/lease-book.ts';
import type { BatchId, NumberId } from '../../src/ports/ids.ts';

const id = (name: string) => name as BatchId;
const number = (name: string) => name as NumberId;
const grants = (count: number, numberId = 'number') =>
  Array.from({ length: count }, () => ({ visit: null, lease: { numberId } }) as unknown as GrantRecord);

/** A backlog whose looks come when `look` is called. */
function setup() {
  const clock = { at: 0, now: () => clock.at };
  const filed: BatchId[] = [];
  const faults: unknown[] = [];
  const away = { is: false };
  let next = Promise.withResolvers<void>();
  const backlog = createJournalBacklog({
    clock,
    pause: () => next.promise,
    onFault: (fault) => faults.push(fault),
    async fileBatches(ids) {
      if (away.is) throw new Error('away');
      filed.push(...ids);
    },
  });
  const look = async () => {
    const { resolve } = next;
    next = Promise.withResolvers<void>();
    resolve();
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  return { backlog, clock, filed, faults, away, look };
}

test('is filed at the next look when pages come slowly', async () => {
  const { backlog, filed, look } = setup();
  backlog.add(id('a'), grants(limits.grantsPerLookBusy - 1));
  expect(filed).toEqual([]);
  await look();
  expect(filed).toEqual(['a']);
  expect(backlog.has(number('number'))).toBe(false);
});

test('is put off while they come fast, and filed once they do not', async () => {
  const { backlog, filed, look } = setup();
  for (const name of ['a', 'b', 'c']) {
    backlog.add(id(name), grants(limits.grantsPerLookBusy));
    await look();
  }
  expect(filed).toEqual([]);
  await look();
  expect(filed).toEqual(['a', 'b', 'c']);
});

test('is not put off longer than its time, however fast they come', async () => {
  const { backlog, clock, filed, look } = setup();
  backlog.add(id('a'), grants(limits.grantsPerLookBusy));
  await look();
  clock.at += limits.grantsUnfiledMs;
  backlog.add(id('b'), grants(limits.grantsPerLookBusy));
  await look();
  expect(filed).toEqual(['a', 'b']);
});

test('has no room beyond its bound until some is filed', async () => {
  const { backlog, filed } = setup();
  const batches = Math.ceil(limits.grantsUnfiledMax / limits.grantsPerCommitMax);
  for (let count = 0; count < batches; count += 1) backlog.add(id(`${count}`), grants(limits.grantsPerCommitMax));
  expect(backlog.hasRoom()).toBe(false);
  await backlog.fileSome();
  expect(filed).toHaveLength(Math.floor(limits.grantsPerMoveMax / limits.grantsPerCommitMax));
  expect(backlog.hasRoom()).toBe(true);
});

test('files for one subject all batches that name it, and no other', async () => {
  const { backlog, filed } = setup();
  for (const [name, of] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'one'],
  ] as const)
    backlog.add(id(name), grants(1, of));
  await backlog.settle([number('one')]);
  expect(filed).toEqual(['a', 'c']);
  expect([backlog.has(number('one')), backlog.has(number('two'))]).toEqual([false, true]);
  await backlog.settleAll();
  expect(filed).toEqual(['a', 'c', 'b']);
});

test('stays as it is when the record is away, and goes on when asked to', async () => {
  const { backlog, filed, faults, away, look } = setup();
  away.is = true;
  backlog.add(id('a'), grants(1));
  await look();
  expect(faults).toHaveLength(1);
  await expect(backlog.settleAll()).rejects.toThrow('away');
  expect(backlog.has(number('number'))).toBe(true);
  away.is = false;
  backlog.look();
  await look();
  expect(filed).toEqual(['a']);
});
