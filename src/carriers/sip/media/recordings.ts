/**
 * Recordings, as they lie in the folder that is shared with rtpengine: it writes one capture each time a recording is started
 * on one of its calls; here the captures of one recording, several when it was paused, are put together under its id, and
 * read as a WAV file when somebody asks. They stay until the operator removes them.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { RecordingMedia } from '../../../telephony/voice-carrier.ts';
import { wavHeader, wavHeaderBytes } from '../../wav-file.ts';
import { countSamples, mixSound } from './mix-sound.ts';
import { readCapture } from './read-capture.ts';

export interface Recordings {
  /** Takes over what rtpengine has recorded of this call of its since the last time. */
  collect(call: string, recordingId: string): Promise<void>;
  /** How long it is. */
  seconds(recordingId: string): Promise<number>;
  fetch(recordingId: string): Promise<RecordingMedia>;
}

const samplesPerSecond = 8_000;

export function createRecordings(mediaFolder: string): Recordings {
  const written = join(mediaFolder, 'pcaps');
  const folderOf = (recordingId: string) => join(mediaFolder, 'recordings', recordingId);
  const partsOf = async (recordingId: string): Promise<readonly string[]> => {
    if (!/^rec-[0-9a-f]{8,40}$/.test(recordingId)) return [];
    const folder = folderOf(recordingId);
    const names = await readdir(folder).catch(() => []);
    return names
      .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
      .map((name) => join(folder, name));
  };
  const samplesOf = async (parts: readonly string[]): Promise<number> => {
    let samples = 0;
    for (const part of parts) samples += await countSamples(readCapture(createReadStream(part)));
    return samples;
  };
  return Object.freeze({
    async collect(call: string, recordingId: string): Promise<void> {
      const names = (await readdir(written).catch(() => [])).filter((name) => name.startsWith(`${call}-`));
      const known = await partsOf(recordingId);
      await mkdir(folderOf(recordingId), { recursive: true });
      for (const [index, name] of names.sort().entries())
        await rename(join(written, name), join(folderOf(recordingId), `${known.length + index + 1}.pcap`));
    },
    seconds: async (recordingId: string) =>
      Math.round((await samplesOf(await partsOf(recordingId))) / samplesPerSecond),
    async fetch(recordingId: string): Promise<RecordingMedia> {
      const parts = await partsOf(recordingId);
      if (parts.length === 0) return { kind: 'gone' };
      const samples = await samplesOf(parts);
      const body = Readable.toWeb(Readable.from(wavOf(parts, samples))) as ReadableStream<Uint8Array>;
      return { kind: 'media', type: 'audio/wav', bytes: wavHeaderBytes + 2 * samples, body };
    },
  });
}

async function* wavOf(parts: readonly string[], samples: number): AsyncGenerator<Buffer> {
  yield wavHeader(samples);
  for (const part of parts) yield* mixSound(readCapture(createReadStream(part)));
}
