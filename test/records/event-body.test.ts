import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { eventBody } from '../../src/records/event-body.ts';

const timestamp = '2026-05-04T10:00:00.000Z';
const eventWith = (text: string) => ({
  type: 'message.received',
  timestamp,
  data: { text, subject: 'conv_1', sequence: 3 },
});

test('a body is type, timestamp and data', () => {
  const event = eventWith('hello');
  expect(JSON.parse(eventBody(event, limits.eventBodyBytesMax))).toEqual(event);
});

test('an event too large keeps its subject and sequence and says it was cut', () => {
  const body = eventBody(eventWith('x'.repeat(limits.eventBodyBytesMax)), limits.eventBodyBytesMax);
  expect(JSON.parse(body)).toEqual({
    type: 'message.received',
    timestamp,
    data: { subject: 'conv_1', sequence: 3, truncated: true },
  });
});

test('the bound is in bytes and includes its last one', () => {
  const event = eventWith('é');
  const bytes = Buffer.byteLength(JSON.stringify(event));
  expect(JSON.parse(eventBody(event, bytes)).data).not.toHaveProperty('truncated');
  expect(JSON.parse(eventBody(event, bytes - 1)).data).toHaveProperty('truncated', true);
});
