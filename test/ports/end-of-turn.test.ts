import { expect, test } from 'vitest';
import { endOfTurn } from '../../src/ports/end-of-turn.ts';

test('whoever is ready in one turn of the event loop goes on together, after all of it was looked at', async () => {
  const order: string[] = [];
  const ready = (name: string) => endOfTurn().then(() => order.push(name));
  const both = [ready('first'), ready('second')];
  await Promise.resolve();
  order.push('looked at');
  await Promise.all(both);
  expect(order).toEqual(['looked at', 'first', 'second']);
});

test('the next turn has an end of its own', async () => {
  const first = endOfTurn();
  expect(endOfTurn()).toBe(first);
  await first;
  const second = endOfTurn();
  expect(second).not.toBe(first);
  await second;
});
