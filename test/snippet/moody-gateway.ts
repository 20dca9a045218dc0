/**
 * A wire between a browser and the gateway that can be in a mood: it forwards, keeps what was said, and when it is told
 * to, answers late, with rubbish, with a fault, or not at all. Pages load the snippet through it, so it is the gateway
 * to them, on an origin that is not theirs.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from './loopback-listener.ts';

/** One request to the API as it came, and how it was answered. */
export interface Said {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test names the fields it expects, and fails when they are not there
  readonly body: any;
  status: number;
}

export type Mood = 'well' | 'late' | 'away' | 'rubbish' | 'faulty';

export interface MoodyGateway {
  readonly url: string;
  /** Every request under /v1 since the last `reset`, oldest first. */
  said(): readonly Said[];
  opened(): readonly Said[];
  beats(): readonly Said[];
  setMood(mood: Mood): void;
  /** Lets go what came while the mood was `late`. */
  release(): void;
  /** In a good mood, and nothing said. */
  reset(): void;
  close(): Promise<void>;
}

export async function startMoodyGateway(gatewayUrl: string): Promise<MoodyGateway> {
  let said: Said[] = [];
  let waiting: (() => void)[] = [];
  let mood: Mood = 'well';
  const server = createServer((near, answer) => {
    const chunks: Buffer[] = [];
    near.on('data', (chunk: Buffer) => chunks.push(chunk));
    near.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const isApi = near.url?.startsWith('/v1/') === true;
      const note: Said = {
        method: near.method ?? '',
        path: near.url ?? '',
        type: near.headers['content-type'] ?? '',
        body: readJson(bytes),
        status: 0,
      };
      if (isApi) said.push(note);
      const pass = () => forward(gatewayUrl, near, bytes, answer, note);
      if (!isApi || mood === 'well') pass();
      else if (mood === 'late') waiting.push(pass);
      else if (mood === 'away') near.socket.destroy();
      else {
        const origin = { 'access-control-allow-origin': near.headers.origin ?? '' };
        note.status = mood === 'faulty' ? 500 : 200;
        answer.writeHead(note.status, { ...origin, 'content-type': 'text/html' }).end('<p>{"visit":');
      }
    });
  });
  const { url, close } = await listen(server);
  const release = () => {
    for (const pass of waiting.splice(0)) pass();
  };
  return Object.freeze({
    url,
    said: () => said,
    opened: () => said.filter(({ method, path }) => method === 'POST' && path.startsWith('/v1/visits?')),
    beats: () => said.filter(({ method, path }) => method === 'POST' && path.includes('/beat?')),
    setMood: (next: Mood) => {
      mood = next;
    },
    release,
    reset: () => {
      mood = 'well';
      release();
      said = [];
      waiting = [];
    },
    close,
  });
}

function forward(gatewayUrl: string, near: IncomingMessage, bytes: Buffer, answer: ServerResponse, note: Said): void {
  const { host: _host, ...headers } = near.headers;
  const far = request(`${gatewayUrl}${near.url}`, { method: near.method, headers }, (reply) => {
    note.status = reply.statusCode ?? 0;
    answer.writeHead(note.status, reply.headers);
    reply.pipe(answer);
  });
  far.on('error', () => answer.destroy());
  far.end(bytes);
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
