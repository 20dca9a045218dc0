/**
 * The words by which a person stops, starts or asks for help, as data. The whole message counts after NFKC, case fold,
 * stripping of punctuation and emoji, and collapsing of spaces, so "Stop!!" stops and "the END of May" does not. Free
 * text that plainly revokes consent counts too: when in doubt, opt out (contracts section 5).
 */

export type ConsentWord = 'stop' | 'start' | 'help';

const stopWords = new Set([
  'stop',
  'stopall',
  'stop all',
  'unsubscribe',
  'cancel',
  'end',
  'quit',
  'revoke',
  'optout',
  'opt out',
  'remove',
  'arret',
  'td',
  'please opt me out',
]);
const startWords = new Set(['start', 'unstop']);
const helpWords = new Set(['help', 'info']);
const revocation =
  /\b(?:stop|quit|no more) (?:texting|messaging|contacting|sending)\b|\b(?:take|get) me off (?:this|your|the) list\b|\bdo ?n[o']?t (?:ever )?(?:text|message|contact) me\b|\bunsubscribe me\b|\bopt me out\b/;

/** The consent word a message is, or null. YES starts again only for somebody who has opted out. */
export function consentWordOf(body: string, known: { optedOut: boolean }): ConsentWord | null {
  const text = normalise(body);
  if (stopWords.has(text)) return 'stop';
  if (startWords.has(text) || (text === 'yes' && known.optedOut)) return 'start';
  if (helpWords.has(text)) return 'help';
  return revocation.test(text) ? 'stop' : null;
}

function normalise(body: string): string {
  return body
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}\s']/gu, (mark) => (mark === '-' || mark === '_' ? ' ' : ''))
    .replace(/\s+/g, ' ')
    .trim();
}
