/**
 * How many segments a text takes: GSM-7 (160, or 153 each when joined) when every character is in its alphabet,
 * otherwise UCS-2 (70, or 67). Extension characters cost two septets, and neither an escape pair nor a surrogate pair
 * is split between segments (3GPP TS 23.038; contracts section 5).
 */

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extension = new Set('\f^{}\\[~]|€');

export interface Segments {
  readonly encoding: 'GSM-7' | 'UCS-2';
  readonly segments: number;
}

/** Counts the segments of a body; an empty one takes one. */
export function countSegments(body: string): Segments {
  const characters = Array.from(body);
  const isGsm = characters.every((character) => basic.has(character) || extension.has(character));
  return isGsm
    ? { encoding: 'GSM-7', segments: fill(characters, (character) => (extension.has(character) ? 2 : 1), 160, 153) }
    : { encoding: 'UCS-2', segments: fill(characters, (character) => character.length, 70, 67) };
}

function fill(
  characters: readonly string[],
  cost: (character: string) => number,
  single: number,
  joined: number,
): number {
  const total = characters.reduce((sum, character) => sum + cost(character), 0);
  if (total <= single) return 1;
  let segments = 1;
  let used = 0;
  for (const character of characters) {
    const units = cost(character);
    if (used + units > joined) {
      segments += 1;
      used = 0;
    }
    used += units;
  }
  return segments;
}
