import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { describeEvent, startListening } from '../../src/simulate/listen.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const event = {
  type: 'call.received',
  timestamp: '2026-01-01T10:15:00.000Z',
  data: { subject: 'call_a', sequence: 3, from: '+12065550123', verdict: null },
};

async function setup() {
  const lines: string[] = [];
  const receiver = await startListening({ secret, host: '127.0.0.1', port: 0, write: (line) => void lines.push(line) });
  const post = (body: string, signedBody = body) =>
    fetch(`${receiver.url}/events`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': new Webhook(secret).sign('evt_1', new Date(), signedBody),
      },
    });
  return { lines, post, [Symbol.asyncDispose]: () => receiver.close() };
}

test('a signed event is answered 204 and printed with its number masked', async () => {
  await using world = await setup();
  expect((await world.post(JSON.stringify(event))).status).toBe(204);
  expect(world.lines).toEqual(['10:15:00 call.received call_a #3 from=+1***0123\n']);
});

test('a changed body is answered 400', async () => {
  await using world = await setup();
  expect((await world.post(JSON.stringify(event).replace('0123', '0199'), JSON.stringify(event))).status).toBe(400);
  expect(world.lines).toEqual([expect.stringMatching(/^refused: /)]);
});

test('a body past the limit is refused unread', async () => {
  await using world = await setup();
  expect((await world.post('x'.repeat(100_000))).status).toBe(413);
  expect(world.lines).toEqual([]);
});

test('texts and codes are never printed', () => {
  const data = { body: 'my PIN is 1234', messageId: 'msg_1', verdict: { slug: 'answered' } };
  const line = describeEvent({ ...event, id: 'evt_1', subject: 'conv_a', sequence: 1, data });
  expect(line).toBe('10:15:00 call.received conv_a #1 verdict=answered');
});
