/**
 * A wire to a server that can be cut: forwards TCP on loopback until it is told to swallow everything, as a network
 * does that has lost the way. Connections made meanwhile are taken and left without a word.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface LoopbackProxy {
  readonly port: number;
  /** Nothing passes any more, in either direction, and nobody is told. */
  swallow(): void;
  /** Breaks every connection there is, and each new one at once. */
  refuse(): void;
  /** Breaks what was swallowed; new connections pass again. */
  heal(): void;
  close(): Promise<void>;
}

/** Forwards to what `target` names: a port of a host, or the path of a socket. */
export async function startLoopbackProxy(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<LoopbackProxy> {
  const sockets = new Set<Socket>();
  let swallows = false;
  let refuses = false;
  const server = createServer((near) => {
    if (refuses) {
      near.destroy();
      return;
    }
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!swallows) to.write(bytes);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port has no number');
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.freeze({
    port: address.port,
    swallow: () => {
      swallows = true;
    },
    refuse: () => {
      refuses = true;
      breakAll();
    },
    heal: () => {
      swallows = false;
      refuses = false;
      breakAll();
    },
    close: () => {
      breakAll();
      return new Promise<void>((closed) => server.close(() => closed()));
    },
  });
}
