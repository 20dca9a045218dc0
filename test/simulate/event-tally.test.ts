import { expect, test } from 'vitest';
import type { ReceivedEvent } from '../../src/simulate/event-receiver.ts';
import { createEventTally } from '../../src/simulate/event-tally.ts';

const event = (id: string, subject: string, sequence: number | null): ReceivedEvent => ({
  id,
  type: 'call.received',
  timestamp: '2026-01-01T00:00:00.000Z',
  subject,
  sequence,
  data: {},
});

test('an event under the same id counts once, and is told to be a duplicate', () => {
  const tally = createEventTally();
  expect(tally.count(event('evt_1', 'call_a', 1))).toBe(true);
  expect(tally.count(event('evt_1', 'call_a', 1))).toBe(false);
  expect(tally.counts()).toMatchObject({ delivered: 1, duplicates: 1, gaps: 0, byType: { 'call.received': 1 } });
});

test.each([
  [[1, 2, 3], 0, 0],
  [[1, 3], 1, 0],
  [[1, 3, 2], 0, 1],
  [[5, 6, 9], 2, 0],
])('sequence %j has %i gaps and %i out of order', (sequences, gaps, outOfOrder) => {
  const tally = createEventTally();
  for (const sequence of sequences) tally.count(event(`evt_${sequence}`, 'call_a', sequence));
  expect(tally.counts()).toMatchObject({ gaps, outOfOrder });
});

test('subjects are counted apart', () => {
  const tally = createEventTally();
  tally.count(event('evt_1', 'call_a', 1));
  tally.count(event('evt_2', 'call_b', 7));
  expect(tally.counts().gaps).toBe(0);
});
