/** The queue of numbers that mostly come in order gives them in order, however they come. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRisingQueue } from '../../src/numbers/rising-queue.ts';

test('gives the least first, whatever was pushed and taken before', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50), { freq: 3 }), { maxLength: 200 }), (acts) => {
      const queue = createRisingQueue<number>((left, right) => left - right);
      const model: number[] = [];
      for (const act of acts) {
        if (act !== null) {
          queue.push(act);
          model.push(act);
          continue;
        }
        model.sort((left, right) => left - right);
        expect(queue.peek()).toBe(model[0]);
        expect(queue.pop()).toBe(model.shift());
      }
    }),
  );
});

test('forgets what has left, so that a long life takes no more room than what stands in it', () => {
  const queue = createRisingQueue<number>((left, right) => left - right);
  for (let turn = 0; turn < 10_000; turn += 1) {
    queue.push(turn);
    if (turn >= 10) expect(queue.pop()).toBe(turn - 10);
  }
  expect(queue.peek()).toBe(9_990);
});
