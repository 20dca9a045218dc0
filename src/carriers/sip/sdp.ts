/**
 * Session descriptions (RFC 8866) as far as a back-to-back agent touches them: which way the sound goes, where it is sent,
 * and the origin line, which must stay one session with a rising version towards each phone (RFC 3264 section 8) although
 * what it describes comes from different far ends. Everything else passes as it is.
 */
import { limits } from '../../../config/limits.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const directionLine = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/;

/** Whether a body can be passed on as a description: of sane size, plain text, with one audio stream at least. */
export function isDescription(body: string): boolean {
  return body.length <= limits.sdpLengthMax && /^v=0\r?\n/.test(body) && /^m=audio \d{1,5} /m.test(body);
}

/** Which way the first audio stream goes, as its sender sees it; the old `c=0.0.0.0` hold counts as inactive. */
export function directionOf(sdp: string): Direction {
  const [session = [], ...media] = sectionsOf(sdp);
  const audio = media.find((lines) => lines[0]?.startsWith('m=audio')) ?? [];
  const connection = audio.find((line) => line.startsWith('c=')) ?? session.find((line) => line.startsWith('c='));
  if (connection !== undefined && /^c=IN IP4 0\.0\.0\.0\b/.test(connection)) return 'inactive';
  const own = [...audio, ...session].find((line) => directionLine.test(line));
  return (own?.slice(2).trim() as Direction | undefined) ?? 'sendrecv';
}

/** Where the sender wants its audio, `address:port`: two descriptions that agree here need no new exchange. */
export function audioPlaceOf(sdp: string): string {
  const [session = [], ...media] = sectionsOf(sdp);
  const audio = media.find((lines) => lines[0]?.startsWith('m=audio')) ?? [];
  const connection = audio.find((line) => line.startsWith('c=')) ?? session.find((line) => line.startsWith('c=')) ?? '';
  return `${connection.slice(2).trim()} ${/^m=audio (\d+) .*/.exec(audio[0] ?? '')?.[0] ?? ''}`;
}

/** The same description with every stream going `direction`. */
export function withDirection(sdp: string, direction: Direction): string {
  const [session = [], ...media] = sectionsOf(sdp);
  const kept = session.filter((line) => !directionLine.test(line));
  const turned = media.map((lines) => [...lines.filter((line) => !directionLine.test(line)), `a=${direction}`]);
  return joined([kept, ...turned]);
}

/** What a phone is told while nobody is on the other side: its own streams, none of them sounding. */
export function parkedAnswer(offer: string, place: string): string {
  const [, ...media] = sectionsOf(offer);
  const session = ['v=0', `o=- 1 1 IN ${family(place)} ${place}`, 's=-', `c=IN ${family(place)} ${place}`, 't=0 0'];
  const answered = media.map((lines) => {
    const [kind = 'm=audio', , ...rest] = (lines[0] ?? '').split(' ');
    if (kind !== 'm=audio') return [`${kind} 0 ${rest.join(' ')}`];
    const kept = lines.slice(1).filter((line) => /^a=(rtpmap|fmtp|mid|ptime):/.test(line));
    return [`${kind} 9 ${rest.join(' ')}`, ...kept, 'a=inactive'];
  });
  return joined([session, ...answered]);
}

/** A description of ours that offers nothing but silence, for a phone that is called before anybody is there to talk. */
export function parkedOffer(place: string): string {
  const session = ['v=0', `o=- 1 1 IN ${family(place)} ${place}`, 's=-', `c=IN ${family(place)} ${place}`, 't=0 0'];
  const audio = ['m=audio 9 RTP/AVP 0 8 101', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000'];
  return joined([session, [...audio, 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=inactive']]);
}

/**
 * What the media server is told stands behind a phone that nobody is connected with: a place where sound goes and is not heard.
 * One codec, so that an answer of the one who comes later most often fits what the phone was told already.
 */
export function sinkAnswer(offer: string, place: string): string {
  const [, ...media] = sectionsOf(offer);
  const audio = media.find((lines) => lines[0]?.startsWith('m=audio')) ?? [];
  const offered = (audio[0] ?? '').split(' ').slice(3);
  const law = offered.find((type) => type === '0' || type === '8') ?? '0';
  const keys = audio.map((line) => /^a=rtpmap:(\d+) telephone-event\/8000/.exec(line)?.[1]).find(Boolean);
  return sink(place, keys === undefined ? [law] : [law, keys], keys);
}

/** Whether it is such a place. */
export function isSink(sdp: string): boolean {
  return /^m=audio 9 /m.test(sdp);
}

/** The same as an offer. */
export function sinkOffer(place: string): string {
  return sink(place, ['0', '8', '101'], '101');
}

function sink(place: string, types: readonly string[], keys: string | undefined): string {
  const session = ['v=0', `o=- 1 1 IN ${family(place)} ${place}`, 's=-', `c=IN ${family(place)} ${place}`, 't=0 0'];
  const laws = ['a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000'].filter((_, index) => types.includes(index ? '8' : '0'));
  const events = keys === undefined ? [] : [`a=rtpmap:${keys} telephone-event/8000`, `a=fmtp:${keys} 0-15`];
  return joined([session, [`m=audio 9 RTP/AVP ${types.join(' ')}`, ...laws, ...events, 'a=sendrecv']]);
}

/** Whether two descriptions ask the same of a phone: place, codecs and direction of its audio. */
export function soundsAlike(one: string, other: string): boolean {
  return audioPlaceOf(one) === audioPlaceOf(other) && directionOf(one) === directionOf(other);
}

/**
 * Whether a phone that was told `ours` and said `theirs` need not be told `next`: it asks the same, or only leaves codecs out
 * that the phone has left out itself.
 */
export function isToldAlready(next: string, { ours, theirs }: { ours: string; theirs: string }): boolean {
  if (soundsAlike(next, ours)) return true;
  const [place, types] = typesOf(next);
  const [oursPlace, oursTypes] = typesOf(ours);
  const [, theirTypes] = typesOf(theirs);
  const isWithin = types.every((type) => oursTypes.includes(type)) && theirTypes.every((type) => types.includes(type));
  return place === oursPlace && directionOf(next) === directionOf(ours) && isWithin;
}

/** Where the audio is wanted, and its payload types. */
function typesOf(sdp: string): [place: string, types: readonly string[]] {
  const [, place = '', types = ''] = /^(.* m=audio \d+ \S+) (.*)$/.exec(audioPlaceOf(sdp)) ?? [];
  return [place, types.trim().split(' ')];
}

/** The same description as the `version`th of one session of ours, in characters every phone reads. */
export function asOurs(sdp: string, sessionId: number, version: number): string {
  const plain = sdp.replace(/[^\t\r\n -~]/g, '?');
  return plain.replace(/^o=\S+ \S+ \S+ (IN IP[46] \S+)/m, `o=- ${sessionId} ${version} $1`);
}

/** What the other side of a stream going `direction` does. */
export function facing(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

/** Session lines first, then one list of lines for each stream. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/\r?\n/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

function joined(sections: readonly (readonly string[])[]): string {
  return `${sections.flat().join('\r\n')}\r\n`;
}

function family(place: string): 'IP4' | 'IP6' {
  return place.includes(':') ? 'IP6' : 'IP4';
}
