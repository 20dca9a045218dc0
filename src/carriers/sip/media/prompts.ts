/**
 * What is said, as files that rtpengine plays. A text's file is named after its words, so that an operator who reads a text
 * knows which file to record; speech is not made here. What has no file is heard as a chime, and a plan whose words have
 * none is refused when it is saved. The folder is one that rtpengine sees under the same path.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../../../config/limits.ts';
import { holdMusic } from '../../hold-music.ts';
import { wavFile } from '../../wav-file.ts';
import { beep, chime, ringing } from './tones.ts';

export type Tone = 'chime' | 'beep' | 'ringing' | 'hold-music';

export interface Prompts {
  /** The file to play for these words. */
  fileFor(text: string): string;
  /** The file that would have to be recorded for these words; null when it is there. */
  missing(text: string): string | null;
  /** The operator's own file of this name, otherwise the one made here. */
  tone(tone: Tone): string;
}

/** Makes the tones; the folder is made when it is not there. */
export async function openPrompts(mediaFolder: string): Promise<Prompts> {
  const [recorded, tones] = [join(mediaFolder, 'prompts'), join(mediaFolder, 'tones')];
  await Promise.all([mkdir(recorded, { recursive: true }), mkdir(tones, { recursive: true })]);
  const made: Readonly<Record<Tone, () => Buffer>> = {
    chime: () => wavFile(chime()),
    beep: () => wavFile(beep()),
    ringing: () => wavFile(ringing()),
    'hold-music': holdMusic,
  };
  for (const [name, make] of Object.entries(made)) {
    // rtpengine may be playing the one of an earlier start, and another process may be starting on this folder.
    const file = join(tones, `${name}.wav`);
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, make());
    await rename(draft, file);
  }
  const recordedAs = (name: string) => {
    const file = join(recorded, `${name}.wav`);
    return existsSync(file) ? file : null;
  };
  const tone = (name: Tone) => recordedAs(name) ?? join(tones, `${name}.wav`);
  return Object.freeze({
    fileFor: (text: string) => recordedAs(promptName(text)) ?? tone('chime'),
    missing: (text: string) =>
      recordedAs(promptName(text)) === null ? join(recorded, `${promptName(text)}.wav`) : null,
    tone,
  });
}

/** A text's words in lower case with hyphens between: `Please hold.` is `please-hold`. */
export function promptName(text: string): string {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-');
  return words.replace(/^-|-$/g, '').slice(0, limits.promptNameLengthMax).replace(/-$/, '') || 'nothing';
}
