/** Sound at telephone quality as a WAV (RIFF) file: 8,000 samples a second, 16 bit, one channel. */

const samplesPerSecond = 8_000;
export const wavHeaderBytes = 44;

/** A whole file of samples between -1 and 1. */
export function wavFile(samples: readonly number[]): Buffer {
  const sound = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, at) => {
    sound.writeInt16LE(Math.round(sample * 32_767), 2 * at);
  });
  return Buffer.concat([wavHeader(samples.length), sound]);
}

/** What stands before so many samples. */
export function wavHeader(samples: number): Buffer {
  const data = 2 * samples;
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'ascii');
  header.writeUInt32LE(wavHeaderBytes - 8 + data, 4);
  header.write('WAVEfmt ', 8, 'ascii');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(samplesPerSecond, 24);
  header.writeUInt32LE(2 * samplesPerSecond, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'ascii');
  header.writeUInt32LE(data, 40);
  return header;
}
