/** A capture as rtpengine writes it: sound in packets of 20 ms from one phone, as raw IPv4 in a pcap file. */

const packetSamples = 160;

/** So many seconds of one stream; `code` is the G.711 byte of every sample. */
export function captureFile(
  seconds: number,
  { startMs = 1_700_000_000_000, payloadType = 0, code = 0xff, ssrc = 7, port = 30_000 } = {},
): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(101, 20);
  const packets = Array.from({ length: Math.round(seconds * 50) }, (_, index) =>
    packetOf({ atMs: startMs + index * 20, index, payloadType, code, ssrc, port }),
  );
  return Buffer.concat([header, ...packets]);
}

interface Packet {
  readonly atMs: number;
  readonly index: number;
  readonly payloadType: number;
  readonly code: number;
  readonly ssrc: number;
  readonly port: number;
}

function packetOf({ atMs, index, payloadType, code, ssrc, port }: Packet): Buffer {
  const rtp = Buffer.alloc(12 + packetSamples, code);
  rtp.writeUInt16BE(0x8000 | payloadType, 0);
  rtp.writeUInt16BE(index & 0xffff, 2);
  rtp.writeUInt32BE((0xffff_ff00 + index * packetSamples) >>> 0, 4);
  rtp.writeUInt32BE(ssrc, 8);
  const ip = Buffer.alloc(28);
  ip.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17]);
  ip.writeUInt16BE(28 + rtp.length, 2);
  ip.set([127, 0, 0, 2], 12);
  ip.set([127, 0, 0, 1], 16);
  ip.writeUInt16BE(port, 20);
  ip.writeUInt16BE(8 + rtp.length, 24);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Math.floor(atMs / 1_000), 0);
  record.writeUInt32LE((atMs % 1_000) * 1_000, 4);
  record.writeUInt32LE(ip.length + rtp.length, 8);
  record.writeUInt32LE(ip.length + rtp.length, 12);
  return Buffer.concat([record, ip, rtp]);
}
