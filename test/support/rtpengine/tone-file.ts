/** Recordings of a test: each a sine of a pitch of its own, told from the others by whoever hears it. */
import { wavFile } from '../../../src/carriers/wav-file.ts';

const samplesPerSecond = 8_000;
/** Far enough apart to be told by the changes of sign in 20 ms. */
const [lowestHertz, stepHertz] = [300, 150];

/** A pitch for each name. */
export function pitchesOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, lowestHertz + index * stepHertz]));
}

/** Short, because a real server plays it in real time. */
export function toneFile(hertz: number, seconds = 0.3): Buffer {
  const length = Math.round(seconds * samplesPerSecond);
  return wavFile(Array.from({ length }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / samplesPerSecond)));
}
