/**
 * The words by which a person stops, starts or asks for help, as data. The whole message counts after NFKC, case fold,
 * stripping of punctuation and emoji, and collapsing of spaces, so "Stop!!" stops and "the END of May" does not. Free
 * text that a reasonable person reads as revoking consent counts too: when in doubt, opt out (contracts section 5).
 * Starting again and asking for help take the bare word, because there doubt speaks the other way.
 */

export type ConsentWord = 'stop' | 'start' | 'help';

/** What stops when it is the whole message, give or take a courtesy: the carriers' and regulators' words first. */
const stopWords = new Set(
  [
    'stop, stopall, stop all, unsubscribe, cancel, end, quit, revoke, optout, opt out, remove, arret, td',
    'please opt me out, opt me out, remove me, delete me, take me off, stopp, stop sms, arret sms, stop end, stop quit',
    'unsub, un subscribe, unsubscribed, unsubcribe, unsuscribe, unsubscibe, unsubscribe all, end all, cancel all',
    'text stop, reply stop, send stop, stop to end, stop to opt out, stop to unsubscribe, full stop, stop stop',
    'go away, get lost, wrong number, wrong person, you have the wrong number, you have the wrong person, not interested',
    'arreter, arretez, desabonner, desinscrire, alto, basta, parar, pare, detener, no mas, abmelden, abbestellen',
  ].flatMap((line) => line.split(', ')),
);
/** What a person may say before or after such a word without meaning anything else by it. */
const courtesyBefore = /^(?:please|pls|plz|ok|okay|hi|hello|hey|just|yes|no|i said|now) /;
const courtesyAfter =
  /(?<! stop) (?:please|pls|plz|now|thanks|thank you|thx|ty|asap|immediately|already|right now|at once)$/;
/** The first sentence or line may be the word and the rest its reason or a signature; only words that mean one thing. */
const sentenceStops = new Set(['stop', 'stopall', 'stop all', 'unsubscribe', 'optout', 'opt out', 'arret']);
const startWords = new Set(['start', 'unstop']);
const helpWords = new Set(['help', 'info']);

const texts = '(?:texts?|txts?|msgs?|messages?|sms|spam|texting|messaging|notifications?|text alerts|communications?)';
const me = '(?:me|us|my number|this number|my phone|my cell|my name)';
const negations = 'dont|do not|never|not|didnt|did not|wont|cant';
/** "Don't unsubscribe me", "I didn't mean to opt out". */
const negated = `(?<!\\b(?:${negations}) (?:ever |want to |mean to |wish to )?)`;
/** The same, and what the person does or asks about: "I have to stop texting", "why did you stop texting". */
const turnedRound = `(?<!\\b(?:${negations}|did you|have you|if you|when you|since you|i|ill|i will|have to|need to|must|gotta|lets) (?:ever |want to |mean to )?)`;
const revocations = [
  `${turnedRound}\\b(?:stop|quit|cease) (?:texting|txting|messaging|contacting|spamming|bothering|harassing|pestering)\\b`,
  `${turnedRound}\\b(?:stop|quit|cease) calling (?:me|us|this number)\\b`,
  `${turnedRound}\\b(?:stop|quit|cease) sending(?:$| (?:me|us)\\b| (?:the |these |those |any |more |all |your |this |out )*${texts})`,
  `${turnedRound}\\b(?:stop|cease|end|cancel|halt|enough|no more)(?: of| with)?(?: the| these| those| all| your| any| my| this| more)* ${texts}\\b`,
  `(?<!\\b(?:why|you|they|we|i) )\\b(?:dont|do not|never)(?: you)?(?: ever)? (?:text|txt|message|msg|contact|sms|spam|bother) (?:me|us|this number|my phone|again)\\b(?! (?:until|before|after|between|during|while))`,
  '(?<!\\b(?:why|you|they|we|i) )\\b(?:dont|do not|never) (?:ever )?call (?:me|us|this number)(?:$| again| anymore| any more)',
  `(?<!\\b(?:dont|not|never) )\\b(?:take|get|remove|delete|drop|scrub) ${me} (?:off|from|out of)(?: of)?(?: your| this| the| all| any| these)*(?: mailing| contact| call| calling| text| texting| sms| marketing| phone| message)* (?:lists?|database|system|records|contacts|texts|messages)\\b`,
  `(?<!\\b(?:dont|not|never) )\\b(?:remove|delete|lose|forget|erase) (?:my|this) (?:phone )?number\\b`,
  `${negated}\\bunsubscribe(?:$| (?:me|us|my|this|from|please|now)\\b)`,
  `(?<!\\b(?:${negations})(?: want| mean| wish)?) to unsubscribe\\b`,
  `${negated}\\bopt ${me} out\\b`,
  `${negated}\\b(?:opt|opting|opted) ?out(?:$| (?:please|now)$| (?:of|from)(?: receiving| getting| all| any| these| your| the| this| future| further)* ${texts})`,
  `\\b(?:dont|do not|no longer|not|didnt|did not)(?: ever)? (?:want|wish|need|like|consent|agree|care|ask|sign up|subscribe)(?:(?! (?:miss|stop|lose|unsubscribe|opt|cancel)\\b) \\w+){0,4} (?:${texts}|contacted|texted|messaged)\\b`,
  `\\b(?:never|didnt|did not) (?:sign(?:ed)? up for|ask(?:ed)? for|agreed? to|consent(?:ed)? to|subscribed? to|opt(?:ed)? in to) (?:this|these|that|any|your)\\b(?! \\w)`,
  `\\b(?:revoke|withdraw|rescind)(?: my| all| any)* (?:consent|permission|authori[sz]ation)\\b`,
  `${turnedRound}\\bleave (?:me|us) (?:alone|be)\\b|\\b(?:fuck|piss|bugger) off\\b`,
  '\\bno me (?:escriban?|manden?|envien?|contacten?)\\b|\\bno mas mensajes\\b|\\bne (?:me |m)(?:ecrivez|envoyez|contactez) plus\\b',
].map((pattern) => new RegExp(pattern));

/** The consent word a message is, or null. YES starts again only for somebody who has opted out. */
export function consentWordOf(body: string, known: { optedOut: boolean }): ConsentWord | null {
  const text = normalise(body);
  if (startWords.has(text) || (text === 'yes' && known.optedOut)) return 'start';
  if (helpWords.has(text)) return 'help';
  return isRevocation(body, text) ? 'stop' : null;
}

function isRevocation(body: string, text: string): boolean {
  if (stopWords.has(text) || stopWords.has(withoutCourtesy(text))) return true;
  const [firstSentence = ''] = body.trim().split(/[.!\n\r…]/);
  if (sentenceStops.has(withoutCourtesy(normalise(firstSentence)))) return true;
  return revocations.some((pattern) => pattern.test(text));
}

/** Lower-case words of plain letters with one space between: accents, marks and invisible characters taken away. */
function normalise(body: string): string {
  const words = body
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\p{M}\p{Cf}'’‘`´ʼ]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return unspelt(words)
    .replace(/\bsto+p+\b/g, 'stop')
    .replace(/\b(\w+)(?: \1\b)+/g, '$1');
}

/** `s t o p` and `S.T.O.P.` are the word they spell. */
function unspelt(words: string): string {
  return /^\p{L}(?: \p{L})+$/u.test(words) ? words.replaceAll(' ', '') : words;
}

function withoutCourtesy(text: string): string {
  const bare = text.replace(courtesyBefore, '').replace(courtesyAfter, '');
  return bare === text ? text : withoutCourtesy(bare);
}
