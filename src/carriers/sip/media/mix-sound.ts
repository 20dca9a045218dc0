/**
 * The packets of both sides of a call as one track of 16-bit samples, as the two heard it. Each stream is laid down where its
 * own clock says, counted from when its first packet came; a stream that jumps by more than the window begins anew there. Only
 * a window of samples is held, so the longest call takes no more memory than a short one.
 */
import { limits } from '../../../../config/limits.ts';
import type { SoundPacket } from './read-capture.ts';

const samplesPerSecond = 8_000;
const windowSamples = limits.recordingWindowSeconds * samplesPerSecond;

interface Stream {
  /** RTP's clock and our sample at which it begins. */
  timestamp: number;
  sample: number;
}

/** Samples, in blocks, little-endian. What is silent at the beginning is left out. */
export async function* mixSound(packets: AsyncIterable<SoundPacket>): AsyncGenerator<Buffer> {
  const ring = new Int32Array(2 * windowSamples);
  const place = createPlacing();
  let written = 0;
  let end = 0;
  const take = (until: number): Buffer => {
    const block = Buffer.alloc(2 * (until - written));
    for (let at = written; at < until; at += 1) {
      const sum = ring[at % ring.length] ?? 0;
      block.writeInt16LE(Math.max(-32_768, Math.min(32_767, sum)), 2 * (at - written));
      ring[at % ring.length] = 0;
    }
    written = until;
    return block;
  };
  for await (const packet of packets) {
    const begin = place(packet);
    const decode = packet.coding === 'PCMU' ? fromMuLaw : fromALaw;
    const last = begin + packet.payload.length;
    while (last - written > ring.length) yield take(Math.min(last - windowSamples, written + windowSamples));
    for (let index = 0; index < packet.payload.length; index += 1) {
      const at = begin + index;
      if (at < written) continue;
      ring[at % ring.length] = (ring[at % ring.length] ?? 0) + decode(packet.payload[index] ?? 0);
    }
    end = Math.max(end, last);
  }
  while (written < end) yield take(Math.min(end, written + windowSamples));
}

/** How many samples the mix will have. */
export async function countSamples(packets: AsyncIterable<SoundPacket>): Promise<number> {
  const place = createPlacing();
  let end = 0;
  for await (const packet of packets) end = Math.max(end, place(packet) + packet.payload.length);
  return end;
}

/** At which sample a packet begins. */
function createPlacing(): (packet: SoundPacket) => number {
  const streams = new Map<string, Stream>();
  let firstAt: number | null = null;
  let lastAt = 0;
  return ({ source, at, timestamp }) => {
    firstAt ??= at;
    // A clock that was set, or a capture that is broken, is no reason for hours of silence.
    if (lastAt !== 0 && Math.abs(at - lastAt) > limits.recordingGapMsMax) firstAt += at - lastAt;
    lastAt = at;
    const now = Math.max(0, Math.round(((at - firstAt) * samplesPerSecond) / 1_000));
    const stream = streams.get(source) ?? { timestamp, sample: now };
    streams.set(source, stream);
    // The clock wraps round; a difference is a signed 32-bit number.
    const byClock = stream.sample + ((timestamp - stream.timestamp) | 0);
    if (byClock >= 0 && Math.abs(byClock - now) <= windowSamples) return byClock;
    if (byClock > now && byClock - now < 60 * samplesPerSecond) return byClock;
    [stream.timestamp, stream.sample] = [timestamp, now];
    return now;
  };
}

/** ITU-T G.711, both laws, as tables. */
const muLaw = Int16Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4);
  return inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
});
const aLaw = Int16Array.from({ length: 256 }, (_, code) => {
  const toggled = code ^ 0x55;
  const exponent = (toggled & 0x70) >> 4;
  const base = ((toggled & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? base : (base + 0x100) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
});
const fromMuLaw = (code: number) => muLaw[code] ?? 0;
const fromALaw = (code: number) => aLaw[code] ?? 0;
