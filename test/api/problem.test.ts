/**
 * What a sender is told about a body that does not fit: through Fastify and the schema library as they are, because
 * the form in which they pass a fault on is theirs to change.
 */
import pino from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../src/api/create-app.ts';

async function setup() {
  const app = await createApp({ log: pino({ level: 'silent' }), version: '0.0.0', observe: () => undefined });
  const body = z.strictObject({ name: z.string(), lines: z.array(z.object({ count: z.int().max(9) })) });
  app.post('/orders', { schema: { body } }, async () => ({}));
  return app;
}

test('a refused body names each field with its problem and its cure', async () => {
  const app = await setup();
  const payload = { lines: [{ count: 10 }], colour: 'red' };
  const answer = await app.inject({ method: 'POST', url: '/orders', payload });
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  const { code, fields } = answer.json();
  expect(code).toBe('invalid-request');
  expect(fields.map(({ field, cure }: { field: string; cure: string }) => [field, cure])).toEqual([
    ['name', 'send string'],
    ['lines.0.count', 'send at most 9'],
    ['body', 'leave out colour'],
  ]);
});

test('a body that is no object at all is refused as such', async () => {
  const app = await setup();
  const answer = await app.inject({
    method: 'POST',
    url: '/orders',
    payload: '7',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().fields).toMatchObject([{ field: 'body', cure: 'send object' }]);
});
