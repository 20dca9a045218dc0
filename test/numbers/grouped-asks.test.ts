/** Questions that come together go together; nobody waits for company, and nobody's fault is another's. */
import { expect, test } from 'vitest';
import { createGroupedAsks } from '../../src/numbers/grouped-asks.ts';

const refusal = new Error('refused');

/** Calls stay under way until they are let go; they answer each question with itself, and cannot bear `bad`. */
function setup(asksMax = 3, callsMax = 2) {
  const calls: { subject: string; asks: readonly string[]; letGo(fault?: Error): void }[] = [];
  const ask = createGroupedAsks<string, string>({
    asksMax,
    callsMax,
    isRefusal: (fault) => fault === refusal,
    call: (subject, asks) =>
      new Promise((resolve, reject) => {
        const letGo = (fault = asks.includes('bad') ? refusal : undefined) =>
          fault === undefined ? resolve(asks) : reject(fault);
        calls.push({ subject, asks, letGo });
      }),
  });
  return { ask, calls, asked: () => calls.map(({ asks }) => asks.join(' ')) };
}

const turn = () => new Promise((next) => setImmediate(() => setImmediate(next)));

test('one alone goes at the end of its turn, and those of one turn go together', async () => {
  const { ask, calls, asked } = setup();
  const answers = Promise.all([ask('pool', 'a'), ask('pool', 'b'), ask('other', 'c')]);
  await turn();
  expect(asked()).toEqual(['a b', 'c']);
  for (const { letGo } of calls) letGo();
  expect(await answers).toEqual(['a', 'b', 'c']);
});

test('what comes while a call is under way goes with the next one', async () => {
  const { ask, calls, asked } = setup();
  const first = ask('pool', 'a');
  await turn();
  const later = Promise.all([ask('pool', 'b'), ask('pool', 'c')]);
  await turn();
  expect(asked()).toEqual(['a']);
  calls[0]?.letGo();
  await first;
  await turn();
  expect(asked()).toEqual(['a', 'b c']);
  calls[1]?.letGo();
  expect(await later).toEqual(['b', 'c']);
});

test('no call asks more than its bound, and full ones go beside each other, so many at once', async () => {
  const { ask, calls, asked } = setup();
  const answers = Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((one) => ask('pool', one)));
  await turn();
  expect(asked()).toEqual(['a b c', 'd e f']);
  calls[0]?.letGo();
  await turn();
  expect(asked()).toHaveLength(2);
  calls[1]?.letGo();
  await turn();
  expect(asked()).toEqual(['a b c', 'd e f', 'g h']);
  calls[2]?.letGo();
  expect(await answers).toHaveLength(8);
});

test('one that cannot be borne fails alone', async () => {
  const { ask, calls, asked } = setup();
  const answers = Promise.allSettled([ask('pool', 'a'), ask('pool', 'bad'), ask('pool', 'c')]);
  for (let at = 0; at < 4; at += 1) {
    await turn();
    calls[at]?.letGo();
  }
  expect((await answers).map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
    'a',
    refusal,
    'c',
  ]);
  expect(asked()).toEqual(['a bad c', 'a', 'bad', 'c']);
});

test('when nobody can be asked those under way fail, and those who wait are tried', async () => {
  const { ask, calls } = setup();
  const lost = new Error('lost');
  const first = ask('pool', 'a');
  await turn();
  const second = ask('pool', 'b');
  calls[0]?.letGo(lost);
  await expect(first).rejects.toBe(lost);
  await turn();
  calls[1]?.letGo();
  expect(await second).toBe('b');
});
