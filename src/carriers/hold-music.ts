/**
 * What a caller hears while they wait when nobody has named an audio file: a soft chord that swells and fades, worked out
 * here, so that there is never silence and nobody else's server is needed for it.
 */
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

let made: Buffer | null = null;

/** The file; made at the first call, the same bytes each time. */
export function holdMusic(): Buffer {
  made ??= wavFile(chords.flatMap((notes) => swell(notes)));
  return made;
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
