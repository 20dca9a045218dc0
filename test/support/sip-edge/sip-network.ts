/**
 * Where the tests' phones and trunks plug in: the scripted edge in this process, or UDP on loopback in front of a real
 * drachtio-server. Each has an address of its own (127.0.0.x), because an address is what tells a trunk from a stranger.
 */
import { createSocket } from 'node:dgram';

/** One plug. */
export interface SipPort {
  readonly host: string;
  readonly port: number;
  send(text: string): void;
  onText(listener: (text: string) => void): void;
  close(): void;
}

export interface SipNetwork {
  /** Where our SIP server is, `host:port`. */
  readonly server: string;
  plug(host: string): Promise<SipPort>;
}

/** UDP to a real server. */
export function udpNetwork(server: string): SipNetwork {
  const [serverHost = '', serverPort = '5060'] = server.split(':');
  return {
    server,
    plug(host: string): Promise<SipPort> {
      const socket = createSocket('udp4');
      const listeners: ((text: string) => void)[] = [];
      socket.on('message', (bytes) => {
        for (const listener of listeners) listener(bytes.toString());
      });
      return new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(0, host, () =>
          resolve({
            host,
            port: socket.address().port,
            send: (text) => socket.send(text, Number(serverPort), serverHost),
            onText: (listener) => void listeners.push(listener),
            close: () => void socket.close(),
          }),
        );
      });
    },
  };
}
