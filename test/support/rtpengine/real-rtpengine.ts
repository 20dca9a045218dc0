/**
 * A real rtpengine, where RTPENGINE_HOST names one (RTPENGINE_PORT, RTPENGINE_KEYS_PORT; RTPENGINE_FOLDER is its recording-dir,
 * on this machine). The phones send and hear RTP: what is played is told by its pitch, who talks by whose stream arrives.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sdpOf } from '../sip-edge/phone-call.ts';
import { type PhoneSound, placeOfSound, type StagedMediaServer } from './phone-sound.ts';

const packetSamples = 160;
/** A stream counts as heard for so long after its last packet. */
const lingersMs = 250;
/** The streams of a test's phones; rtpengine's own have other numbers. */
const ourStreams = 0x7e57_0000;
let serial = 0;

/** `pitches`: those of the recordings, by name. */
export async function openRealRtpengine(pitches: ReadonlyMap<string, number>): Promise<StagedMediaServer> {
  const folder = process.env.RTPENGINE_FOLDER ?? '/var/spool/rtpengine';
  const before = new Set(capturesIn(folder));
  const open: (() => void)[] = [];
  return {
    address: {
      host: process.env.RTPENGINE_HOST ?? '127.0.0.1',
      port: Number(process.env.RTPENGINE_PORT ?? 22_222),
      keysPort: Number(process.env.RTPENGINE_KEYS_PORT ?? 22_223),
    },
    folder,
    async plug(host: string): Promise<PhoneSound> {
      const phone = await plugPhone(host, pitches);
      open.push(phone.close);
      return { ...phone, isRecorded: () => capturesIn(folder).some((name) => !before.has(name)) };
    },
    async close(): Promise<void> {
      for (const close of open) close();
    },
  };
}

function capturesIn(folder: string): readonly string[] {
  try {
    return readdirSync(join(folder, 'pcaps'));
  } catch {
    return [];
  }
}

async function plugPhone(host: string, pitches: ReadonlyMap<string, number>) {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const sdp = sdpOf(host, socket.address().port);
  serial += 1;
  const ssrc = ourStreams + serial;
  const heard: string[] = [];
  const now = { file: null as string | null, fileAt: 0, otherAt: 0, sequence: 1_000, timestamp: 160_000 };
  let theirs = () => '';

  socket.on('message', (packet) => {
    if (packet.length < 13 || (packet[1] ?? 0) > 127 + 8) return;
    const stream = packet.readUInt32BE(8);
    if (stream >>> 16 === ourStreams >>> 16) {
      if (stream !== ssrc) now.otherAt = Date.now();
      return;
    }
    const file = nameOfPitch(pitches, packet.subarray(12));
    if (file === null) return;
    if (file !== now.file || Date.now() - now.fileAt > lingersMs) heard.push(file);
    [now.file, now.fileAt] = [file, Date.now()];
  });

  const send = (payloadType: number, payload: Buffer, marker = false) => {
    const [address = '', port = '0'] = placeOfSound(theirs()).split(':');
    if (!/^\d+\./.test(address) || port === '9' || port === '0') return;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(0x8000 | (marker ? 0x80 : 0) | payloadType, 0);
    header.writeUInt16BE(now.sequence & 0xffff, 2);
    header.writeUInt32BE(now.timestamp >>> 0, 4);
    header.writeUInt32BE(ssrc, 8);
    now.sequence += 1;
    socket.send(Buffer.concat([header, payload]), Number(port), address);
  };
  let isBusy = false;
  const ticking = setInterval(() => {
    if (isBusy) return;
    send(0, Buffer.alloc(packetSamples, 0xff));
    now.timestamp += packetSamples;
  }, 20);
  const step = () => new Promise((resolve) => setTimeout(resolve, 3));

  return {
    sdp,
    follow: (theirSdp: () => string) => {
      theirs = theirSdp;
    },
    heard: () => heard,
    hearsNow: () => (Date.now() - now.fileAt < lingersMs ? now.file : null),
    isTalking: () => Date.now() - now.otherAt < lingersMs,
    async press(keys: string): Promise<void> {
      isBusy = true;
      for (const key of keys) {
        const event = '0123456789*#ABCD'.indexOf(key);
        for (let part = 1; part <= 6; part += 1) {
          const duration = part * packetSamples;
          send(101, Buffer.from([event, part > 3 ? 0x8a : 0x0a, duration >> 8, duration & 0xff]), part === 1);
          await step();
        }
        now.timestamp += 10 * packetSamples;
      }
      isBusy = false;
    },
    /** Faster than anybody speaks; what counts is the stream's own clock. */
    async speak(seconds: number): Promise<void> {
      isBusy = true;
      for (let packet = 0; packet < seconds * 50; packet += 1) {
        send(0, Buffer.alloc(packetSamples, packet % 2 === 0 ? 0x55 : 0x5a));
        now.timestamp += packetSamples;
        if (packet % 5 === 0) await step();
      }
      await step();
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
    close: () => {
      clearInterval(ticking);
      socket.close();
    },
  };
}

/** The recording whose pitch a packet of PCMU has, by its changes of sign; null for silence and for anything else. */
function nameOfPitch(pitches: ReadonlyMap<string, number>, payload: Buffer): string | null {
  const loud = payload.filter((code) => (code & 0x7f) < 0x60);
  if (loud.length < packetSamples / 2) return null;
  const signs = [...payload].map((code) => code >> 7);
  const changes = signs.filter((sign, at) => at > 0 && sign !== signs[at - 1]).length;
  const hertz = (changes / 2) * (8_000 / packetSamples);
  return [...pitches].find(([, pitch]) => Math.abs(pitch - hertz) <= 50)?.[0] ?? null;
}
