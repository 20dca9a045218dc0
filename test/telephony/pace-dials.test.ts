/** A carrier's calls per second: who waits, who is told to come again, and what is never held up. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paceDials } from '../../src/telephony/pace-dials.timer.ts';
import type { DialOrder, VoiceCarrier } from '../../src/telephony/voice-carrier.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup(callsPerSecond: number) {
  const dialled: number[] = [];
  const voice = {
    name: 'carrier',
    dial: async () => {
      dialled.push(Date.now());
      return { kind: 'dialled', carrierCallId: `C${dialled.length}` };
    },
    hangUp: async () => ({ kind: 'done' }),
  } as unknown as VoiceCarrier;
  const paced = paceDials(voice, callsPerSecond);
  return { dialled, paced, dial: () => paced.dial({} as DialOrder) };
}

test('dials within the rate go out at once, the next ones a second later, and the rest are told to come again', async () => {
  const { dialled, dial } = setup(3);
  const startedAt = Date.now();
  const answers = Promise.all(Array.from({ length: 8 }, dial));
  await vi.advanceTimersByTimeAsync(0);
  expect(dialled).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1_100);
  expect((await answers).map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: 6 }, () => 'dialled'),
    'unavailable',
    'unavailable',
  ]);
  expect(dialled.slice(3).every((at) => at - startedAt >= 1_000)).toBe(true);
});

test('who was told to come again gets a turn in a later second', async () => {
  const { dial } = setup(1);
  const first = Promise.all([dial(), dial(), dial()]);
  await vi.advanceTimersByTimeAsync(1_100);
  expect((await first).map(({ kind }) => kind)).toEqual(['dialled', 'dialled', 'unavailable']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await dial()).toMatchObject({ kind: 'dialled' });
});

test('hanging up waits for nobody', async () => {
  const { paced, dial } = setup(1);
  const dials = [dial(), dial(), dial()];
  expect(await paced.hangUp('C1')).toEqual({ kind: 'done' });
  await vi.advanceTimersByTimeAsync(1_100);
  await Promise.all(dials);
});
