/** Wakes a process follows itself: never more hands than there are, nothing lost that somebody could still have. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { createOwnWakes } from '../../src/ports/own-wakes.timer.ts';

function setup(hands: number) {
  const begun: string[] = [];
  const held: PromiseWithResolvers<void>[] = [];
  const faults: string[] = [];
  const own = createOwnWakes({
    hands,
    handler: (lane) => {
      begun.push(lane);
      const holding = Promise.withResolvers<void>();
      held.push(holding);
      return holding.promise;
    },
    pass: () => undefined,
    logFault: (_fault, event) => faults.push(event),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { own, begun, held, faults, turn };
}

test('lanes wait for a free hand, in order, and a failing one gives its hand back', async () => {
  const { own, begun, held, faults, turn } = setup(1);
  expect(own.take([{ lane: 'a' }, { lane: 'b' }, { lane: 'c' }])).toEqual([]);
  expect(begun).toEqual(['a']);
  held[0]?.reject(new Error('no'));
  await turn();
  held[1]?.resolve();
  await turn();
  expect([begun, faults]).toEqual([['a', 'b', 'c'], ['wake-handler-failed']]);
});

test('what is too much for one process goes to the queue, and is kept when the queue does not take it', () => {
  const { own } = setup(1);
  const wakes = Array.from({ length: limits.ownWakesWaitingMax + 3 }, (_, index) => ({ lane: `lane:${index}` }));
  const others = own.take(wakes);
  expect(others.map(({ lane }) => lane)).toEqual(wakes.slice(-2).map(({ lane }) => lane));
  own.takeBack(others);
});

test('a job of the queue’s takes one of the same hands', async () => {
  const { own, begun, held, turn } = setup(1);
  own.take([{ lane: 'a' }]);
  let isDone = false;
  const lent = own.lend(async () => {
    isDone = true;
  });
  await turn();
  expect([begun, isDone]).toEqual([['a'], false]);
  held[0]?.resolve();
  await lent;
  expect(isDone).toBe(true);
});

test('closing waits for what is under way and names what was not begun', async () => {
  const { own, begun, held } = setup(1);
  own.take([{ lane: 'a' }, { lane: 'b' }, { lane: 'later', delayMs: 60_000 }]);
  const closed = own.close();
  held[0]?.resolve();
  expect(await closed).toEqual([{ lane: 'b' }]);
  expect([begun, own.take([{ lane: 'c' }])]).toEqual([['a'], [{ lane: 'c' }]]);
});
