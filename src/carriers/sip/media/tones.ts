/**
 * What is heard where nobody has recorded anything: a chime for words, a beep before a message, the ringing of North America.
 * Worked out here; each is a list of samples between -1 and 1 at telephone quality, 8,000 a second.
 */

const samplesPerSecond = 8_000;
const loudness = 0.2;

/** Two notes that rise: somebody is there, and there is something you would be told. */
export function chime(): number[] {
  return [...note([523.25], 0.25), ...note([659.25], 0.4), ...silence(0.2)];
}

export function beep(): number[] {
  return note([1_000], 0.5);
}

/** Ringing as it is heard while a phone rings: 440 and 480 Hz, two seconds of six. */
export function ringing(): number[] {
  return [...note([440, 480], 2), ...silence(4)];
}

/** Notes together, faded in and out over 10 ms so that nothing clicks. */
function note(hertz: readonly number[], seconds: number): number[] {
  const length = Math.round(seconds * samplesPerSecond);
  const fade = samplesPerSecond / 100;
  return Array.from({ length }, (_, at) => {
    const envelope = Math.min(1, at / fade, (length - at) / fade);
    const sum = hertz.reduce((total, each) => total + Math.sin((2 * Math.PI * each * at) / samplesPerSecond), 0);
    return (loudness * envelope * sum) / hertz.length;
  });
}

function silence(seconds: number): number[] {
  return new Array<number>(Math.round(seconds * samplesPerSecond)).fill(0);
}
