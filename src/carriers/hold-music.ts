/**
 * What a caller hears while they wait when nobody has named an audio file: soft chords that swell and fade, worked out
 * here, so that there is never silence and nobody else's server is needed for it. One to four chords long, because some
 * carriers' callers ask what comes next when the file is over.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readInput } from '../ports/field-faults.ts';
import { wavFile } from './wav-file.ts';

const samplesPerSecond = 8_000;
const chordSeconds = 4;
/** A minor, F, C, G, in hertz: each the chord's three notes. */
const chords = [
  [220, 261.63, 329.63],
  [174.61, 220, 261.63],
  [261.63, 329.63, 392],
  [196, 246.94, 293.66],
] as const;
const loudness = 0.18;
const secondsMost = chordSeconds * chords.length;
const musicQuery = z.object({ seconds: z.coerce.number().int().min(1).max(secondsMost).default(secondsMost) });

const made = new Map<number, Buffer>();

/** The file of at least `seconds`, as far as there is one; made once, the same bytes each time. */
export function holdMusic(seconds: number = secondsMost): Buffer {
  const count = Math.min(chords.length, Math.max(1, Math.ceil(seconds / chordSeconds)));
  const file = made.get(count) ?? wavFile(chords.slice(0, count).flatMap((notes) => swell(notes)));
  made.set(count, file);
  return file;
}

/** Its address below `publicUrl`, which has no slash at its end. */
export function holdMusicAddress(publicUrl: string, carrier: string, seconds: number): string {
  return `${publicUrl}/carriers/${carrier}/hold-music.wav?seconds=${seconds}`;
}

/** Serves it, unsigned: a carrier's media servers ask for it, and keep it for a day. */
export function serveHoldMusic(app: FastifyInstance, carrier: string): void {
  app.get(`/carriers/${carrier}/hold-music.wav`, { schema: { hide: true } }, (request, reply) => {
    const { seconds } = readInput(musicQuery, request.query);
    return reply.type('audio/wav').header('cache-control', 'public, max-age=86400').send(holdMusic(seconds));
  });
}

/** One chord, from silence to silence. */
function swell(notes: readonly number[]): number[] {
  const length = chordSeconds * samplesPerSecond;
  return Array.from({ length }, (_, at) => {
    const envelope = Math.sin((Math.PI * at) / length) ** 2;
    const tone = notes.reduce((sum, hertz) => sum + Math.sin((2 * Math.PI * hertz * at) / samplesPerSecond), 0);
    return (loudness * envelope * tone) / notes.length;
  });
}
