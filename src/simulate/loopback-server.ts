/**
 * The smallest HTTP server that will do: it reads a bounded body, asks one function for the answer, and can drop the
 * connection in place of answering. Plain `node:http`, because the far end must not share the gateway's framework: a
 * fault in it would otherwise cancel itself out.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoopbackRequest {
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated ones joined as Node joins them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** `drop` closes the connection without a word. A null body is an empty answer, bytes are sent as they are, others as JSON. */
export type LoopbackReply = { readonly status: number; readonly body: object | Buffer | null } | 'drop';

export interface LoopbackServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Listens; rejects when the port is taken. Bodies past `bodyBytesMax` are answered 413 unread. */
export async function startLoopbackServer(options: {
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly bodyBytesMax: number;
  readonly answer: (request: LoopbackRequest) => LoopbackReply;
}): Promise<LoopbackServer> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    readBody(request, options.bodyBytesMax)
      .then((body) => (body === 'too-large' ? { status: 413, body: null } : options.answer(describe(request, body))))
      .then((reply) => send(response, reply))
      // The peer went away, or the answer could not be made: either way there is nobody left to tell.
      .catch(() => request.socket.destroy());
  });
  server.listen(options.port, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.freeze({
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | 'too-large'> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return 'too-large';
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return 'too-large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function describe(request: IncomingMessage, body: Buffer): LoopbackRequest {
  const url = new URL(request.url ?? '/', 'http://loopback.invalid');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(headers),
    body,
  };
}

function send(response: ServerResponse, reply: LoopbackReply): void {
  if (reply === 'drop') {
    response.socket?.destroy();
    return;
  }
  if (Buffer.isBuffer(reply.body)) {
    response.writeHead(reply.status, { 'content-type': 'audio/mpeg', 'content-length': reply.body.length });
    response.end(reply.body);
    return;
  }
  const text = reply.body === null ? '' : JSON.stringify(reply.body);
  const closes = reply.status === 413 ? { connection: 'close' } : {};
  response.writeHead(reply.status, { ...(text === '' ? {} : { 'content-type': 'application/json' }), ...closes });
  response.end(text);
}
