/**
 * What rtpengine records: the packets of a call as a pcap file (libpcap's format, raw IP), read as sound. Everything that is
 * not G.711 is left out, keys among it, so a card number that is keyed in is in no recording. A file that ends in the middle
 * of a packet, as one that is still written does, ends before it.
 */

export interface SoundPacket {
  /** When it was captured, in ms since the epoch. */
  readonly at: number;
  /** Who sent it: address and port, and the stream's own number. */
  readonly source: string;
  /** RTP's clock, 8,000 a second. */
  readonly timestamp: number;
  readonly coding: 'PCMU' | 'PCMA';
  readonly payload: Buffer;
}

const fileHeaderBytes = 24;
const packetHeaderBytes = 16;
const littleEndian = 0xa1b2c3d4;
/** LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6. */
const linkTypes: ReadonlySet<number> = new Set([101, 228, 229]);
const packetBytesMax = 65_536;

/** @throws Error when it is no such file. */
export async function* readCapture(bytes: AsyncIterable<Buffer>): AsyncGenerator<SoundPacket> {
  let held = Buffer.alloc(0);
  let isBegun = false;
  for await (const chunk of bytes) {
    held = Buffer.concat([held, chunk]);
    if (!isBegun) {
      if (held.length < fileHeaderBytes) continue;
      if (held.readUInt32LE(0) !== littleEndian || !linkTypes.has(held.readUInt32LE(20)))
        throw new Error('not a capture of raw IP packets');
      held = held.subarray(fileHeaderBytes);
      isBegun = true;
    }
    for (;;) {
      if (held.length < packetHeaderBytes) break;
      const length = held.readUInt32LE(8);
      if (length > packetBytesMax) throw new Error('a packet longer than packets are');
      if (held.length < packetHeaderBytes + length) break;
      const at = held.readUInt32LE(0) * 1_000 + held.readUInt32LE(4) / 1_000;
      const packet = soundOf(held.subarray(packetHeaderBytes, packetHeaderBytes + length), at);
      if (packet !== null) yield packet;
      held = held.subarray(packetHeaderBytes + length);
    }
  }
}

/** Null for what is no sound. */
function soundOf(ip: Buffer, at: number): SoundPacket | null {
  const version = (ip[0] ?? 0) >> 4;
  const headerBytes = version === 4 ? ((ip[0] ?? 0) & 0x0f) * 4 : 40;
  const protocol = version === 4 ? ip[9] : ip[6];
  if ((version !== 4 && version !== 6) || protocol !== 17 || ip.length < headerBytes + 8 + 12) return null;
  const address = version === 4 ? ip.subarray(12, 16) : ip.subarray(8, 24);
  const port = ip.readUInt16BE(headerBytes);
  const rtp = ip.subarray(headerBytes + 8);
  const first = rtp[0] ?? 0;
  const type = (rtp[1] ?? 0) & 0x7f;
  if (first >> 6 !== 2 || (type !== 0 && type !== 8)) return null;
  const begin = 12 + (first & 0x0f) * 4 + extensionBytes(rtp, first);
  const padding = first & 0x20 ? (rtp.at(-1) ?? 0) : 0;
  if (begin >= rtp.length - padding) return null;
  return {
    at,
    source: `${address.toString('hex')}:${port}:${rtp.readUInt32BE(8)}`,
    timestamp: rtp.readUInt32BE(4),
    coding: type === 0 ? 'PCMU' : 'PCMA',
    payload: rtp.subarray(begin, rtp.length - padding),
  };
}

/** RFC 3550 section 5.3.1. */
function extensionBytes(rtp: Buffer, first: number): number {
  if ((first & 0x10) === 0) return 0;
  const begin = 12 + (first & 0x0f) * 4;
  return rtp.length < begin + 4 ? rtp.length : 4 + 4 * rtp.readUInt16BE(begin + 2);
}
