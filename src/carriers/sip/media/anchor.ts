/**
 * One leg's sound held by rtpengine: a call of rtpengine's with the phone on one side and whatever the leg is connected with
 * on the other. Towards everybody else rtpengine's description stands for the phone's, so a leg that is held so is connected,
 * parked and moved like any other, most often without its phone being told anything. Both sides keep their ports
 * (`port-latching`), and only G.711 is spoken, so that what is recorded can be read.
 */
import { limits } from '../../../../config/limits.ts';
import { isDescription } from '../sdp.ts';
import { type NgFields, numberAt, textAt } from './ng-message.ts';
import { MediaFault, type Rtpengine } from './rtpengine.ts';

export interface Anchor {
  /** rtpengine's call. */
  readonly id: string;
  /** What the phone described last. */
  phone: string;
  /** What stands on the other side. */
  far: string;
  isPlaying: boolean;
}

export interface Anchors {
  create(): Anchor;
  /** The phone offers: answers with what others are offered in its place. @throws MediaFault */
  offerFromPhone(anchor: Anchor, sdp: string): Promise<string>;
  /** What the phone is answered when the others answer `far`. @throws MediaFault */
  answerToPhone(anchor: Anchor, far: string): Promise<string>;
  /** What the phone is offered when the others offer `far`. @throws MediaFault */
  offerToPhone(anchor: Anchor, far: string): Promise<string>;
  /** The phone answers: what the others are answered in its place. @throws MediaFault */
  answerFromPhone(anchor: Anchor, sdp: string): Promise<string>;
  /** Plays a file to the phone; answers with its length in ms. What was played before is over. @throws MediaFault */
  play(anchor: Anchor, file: string, times?: number): Promise<number>;
  /** Stops what is played; nothing where there is nothing. */
  quiet(anchor: Anchor): Promise<void>;
  startRecording(anchor: Anchor): Promise<void>;
  stopRecording(anchor: Anchor): Promise<void>;
  /** Gives the ports back. */
  release(anchor: Anchor): Promise<void>;
}

const phoneTag = 'phone';
const ourTag = 'here';

const flags: NgFields = {
  ICE: 'remove',
  flags: ['trust-address', 'port-latching', 'no-rtcp-attribute'],
  codec: { strip: ['all'], offer: ['PCMU', 'PCMA', 'telephone-event'] },
};

/** Whether a key that rtpengine tells of was pressed on the phone's side. */
export function isPhoneSide(tag: string): boolean {
  return tag === phoneTag;
}

export function createAnchors({ rtpengine, makeWord }: { rtpengine: Rtpengine; makeWord: () => string }): Anchors {
  /** One of the four turns of offer and answer: whose offer it is or answers, and which side describes itself in it. */
  const turn =
    (command: 'offer' | 'answer', offerer: 'phone' | 'far', said: 'phone' | 'far') =>
    async (anchor: Anchor, sdp: string): Promise<string> => {
      const [from, to] = offerer === 'phone' ? [phoneTag, ourTag] : [ourTag, phoneTag];
      // Nobody has answered a call's first offer yet: there is no tag to name.
      const tags = { 'from-tag': from, ...(isNew(anchor) ? {} : { 'to-tag': to }) };
      const order = { 'call-id': anchor.id, ...tags, ...flags, sdp };
      const written = textAt(await rtpengine.ask(command, order), 'sdp');
      if (!isDescription(written) || !speaksG711(written)) throw new MediaFault('refused', 'no G.711 in common');
      anchor[said] = sdp;
      return written;
    };
  const phoneOf = (anchor: Anchor) => ({ 'call-id': anchor.id, 'from-tag': phoneTag });
  const isNew = (anchor: Anchor) => anchor.phone === '' && anchor.far === '';

  return Object.freeze({
    create: () => ({ id: `lk-${makeWord()}`, phone: '', far: '', isPlaying: false }),
    offerFromPhone: turn('offer', 'phone', 'phone'),
    answerToPhone: turn('answer', 'phone', 'far'),
    offerToPhone: turn('offer', 'far', 'far'),
    answerFromPhone: turn('answer', 'far', 'phone'),
    async play(anchor: Anchor, file: string, times = 1): Promise<number> {
      anchor.isPlaying = true;
      const answer = await rtpengine.ask('play media', { ...phoneOf(anchor), file, 'repeat-times': times });
      return numberAt(answer, 'duration') ?? 0;
    },
    async quiet(anchor: Anchor): Promise<void> {
      if (!anchor.isPlaying) return;
      anchor.isPlaying = false;
      await rtpengine.ask('stop media', phoneOf(anchor)).catch(() => undefined);
    },
    startRecording: async (anchor: Anchor) => void (await rtpengine.ask('start recording', { 'call-id': anchor.id })),
    stopRecording: async (anchor: Anchor) => void (await rtpengine.ask('stop recording', { 'call-id': anchor.id })),
    async release(anchor: Anchor): Promise<void> {
      if (isNew(anchor)) return;
      // Without a tag: a phone that never answered has none there, and a call is kept whose tags are not known.
      const order = { 'call-id': anchor.id, 'delete-delay': 0 };
      await rtpengine.ask('delete', order).catch(() => undefined);
    },
  });
}

/** The payload types that G.711 has by rule (RFC 3551 section 6). */
function speaksG711(sdp: string): boolean {
  return /^m=audio \d+ \S+(?: \d+)*? [08](?: |\r?$)/m.test(sdp);
}

/** Music, for as long as anybody waits. */
export const forAsLongAsItTakes = limits.mediaMusicTimesMax;
