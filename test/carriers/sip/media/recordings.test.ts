/** What rtpengine captured as a WAV file: its length, both sides, pauses, and captures that are broken. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { mixSound } from '../../../../src/carriers/sip/media/mix-sound.ts';
import { readCapture } from '../../../../src/carriers/sip/media/read-capture.ts';
import { createRecordings } from '../../../../src/carriers/sip/media/recordings.ts';
import { captureFile } from '../../../support/rtpengine/capture-file.ts';

const id = 'rec-0123456789abcdef';
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-recordings-'));
  folders.push(folder);
  await mkdir(join(folder, 'pcaps'));
  const capture = (name: string, bytes: Buffer) => writeFile(join(folder, 'pcaps', `${name}.pcap`), bytes);
  return { folder, capture, recordings: createRecordings(folder) };
}

async function samplesOf(...captures: readonly Buffer[]): Promise<Int16Array> {
  const bytes: Buffer[] = [];
  for (const capture of captures) for await (const block of mixSound(readCapture(chunksOf(capture)))) bytes.push(block);
  const whole = Buffer.concat(bytes);
  return Int16Array.from({ length: whole.length / 2 }, (_, at) => whole.readInt16LE(2 * at));
}

async function* chunksOf(bytes: Buffer, size = 1_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Two captures of one file: the second's packets behind the first's. */
function both(one: Buffer, other: Buffer): Buffer {
  return Buffer.concat([one, other.subarray(24)]);
}

test('a capture is a WAV file of its length, fetched under its id', async () => {
  const { capture, recordings } = await setup();
  await capture('lk-1-aa', captureFile(7));
  await recordings.collect('lk-1', id);
  expect(await recordings.seconds(id)).toBe(7);
  const media = await recordings.fetch(id);
  if (media.kind !== 'media') throw new Error(media.kind);
  const bytes = Buffer.from(await new Response(media.body as never).arrayBuffer());
  expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
  expect(bytes.length).toBe(44 + 7 * 16_000);
  expect(media.bytes).toBe(bytes.length);
});

test('what was recorded before and after a pause is one recording, and another call’s is left alone', async () => {
  const { folder, capture, recordings } = await setup();
  await capture('lk-1-bb', captureFile(2));
  await capture('lk-12-aa', captureFile(9));
  await recordings.collect('lk-1', id);
  await capture('lk-1-aa', captureFile(1));
  await recordings.collect('lk-1', id);
  expect(await recordings.seconds(id)).toBe(3);
  expect(await readdir(join(folder, 'pcaps'))).toEqual(['lk-12-aa.pcap']);
});

test.each(['../../etc/passwd', 'rec-', 'rec-zz', 'RE00000000000000000000000000000000'])(
  '%s is no recording of ours',
  async (name) => {
    const { recordings } = await setup();
    expect(await recordings.fetch(name)).toEqual({ kind: 'gone' });
  },
);

test.each<[string, number, number, number]>([
  ['µ-law, loudest above', 0, 0x80, 32_124],
  ['µ-law, loudest below', 0, 0x00, -32_124],
  ['µ-law, nothing', 0, 0xff, 0],
  ['A-law, loudest above', 8, 0xaa, 32_256],
  ['A-law, loudest below', 8, 0x2a, -32_256],
  ['A-law, least', 8, 0xd5, 8],
])('%s is read as ITU-T G.711 says', async (_what, payloadType, code, sample) => {
  const samples = await samplesOf(captureFile(0.02, { payloadType, code }));
  expect(new Set(samples)).toEqual(new Set([sample]));
});

test('two who speak at once are heard together, and what is too loud is cut off', async () => {
  const one = captureFile(1, { code: 0x80, ssrc: 1, port: 4_000 });
  const other = captureFile(1, { code: 0x80, ssrc: 2, port: 5_000 });
  expect(new Set(await samplesOf(both(one, other)))).toEqual(new Set([32_767]));
  const opposite = captureFile(1, { code: 0x00, ssrc: 2, port: 5_000 });
  expect(new Set(await samplesOf(both(one, opposite)))).toEqual(new Set([0]));
});

test('who speaks later is heard later', async () => {
  const start = 1_700_000_000_000;
  const one = captureFile(1, { code: 0x80, ssrc: 1, startMs: start });
  const other = captureFile(1, { code: 0x80, ssrc: 2, port: 5_000, startMs: start + 2_000 });
  const samples = await samplesOf(both(one, other));
  expect(samples.length).toBe(24_000);
  expect([samples[4_000], samples[12_000], samples[20_000]]).toEqual([32_124, 0, 32_124]);
});

test('a capture that ends in the middle of a packet ends before it', async () => {
  const whole = captureFile(1);
  expect((await samplesOf(whole.subarray(0, whole.length - 50))).length).toBe(8_000 - 160);
});

test('a long silence between two who speak costs no memory and keeps its length', async () => {
  const start = 1_700_000_000_000;
  const one = captureFile(1, { code: 0x80, ssrc: 1, startMs: start });
  const other = captureFile(1, { code: 0x80, ssrc: 2, port: 5_000, startMs: start + 59_000 });
  const samples = await samplesOf(both(one, other));
  expect(samples.length).toBe(60 * 8_000);
  expect([samples[30 * 8_000], samples.at(-1)]).toEqual([0, 32_124]);
});

test('whatever stands in a capture is read or refused, and nothing else', async () => {
  const usual = captureFile(0.1);
  await fc.assert(
    fc.asyncProperty(fc.nat(usual.length - 1), fc.nat(255), async (at, value) => {
      const broken = Buffer.from(usual);
      broken[at] = value;
      const samples = await samplesOf(broken).catch((fault: unknown) => fault);
      if (samples instanceof Error) expect(samples.message).toMatch(/^(?:not a capture|a packet longer)/);
    }),
    { numRuns: 300 },
  );
});
