/**
 * The server's side of the protocol between drachtio-server and its applications: `<bytes>#<id>|<word>|…`, over TCP. A
 * message with SIP text carries it behind the first line.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface AppMessage {
  readonly id: string;
  readonly words: readonly string[];
  /** The SIP text, empty where there is none. */
  readonly text: string;
}

/** One connected application. */
export type App = Socket;

export interface DrachtioWire {
  readonly port: number;
  /** Applications that have shown the secret. */
  apps(): number;
  /** The application that new requests go to; null when there is none. */
  first(): App | null;
  /** Sends to this application; false when its connection is gone, and with it whatever it was to hear. */
  send(app: App | null, words: string, text?: string): boolean;
  /** Breaks every connection, as a restart or a broken network does. */
  breakConnections(): void;
  close(): Promise<void>;
}

export async function openDrachtioWire(world: {
  readonly secret: string;
  readonly onMessage: (message: AppMessage, reply: (words: string, text?: string) => void, app: App) => void;
}): Promise<DrachtioWire> {
  const apps = new Set<Socket>();
  const sockets = new Set<Socket>();
  let serial = 0;
  const write = (socket: Socket, words: string, text?: string) => {
    serial += 1;
    const message = `m${serial}|${words}${text === undefined ? '' : `\r\n${text}`}`;
    socket.write(`${Buffer.byteLength(message)}#${message}`);
  };
  const take = (socket: Socket, raw: string) => {
    const end = raw.indexOf('\r\n');
    const [id = '', ...words] = (end < 0 ? raw : raw.slice(0, end)).split('|');
    const reply = (answer: string, text?: string) => write(socket, `response|${id}|${answer}`, text);
    if (words[0] === 'authenticate') {
      if (words[1] !== world.secret) {
        reply('NO|incorrect secret');
        socket.end();
        return;
      }
      apps.add(socket);
      reply('OK|udp/127.0.0.1:5060|v0.9.4|udp/127.0.0.1:5060');
      return;
    }
    if (words[0] === 'sip') world.onMessage({ id, words, text: end < 0 ? '' : raw.slice(end + 2) }, reply, socket);
    else reply('OK');
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      apps.delete(socket);
    });
    let held = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      for (let mark = held.indexOf('#'); mark > 0; mark = held.indexOf('#')) {
        const length = Number(held.toString('latin1', 0, mark));
        if (held.length < mark + 1 + length) return;
        const raw: string = held.toString('utf8', mark + 1, mark + 1 + length);
        held = Buffer.from(held.subarray(mark + 1 + length));
        take(socket, raw);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    apps: () => apps.size,
    first: () => [...apps][0] ?? null,
    send(app: App | null, words: string, text?: string): boolean {
      if (app === null || !apps.has(app)) return false;
      write(app, words, text);
      return true;
    },
    breakConnections(): void {
      apps.clear();
      for (const socket of sockets) socket.destroy();
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
