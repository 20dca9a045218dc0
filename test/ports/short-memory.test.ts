import { expect, test } from 'vitest';
import { createShortMemory } from '../../src/ports/short-memory.ts';

function setup(entriesMax = 10) {
  const clock = { at: 0, now: () => clock.at };
  const memory = createShortMemory<string | null>({ clock, entriesMax, keepMs: (answer) => (answer ? 5_000 : 1_000) });
  let asked = 0;
  return {
    clock,
    memory,
    asked: () => asked,
    ask: (answer: string | null) => async () => {
      asked += 1;
      return answer;
    },
  };
}

test('an answer is kept for its time and not a moment longer', async () => {
  const { memory, clock, ask, asked } = setup();
  await memory.recall('key', ask('yes'));
  clock.at = 2_999;
  expect(memory.recall('key', ask('other'))).toBe('yes');
  clock.at = 5_000;
  expect(await memory.recall('key', ask('other'))).toBe('other');
  expect(asked()).toBe(2);
});

test('on a busy page an answer is asked again before its time is over, and nobody waits for it', async () => {
  const { memory, clock, ask, asked } = setup();
  await memory.recall('key', ask('yes'));
  clock.at = 3_000;
  expect([memory.recall('key', ask('other')), memory.recall('key', ask('third'))]).toEqual(['yes', 'yes']);
  await Promise.resolve();
  expect(memory.recall('key', ask('third'))).toBe('other');
  clock.at = 5_000;
  expect(memory.recall('key', ask('third'))).toBe('other');
  expect(asked()).toBe(2);
});

test('while it cannot be asked again the known answer serves for its time, and no longer', async () => {
  const { memory, clock, ask } = setup();
  const fail = async () => {
    throw new Error('away');
  };
  await memory.recall('key', ask('yes'));
  for (clock.at = 3_000; clock.at < 5_000; clock.at += 500) expect(memory.recall('key', fail)).toBe('yes');
  await expect(memory.recall('key', fail)).rejects.toThrow('away');
});

test('a no is kept for less', async () => {
  const { memory, clock, ask } = setup();
  await memory.recall('key', ask(null));
  clock.at = 599;
  expect(memory.recall('key', ask('yes'))).toBeNull();
  clock.at = 1_000;
  expect(await memory.recall('key', ask('yes'))).toBe('yes');
});

test('those who ask at once share one question', async () => {
  const { memory, ask, asked } = setup();
  expect(await Promise.all(Array.from({ length: 5 }, () => memory.recall('key', ask('yes'))))).toEqual(
    Array(5).fill('yes'),
  );
  expect(asked()).toBe(1);
});

test('a fault is told to all who wait and then forgotten', async () => {
  const { memory, ask } = setup();
  const fail = async () => {
    throw new Error('away');
  };
  const both = [memory.recall('key', fail), memory.recall('key', ask('yes'))];
  for (const one of both) await expect(one).rejects.toThrow('away');
  expect(await memory.recall('key', ask('yes'))).toBe('yes');
});

test('the oldest entry goes when there are too many', async () => {
  const { memory, ask, asked } = setup(2);
  for (const key of ['a', 'b', 'c']) await memory.recall(key, ask('yes'));
  expect(memory.recall('c', ask('yes'))).toBe('yes');
  await memory.recall('a', ask('yes'));
  expect(asked()).toBe(4);
});
