/** The sound of recordings on its way through us: a carrier that breaks off, and a listener who goes away. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiWorld } from '../../src/api/app-type.ts';
import { createApp } from '../../src/api/create-app.ts';
import { registerRecordingRoutes } from '../../src/api/routes/recordings.ts';
import { newCall } from '../telephony/sample-call.ts';

const callId = `call_${'0'.repeat(26)}`;

/** An address at which `body` is what the carrier sends of the recording RE1. */
async function serve(body: ReadableStream<Uint8Array>, bytes: number | null = null): Promise<string> {
  const call = { ...newCall().call, recordings: [{ id: 'RE1', seconds: 9 }] };
  const app = await createApp({ log: pino({ level: 'silent' }), version: '0.0.0', observe: () => undefined });
  const fetchRecording = async () => ({ kind: 'media', type: 'audio/mpeg', bytes, body }) as const;
  registerRecordingRoutes(app, {
    authorise: { secret: async () => call.enterpriseId },
    reads: { call: async () => call },
    voice: new Map([[call.carrier, { fetchRecording }]]),
  } as unknown as ApiWorld);
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/v1/calls/${callId}/recordings/RE1`;
}

test('a carrier that breaks off in the middle of a recording ends that answer and nothing else', async () => {
  const heard = Promise.withResolvers<void>();
  const url = await serve(
    new ReadableStream({
      start: (sound) => sound.enqueue(new Uint8Array(1_000)),
      async pull(sound) {
        await heard.promise;
        sound.error(new Error('the carrier hung up'));
      },
    }),
  );
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  heard.resolve();
  await expect(answer.arrayBuffer()).rejects.toThrow();
});

test('a carrier that breaks off before any sound is refused as a fault', async () => {
  const url = await serve(
    new ReadableStream({ pull: (sound) => sound.error(new Error('the carrier hung up')) }),
    9_000,
  );
  const answer = await fetch(url);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ code: expect.any(String) });
});

test('a listener who goes away is fetched nothing more', async () => {
  const cancelled = Promise.withResolvers<void>();
  const url = await serve(
    new ReadableStream({
      pull: (sound) => sound.enqueue(new Uint8Array(64 * 1024)),
      cancel: () => cancelled.resolve(),
    }),
  );
  const listener = request(url).end();
  const [answer] = await once(listener, 'response');
  answer.destroy();
  await cancelled.promise;
});
