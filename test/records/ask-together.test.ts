/** What is asked at the same moment is asked once, and everybody has their own answer. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { askTogether } from '../../src/records/ask-together.ts';
import type { Db } from '../../src/records/schema.ts';

function setup() {
  const batches: { readonly db: Db; readonly asks: readonly number[] }[] = [];
  const mayAnswer: PromiseWithResolvers<void>[] = [];
  const ask = askTogether<number, number>(async (db, asks) => {
    batches.push({ db, asks });
    const turn = Promise.withResolvers<void>();
    mayAnswer.push(turn);
    await turn.promise;
    if (asks.includes(13)) throw new Error('no');
    return asks.map((one) => one * 2);
  });
  const [record, other] = [{} as Db, {} as Db];
  return { ask: (one: number) => ask(record, one), askElsewhere: (one: number) => ask(other, one), batches, mayAnswer };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('those who ask at the same moment are asked for together, each with their own answer', async () => {
  const { ask, batches, mayAnswer } = setup();
  const later = Promise.resolve().then(() => ask(3));
  const answers = Promise.all([ask(1), ask(2), later]);
  await turn();
  expect(batches.map(({ asks }) => asks)).toEqual([[1, 2, 3]]);
  mayAnswer[0]?.resolve();
  expect(await answers).toEqual([2, 4, 6]);
});

test('those who come while one is under way share the next', async () => {
  const { ask, batches, mayAnswer } = setup();
  const first = ask(1);
  await turn();
  const others = [ask(2)];
  await turn();
  others.push(ask(3));
  await turn();
  expect(batches).toHaveLength(1);
  mayAnswer[0]?.resolve();
  expect(await first).toBe(2);
  await turn();
  expect(batches.map(({ asks }) => asks)).toEqual([[1], [2, 3]]);
  mayAnswer[1]?.resolve();
  expect(await Promise.all(others)).toEqual([4, 6]);
});

test('what one transaction asks goes with nothing that another asks', async () => {
  const { ask, askElsewhere, batches, mayAnswer } = setup();
  const answers = Promise.all([ask(1), askElsewhere(2)]);
  await turn();
  expect(batches.map(({ asks }) => asks)).toEqual([[1], [2]]);
  for (const { resolve } of mayAnswer) resolve();
  expect(await answers).toEqual([2, 4]);
});

test('a failure is everybody’s who asked with it, and nobody else’s', async () => {
  const { ask, mayAnswer } = setup();
  const failed = Promise.allSettled([ask(1), ask(13)]);
  await turn();
  const next = ask(4);
  mayAnswer[0]?.resolve();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  mayAnswer[1]?.resolve();
  expect(await next).toBe(8);
});

test('no more go together than the limit allows', async () => {
  const { ask, batches, mayAnswer } = setup();
  const answers = Promise.all(Array.from({ length: limits.asksTogetherMax + 1 }, (_, at) => ask(100 + at)));
  await turn();
  mayAnswer[0]?.resolve();
  await turn();
  mayAnswer[1]?.resolve();
  await answers;
  expect(batches.map(({ asks }) => asks.length)).toEqual([limits.asksTogetherMax, 1]);
});
