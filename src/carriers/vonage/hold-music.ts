/**
 * What a caller hears while they wait when nobody has named an audio file: a soft chord that swells and fades, worked out
 * here, so that there is never silence and nobody else's server is needed for it. Telephone quality: 8 kHz, 16 bit, one
 * channel, as a WAV (RIFF) file.
 */

const samplesPerSecond = 8_000;
const headerBytes = 44;
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
  made ??= wavOf(chords.flatMap((notes) => swell(notes)));
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

function wavOf(samples: readonly number[]): Buffer {
  const data = 2 * samples.length;
  const file = Buffer.alloc(headerBytes + data);
  file.write('RIFF', 0, 'ascii');
  file.writeUInt32LE(headerBytes - 8 + data, 4);
  file.write('WAVEfmt ', 8, 'ascii');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(samplesPerSecond, 24);
  file.writeUInt32LE(2 * samplesPerSecond, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'ascii');
  file.writeUInt32LE(data, 40);
  samples.forEach((sample, at) => {
    file.writeInt16LE(Math.round(sample * 32_767), headerBytes + 2 * at);
  });
  return file;
}
