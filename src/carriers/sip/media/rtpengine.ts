/**
 * The connection to rtpengine, which carries sound that must not go straight from phone to phone: prompts, music, keys,
 * recordings. Orders go by UDP and are repeated under the same cookie, which rtpengine answers alike; keys that callers press
 * come over a TCP connection of its own, because rtpengine closes one whose messages arrive in parts. While it is away
 * every order fails at once, so that no caller waits for it.
 */
import { createSocket, type SocketOptions } from 'node:dgram';
import { lookup as lookUpName } from 'node:dns';
import { connect, isIPv6, type LookupFunction } from 'node:net';
import { limits } from '../../../../config/limits.ts';
import type { Log } from '../../../ports/log.ts';
import { type NgFields, numberAt, readNg, textAt, writeNg } from './ng-message.ts';

/** Why rtpengine did not do as it was told. `away`: it does not answer. */
export class MediaFault extends Error {
  readonly kind: 'away' | 'refused';
  constructor(kind: MediaFault['kind'], message: string) {
    super(message);
    this.name = 'MediaFault';
    this.kind = kind;
  }
}

export interface PressedKey {
  /** rtpengine's call, and the side of it that pressed the key. */
  readonly call: string;
  readonly tag: string;
  readonly key: string;
}

export interface Rtpengine {
  /** Gives an order and answers with what came back. @throws MediaFault */
  ask(command: string, fields: NgFields): Promise<NgFields>;
  close(): void;
}

export interface RtpengineAddress {
  readonly host: string;
  /** `listen-ng`, UDP. */
  readonly port: number;
  /** `listen-tcp-ng`. */
  readonly keysPort: number;
}

interface World {
  readonly address: RtpengineAddress;
  readonly onKey: (pressed: PressedKey) => void;
  /** A fresh word, so that no cookie is another process's. */
  readonly makeWord: () => string;
  /** How its host's name is looked up; Node's own where it is left out. */
  readonly lookup?: LookupFunction;
  readonly log: Log;
}

/** Telephone events by their number (RFC 4733 section 3.2). */
const keys = '0123456789*#ABCD';

export function connectRtpengine(world: World): Rtpengine {
  const { address, log, lookup = lookUpName as LookupFunction } = world;
  const lookUpOne = lookup as NonNullable<SocketOptions['lookup']>;
  const socket = createSocket({ type: isIPv6(address.host) ? 'udp6' : 'udp4', lookup: lookUpOne });
  const waiting = new Map<string, (fields: NgFields) => void>();
  const ourWord = world.makeWord();
  const state = { isUp: true, isFound: false, isClosed: false, serial: 0 };
  socket.unref();
  let found: Promise<void> | null = null;
  socket.on('message', (bytes) => {
    const read = readNg(bytes);
    if (read !== null) waiting.get(read.message.cookie)?.(read.message.fields);
  });
  // A refused datagram says that nobody listens; the order's own timer says the same.
  socket.on('error', (fault) => log.debug({ fault }, 'rtpengine-not-reached'));

  /** Its name may not be known yet, as when containers start together: then it is looked up again for the next order. */
  function find(): Promise<void> {
    found ??= new Promise((resolve, reject) => {
      const told = (fault?: Error) => {
        state.isFound = fault === undefined;
        if (fault === undefined) return resolve();
        found = null;
        log.debug({ fault }, 'rtpengine-not-found');
        reject(new MediaFault('away', 'its host is not found'));
      };
      socket.connect(address.port, address.host, told);
    });
    return found;
  }

  /** Started again it may have been given another address. */
  function lose(): void {
    if (!state.isFound || state.isClosed) return;
    [found, state.isFound] = [null, false];
    socket.disconnect();
  }

  async function send(command: string, fields: NgFields): Promise<NgFields> {
    if (state.isClosed) throw new MediaFault('away', 'closed');
    const through = find();
    await through;
    state.serial += 1;
    const cookie = `${ourWord}${state.serial}`;
    const bytes = writeNg({ cookie, fields: { command, ...fields } });
    return new Promise((resolve, reject) => {
      const give = () => {
        if (!state.isClosed && found === through) socket.send(bytes, () => undefined);
      };
      const settle = (act: () => void) => {
        clearInterval(again);
        clearTimeout(patience);
        waiting.delete(cookie);
        act();
      };
      const again = setInterval(give, limits.mediaRepeatEveryMs);
      const patience = setTimeout(
        () => settle(() => reject(new MediaFault('away', 'no answer'))),
        limits.mediaAnswerTimeoutMs,
      );
      waiting.set(cookie, (answer) => settle(() => resolve(answer)));
      give();
    });
  }

  const pinging = setInterval(() => {
    if (!state.isUp) void ping();
  }, limits.mediaPingEveryMs);
  pinging.unref();

  async function ping(): Promise<void> {
    await send('ping', {})
      .then(() => setUp(true))
      .catch(() => {
        setUp(false);
        lose();
      });
  }

  function setUp(isUp: boolean): void {
    if (state.isUp !== isUp) log.warn({ host: address.host, isUp }, isUp ? 'rtpengine-back' : 'rtpengine-away');
    state.isUp = isUp;
  }

  const listening = listenForKeys(world);
  void ping();
  return Object.freeze({
    async ask(command: string, fields: NgFields): Promise<NgFields> {
      if (!state.isUp) throw new MediaFault('away', 'rtpengine is away');
      const answer = await send(command, fields).catch((fault: unknown) => {
        setUp(false);
        throw fault;
      });
      if (textAt(answer, 'result') === 'ok') return answer;
      throw new MediaFault('refused', textAt(answer, 'error-reason'));
    },
    close(): void {
      if (state.isClosed) return;
      state.isClosed = true;
      clearInterval(pinging);
      listening.close();
      socket.close();
    },
  });
}

/** Holds the connection that keys come over, and opens it again whenever it breaks. */
function listenForKeys({ address, onKey, lookup, log }: World): { close(): void } {
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  let socket = open();

  function open() {
    const made = connect({ port: address.keysPort, host: address.host, lookup });
    let held = Buffer.alloc(0);
    made.unref();
    made.on('error', (fault) => log.debug({ fault }, 'rtpengine-keys-unheard'));
    made.on('close', () => {
      if (isClosed) return;
      retry = setTimeout(() => {
        socket = open();
      }, limits.mediaReconnectPauseMs);
      retry.unref();
    });
    made.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      for (let read = readNg(held); read !== null; read = readNg(held)) {
        held = held.subarray(read.length);
        const pressed = keyOf(read.message.fields);
        if (pressed !== null) onKey(pressed);
      }
      if (held.length > limits.mediaKeyBytesMax) made.destroy();
    });
    return made;
  }

  return {
    close(): void {
      isClosed = true;
      clearTimeout(retry);
      socket.destroy();
    },
  };
}

function keyOf(fields: NgFields): PressedKey | null {
  const { notify, data } = fields;
  if (notify !== 'onDTMF' || typeof data !== 'object' || Array.isArray(data)) return null;
  const pressed = data as NgFields;
  const key = keys[numberAt(pressed, 'event') ?? -1];
  return key === undefined ? null : { call: textAt(pressed, 'callid'), tag: textAt(pressed, 'source_tag'), key };
}
