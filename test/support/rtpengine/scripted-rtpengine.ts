/**
 * An rtpengine played by a test: it speaks the control protocol as 10.5 does, gives out ports, remembers what it is told to
 * play, tells of keys, and writes captures. No packet flows: where a phone's sound would arrive is worked out from the
 * descriptions, and a prompt takes no time.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NgFields, readNg, textAt, writeNg } from '../../../src/carriers/sip/media/ng-message.ts';
import { sdpOf } from '../sip-edge/phone-call.ts';
import { captureFile } from './capture-file.ts';
import { nameOfFile, type PhoneSound, placeOfSound, type StagedMediaServer } from './phone-sound.ts';

interface Side {
  sdp: string;
  /** Our port that this side sends to. */
  readonly port: number;
  playing: string | null;
}

interface EngineCall {
  readonly sides: Map<string, Side>;
  recording: { file: string; seconds: number } | null;
  captures: number;
}

export interface ScriptedRtpengine extends StagedMediaServer {
  /** Orders are left unanswered from now on, or answered again. */
  setAway(isAway: boolean): void;
  /** Calls it holds. */
  calls(): number;
  /** The orders it was given, in order. */
  orders(): readonly string[];
}

const firstPort = 50_000;

export async function openScriptedRtpengine(): Promise<ScriptedRtpengine> {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-media-'));
  await mkdir(join(folder, 'pcaps'), { recursive: true });
  const calls = new Map<string, EngineCall>();
  const answered = new Map<string, Buffer>();
  /** What was played to each place, also after its call. */
  const heard = new Map<string, readonly string[]>();
  const orders: string[] = [];
  const listeners = new Set<Socket>();
  const plugged = new Set<string>();
  const state = { isAway: false, lastPort: firstPort, lastPhone: 30_000 };
  const socket = createSocket('udp4');

  const sideOf = (call: EngineCall, tag: string): Side => {
    const known = call.sides.get(tag);
    if (known !== undefined) return known;
    state.lastPort += 2;
    const made = { sdp: '', port: state.lastPort, playing: null };
    call.sides.set(tag, made);
    return made;
  };

  /** What one side described, as the other is told of it: our place, G.711 and keys. */
  const rewritten = (sdp: string, port: number): string =>
    sdp
      .replace(/^c=.*$/m, 'c=IN IP4 127.0.0.1')
      .replace(/^m=audio \d+ (\S+) (.*)$/m, (_line, profile, types: string) => {
        const kept = types.split(' ').filter((type) => ['0', '8', '101'].includes(type.trim()));
        return `m=audio ${port} ${profile} ${kept.join(' ')}`;
      });

  const exchange = (command: string, fields: NgFields): NgFields => {
    const [from, to, sdp] = ['from-tag', 'to-tag', 'sdp'].map((name) => textAt(fields, name)) as [
      string,
      string,
      string,
    ];
    const id = textAt(fields, 'call-id');
    if (command === 'answer' && !calls.has(id)) return refusal('Unknown call-ID');
    const call = calls.get(id) ?? { sides: new Map(), recording: null, captures: 0 };
    calls.set(id, call);
    const speaker = command === 'offer' ? from : to;
    sideOf(call, speaker).sdp = sdp;
    // The one who is told does not have a tag yet when it is offered something for the first time.
    const told = command === 'answer' ? from : speaker === 'phone' ? 'here' : 'phone';
    return { result: 'ok', sdp: rewritten(sdp, sideOf(call, told).port) };
  };

  const write = async (call: EngineCall): Promise<void> => {
    if (call.recording === null) return;
    const { file, seconds } = call.recording;
    call.recording = null;
    await writeFile(file, captureFile(seconds));
  };

  const perform = async (fields: NgFields): Promise<NgFields> => {
    const command = textAt(fields, 'command');
    const id = textAt(fields, 'call-id');
    orders.push(command);
    if (command === 'ping') return { result: 'pong' };
    if (command === 'offer' || command === 'answer') return exchange(command, fields);
    const call = calls.get(id);
    if (call === undefined)
      return command === 'delete' ? { result: 'ok', warning: 'not found' } : refusal('Unknown call-ID');
    const tag = textAt(fields, 'from-tag');
    if (tag !== '' && (call.sides.get(tag)?.sdp ?? '') === '')
      return command === 'delete' ? { result: 'ok', warning: 'tags' } : refusal('Unknown tag');
    const side = sideOf(call, tag || 'phone');
    if (command === 'play media') {
      const file = textAt(fields, 'file');
      if (!existsSync(file)) return refusal('Failed to start media playback from file');
      const place = placeOfSound(side.sdp);
      heard.set(place, [...(heard.get(place) ?? []), nameOfFile(file)]);
      side.playing = nameOfFile(file);
      return { result: 'ok', duration: 1 };
    }
    if (command === 'stop media') side.playing = null;
    if (command === 'start recording') {
      call.captures += 1;
      call.recording = { file: join(folder, 'pcaps', `${id}-${call.captures}.pcap`), seconds: 0 };
    }
    if (command === 'stop recording' || command === 'delete') await write(call);
    if (command === 'delete') calls.delete(id);
    return { result: 'ok' };
  };

  socket.on('message', async (bytes, peer) => {
    const read = readNg(bytes);
    if (read === null || state.isAway) return;
    const { cookie, fields } = read.message;
    const known = answered.get(cookie);
    const answer = known ?? writeNg({ cookie, fields: await perform(fields) });
    answered.set(cookie, answer);
    socket.send(answer, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const server = createServer((listener) => {
    listeners.add(listener);
    listener.on('error', () => undefined);
    listener.on('close', () => listeners.delete(listener));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  /** The call and side whose phone describes this place. */
  const findSide = (place: string) => {
    for (const [id, call] of calls) {
      const side = call.sides.get('phone');
      if (side !== undefined && side.sdp !== '' && placeOfSound(side.sdp) === place) return { id, call, side };
    }
    return null;
  };

  /** Where what is sent to a place arrives in the end. */
  const arrival = (place: string): string => {
    for (const { sides } of calls.values())
      for (const [tag, side] of sides) {
        if (place !== `127.0.0.1:${side.port}`) continue;
        const other = sides.get(tag === 'phone' ? 'here' : 'phone');
        return other === undefined || other.sdp === '' ? 'nowhere' : arrival(placeOfSound(other.sdp));
      }
    return place;
  };

  return {
    address: {
      host: '127.0.0.1',
      port: socket.address().port,
      keysPort: (server.address() as AddressInfo).port,
    },
    folder,
    setAway: (isAway) => {
      state.isAway = isAway;
    },
    calls: () => calls.size,
    orders: () => orders,
    async plug(host: string): Promise<PhoneSound> {
      state.lastPhone += 2;
      const sdp = sdpOf(host, state.lastPhone);
      const own = placeOfSound(sdp);
      plugged.add(own);
      let theirs = () => '';
      return {
        sdp,
        follow: (theirSdp) => {
          theirs = theirSdp;
        },
        heard: () => heard.get(own) ?? [],
        hearsNow: () => findSide(own)?.side.playing ?? null,
        isTalking: () => {
          const place = theirs() === '' ? 'nowhere' : arrival(placeOfSound(theirs()));
          return place !== own && plugged.has(place);
        },
        isRecorded: () => findSide(own)?.call.recording != null,
        async press(keys: string): Promise<void> {
          const id = findSide(own)?.id ?? '';
          for (const key of keys) {
            const event = '0123456789*#ABCD'.indexOf(key);
            const data = {
              callid: id,
              source_tag: 'phone',
              tags: ['phone', 'here'],
              type: 'DTMF',
              event,
              duration: 80,
            };
            const bytes = writeNg({ cookie: 'deadbeef', fields: { notify: 'onDTMF', data } });
            for (const listener of listeners) listener.write(bytes);
          }
        },
        async speak(seconds: number): Promise<void> {
          const recording = findSide(own)?.call.recording;
          if (recording) recording.seconds += seconds;
        },
      };
    },
    async close(): Promise<void> {
      for (const listener of listeners) listener.destroy();
      server.close();
      socket.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function refusal(reason: string): NgFields {
  return { result: 'error', 'error-reason': reason };
}
