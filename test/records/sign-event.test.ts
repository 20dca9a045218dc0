import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { newEndpointSecret, signEvent } from '../../src/records/sign-event.ts';

const published = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const counting = (start: number) => (length: number) => Uint8Array.from({ length }, (_, at) => (start + at) % 256);

function secretOf(bytes: number): string {
  return `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
}

function sign(change: Partial<Parameters<typeof signEvent>[0]> = {}) {
  return signEvent({ eventId: 'evt_1', timestampSeconds: 1_614_265_330, body: '{}', secrets: [published], ...change });
}

test('the published vector of Standard Webhooks comes out', () => {
  const headers = sign({ eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' });
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the official library verifies what we sign, text beyond ASCII included', () => {
  const secret = newEndpointSecret(counting(200));
  const body = JSON.stringify({ type: 'call.ended', data: { agent: 'Zoë 📞' } });
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  const headers = { ...sign({ timestampSeconds, body, secrets: [secret] }) };
  expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
});

test('while a secret is rotated, a receiver with either one verifies', () => {
  const secrets = [newEndpointSecret(counting(1)), newEndpointSecret(counting(2))];
  const headers = { ...sign({ timestampSeconds: Math.floor(Date.now() / 1_000), secrets }) };
  expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
  for (const secret of secrets) expect(new Webhook(secret).verify('{}', headers)).toEqual({});
  expect(() => new Webhook(newEndpointSecret(counting(3))).verify('{}', headers)).toThrow();
});

test('a new secret is whsec_ and base64 of 32 random bytes', () => {
  const secret = newEndpointSecret(counting(0));
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect([...Buffer.from(secret.slice(6), 'base64')]).toEqual([...counting(0)(32)]);
});

test.each([24, 64])('a secret of %i bytes signs', (bytes) => {
  expect(sign({ secrets: [secretOf(bytes)] })['webhook-signature']).toMatch(/^v1,/);
});

test.each([
  ['no secret', { secrets: [] }],
  ['a secret of 23 bytes', { secrets: [secretOf(23)] }],
  ['a secret of 65 bytes', { secrets: [secretOf(65)] }],
  ['a secret without its prefix', { secrets: [published.slice(6)] }],
  ['a secret that is not base64', { secrets: [`${published}!`] }],
  ['a good secret beside a bad one', { secrets: [published, 'whsec_'] }],
  ['an id with a dot', { eventId: 'evt_1.2' }],
  ['an empty id', { eventId: '' }],
  ['a timestamp in parts of a second', { timestampSeconds: 1_614_265_330.5 }],
])('%s is thrown out, and no secret stands in the message', (_name, change) => {
  expect(() => sign(change)).toThrow(/^(?!.*MfKQ9r8G)/);
});
