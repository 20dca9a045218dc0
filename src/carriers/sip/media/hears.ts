/**
 * What a leg hears from us while its sound is held by the media server: words, tones, music. What cannot be played is passed
 * over with a note: a caller is better served by what comes next than by an end.
 */
import type { Log } from '../../../ports/log.ts';
import type { Leg } from '../leg.ts';
import { type Anchors, forAsLongAsItTakes } from './anchor.ts';
import type { Prompts, Tone } from './prompts.ts';

export interface Hears {
  /** Begins to say a text; answers with how long it takes, in ms. */
  say(leg: Leg, text: string): Promise<number>;
  tone(leg: Leg, tone: Tone): Promise<number>;
  music(leg: Leg): Promise<void>;
  /** Ringing, over and over. */
  ringing(leg: Leg): Promise<void>;
  /** Nothing more. */
  quiet(leg: Leg): Promise<void>;
}

export function createHears({ anchors, prompts, log }: { anchors: Anchors; prompts: Prompts; log: Log }): Hears {
  async function play(leg: Leg, file: string, times = 1): Promise<number> {
    if (leg.anchor === null) return 0;
    try {
      return await anchors.play(leg.anchor, file, times);
    } catch (fault) {
      log.warn({ fault, leg: leg.id, file }, 'sip-not-heard');
      return 0;
    }
  }
  return Object.freeze({
    say: (leg: Leg, text: string) => play(leg, prompts.fileFor(text)),
    tone: (leg: Leg, tone: Tone) => play(leg, prompts.tone(tone)),
    music: async (leg: Leg) => void (await play(leg, prompts.tone('hold-music'), forAsLongAsItTakes)),
    ringing: async (leg: Leg) => void (await play(leg, prompts.tone('ringing'), forAsLongAsItTakes)),
    async quiet(leg: Leg): Promise<void> {
      if (leg.anchor !== null) await anchors.quiet(leg.anchor);
    },
  });
}
