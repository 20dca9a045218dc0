/** What is asked of one transaction at the same time. */
import { expect, test } from 'vitest';
import { allDone } from '../../src/ports/all-done.ts';

test('answers stand in the order of the asks', async () => {
  expect(await allDone([Promise.resolve(1), 'two', null])).toEqual([1, 'two', null]);
});

test('a fault is thrown only once all the others are done', async () => {
  const slow = Promise.withResolvers<void>();
  let isOver = false;
  const all = allDone([Promise.reject(new Error('first')), slow.promise, Promise.reject(new Error('second'))]);
  const over = all.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  slow.resolve();
  await expect(all).rejects.toThrow('first');
});
