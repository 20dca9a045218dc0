/** Stands between the gateway and a real drachtio-server, so that a test can break their connection. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

interface Server {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

export interface LinkRelay {
  /** What the gateway is told of its server. */
  readonly drachtio: Server;
  /** Connections that stand. */
  links(): number;
  breakConnections(): void;
  close(): Promise<void>;
}

export async function openLinkRelay(server: Server): Promise<LinkRelay> {
  const near = new Set<Socket>();
  const breakConnections = () => {
    for (const socket of near) socket.destroy();
    near.clear();
  };
  const relay = createServer((socket) => {
    const far = connect(server.port, server.host);
    near.add(socket);
    for (const [one, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => undefined);
      one.on('close', () => {
        near.delete(socket);
        other.destroy();
      });
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    drachtio: { host: '127.0.0.1', port: (relay.address() as AddressInfo).port, secret: server.secret },
    links: () => near.size,
    breakConnections,
    async close(): Promise<void> {
      breakConnections();
      relay.close();
      await once(relay, 'close');
    },
  };
}
