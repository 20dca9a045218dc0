/**
 * SIP for the suite of the voice port: the real gateway before the scripted edge and the scripted rtpengine, with a trunk that
 * brings callers and rings whoever is called outside; before real servers when DRACHTIO_HOST and RTPENGINE_HOST name them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promptName } from '../../../src/carriers/sip/media/prompts.ts';
import { openOffice, type StagedPhone, stageCaller, type VoiceStage } from '../../conformance/voice-stage.ts';
import type { Place } from '../../support/deployments.ts';
import type { PhoneSound } from '../../support/rtpengine/phone-sound.ts';
import { openRealRtpengine } from '../../support/rtpengine/real-rtpengine.ts';
import { openScriptedRtpengine } from '../../support/rtpengine/scripted-rtpengine.ts';
import { pitchesOf, toneFile } from '../../support/rtpengine/tone-file.ts';
import { createPhone } from '../../support/sip-edge/phone.ts';
import type { PhoneCall } from '../../support/sip-edge/phone-call.ts';
import { openSipEdge } from '../../support/sip-edge/sip-edge.ts';
import { header, tagOf, uriOf } from '../../support/sip-edge/sip-text.ts';
import { isServed, realServer } from './real-server.ts';
import { until } from './staged-sip.ts';

const number = '+15035550141';
const trunkHost = '127.0.0.2';

/** What the gateway says in the suite; each has a recording of its own here. */
const spoken = [
  'Thank you for calling. Please hold while we connect you.',
  'Sorry, nobody can take your call just now. Please leave a message after the tone.',
  'A caller from your website is waiting. Press 1 to take the call.',
  'One moment, please.',
  'This call is no longer waiting. Thank you.',
] as const;

const pitches = pitchesOf([...spoken.map(promptName), 'hold-music', 'beep', 'ringing', 'chime']);

interface Ring {
  readonly call: PhoneCall;
  /** Its id at the gateway. */
  readonly id: string;
  readonly to: string;
  isGiven: boolean;
}

export async function openSipStage(place: Place): Promise<VoiceStage> {
  const edge = realServer === null ? await openSipEdge() : null;
  const network = edge ?? realServer?.network();
  if (network === undefined) throw new Error('there is no server');
  const media = process.env.RTPENGINE_HOST ? await openRealRtpengine(pitches) : await openScriptedRtpengine();
  const trunk = createPhone(await network.plug(trunkHost), 'trunk', network.server);
  const rings: Ring[] = [];
  trunk.onCall = (call, invite) => {
    const id = idOf(call, tagOf(header(invite, 'from')) ?? '');
    rings.push({ call, id, to: /sip:([^@;>]+)/.exec(uriOf(invite))?.[1] ?? '', isGiven: false });
    call.ring();
  };
  await recordPrompts(media.folder);
  const drachtio = edge?.drachtio ?? realServer?.drachtio;
  if (drachtio === undefined) throw new Error('there is no server');
  const office = await openOffice(place, {
    DRACHTIO_HOST: drachtio.host,
    DRACHTIO_PORT: String(drachtio.port),
    DRACHTIO_SECRET: drachtio.secret,
    SIP_DOMAIN: 'lines.example',
    SIP_TRUNKS: trunkHost,
    SIP_TRUNK_URI: `sip:${trunk.port.host}:${trunk.port.port}`,
    SIP_CALLS_PER_SECOND: '1000',
    RTPENGINE_HOST: media.address.host,
    RTPENGINE_PORT: String(media.address.port),
    RTPENGINE_KEYS_PORT: String(media.address.keysPort),
    SIP_MEDIA_FOLDER: media.folder,
  });
  place.keep(async () => {
    trunk.close();
    await edge?.close();
    await media.close();
  });
  await isServed(trunk, network.server);
  return {
    ...office,
    carrier: 'sip',
    async addNumber(failover?: string): Promise<string> {
      await office.api.must('POST', '/v1/numbers', { body: { number, carrier: 'sip', failover } });
      return number;
    },
    async placeCall(to: string): Promise<StagedPhone> {
      const sound = await media.plug(trunkHost);
      const call = trunk.call(`sip:${to}@${network.server}`, {
        from: `<sip:${stageCaller}@trunk.example>`,
        sdp: sound.sdp,
      });
      return phoneOf({ call, id: idOf(call, call.localTag), to }, sound);
    },
    async nextRing(phones?: readonly string[]): Promise<StagedPhone> {
      const wanted = (ring: Ring) => !ring.isGiven && (phones === undefined || phones.includes(ring.to));
      await until(() => rings.some(wanted), 'a phone rings');
      const ring = rings.find(wanted);
      if (ring === undefined) throw new Error('it rang a moment ago');
      ring.isGiven = true;
      return phoneOf(ring, await media.plug(trunkHost));
    },
    dials: async () => rings.length,
    wire: null,
  };
}

async function recordPrompts(folder: string): Promise<void> {
  await mkdir(join(folder, 'prompts'), { recursive: true });
  for (const [name, hertz] of pitches) await writeFile(join(folder, 'prompts', `${name}.wav`), toneFile(hertz));
}

function wordsOf(file: string): string {
  const text = spoken.find((words) => promptName(words) === file);
  if (text !== undefined) return `say: ${text}`;
  return file === 'hold-music' ? 'music' : file === 'beep' ? 'tone' : file;
}

/** The dialog’s name, by the tag of whoever began it. */
function idOf({ callId }: PhoneCall, tag: string): string {
  return `${callId};from-tag=${tag}`;
}

function phoneOf({ call, id, to }: Pick<Ring, 'call' | 'id' | 'to'>, sound: PhoneSound): StagedPhone {
  sound.follow(() => call.theirSdp);
  const isOver = () => call.ended || call.status >= 300;
  const moments = {
    waiting: () => sound.hearsNow() === 'hold-music',
    talking: () => sound.isTalking(),
    recording: () => sound.isRecorded(),
    ended: isOver,
  };
  const waitFor = async (moment: keyof typeof moments) => {
    await until(() => moments[moment]() || isOver(), `${to} is ${moment} (heard ${sound.heard().join(', ')})`);
    if (!moments[moment]()) throw new Error(`ended before ${moment}; heard ${sound.heard().join(', ')}`);
  };
  const heard = () => sound.heard().map(wordsOf);
  const hangUp = async (): Promise<void> => {
    if (call.status < 200) call.cancel();
    else await call.hangUp();
  };
  return {
    id,
    to,
    waitFor,
    isTalking: async () => sound.isTalking(),
    heard: async () => (call.status === 200 && heard().length === 0 && !sound.isTalking() ? ['silence'] : heard()),
    answer: async () => call.answer(sound.sdp),
    async press(digits) {
      // Words that no recording is here for are a chime.
      await until(() => heard().some((words) => /press 1|^chime$/i.test(words)) || isOver(), `${to} is asked for keys`);
      await sound.press(digits);
    },
    busy: async () => call.reject(486),
    noAnswer: async () => call.reject(480),
    hangUp,
    async leaveMessage(seconds) {
      await waitFor('recording');
      await sound.speak(seconds);
      await hangUp();
    },
  };
}
