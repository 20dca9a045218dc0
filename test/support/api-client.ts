/** The gateway's HTTP interface as a test speaks it: any method, any body, any key, and the answer whatever it is. */
import type { RunningGateway } from './run-gateway.ts';

export const websiteOrigin = 'https://shop.example';

export interface Ask {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** `server`: the secret key. `page`: the publishable key and the website's Origin. */
  readonly as?: 'server' | 'page' | 'nobody';
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The body read as JSON; null when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test names the fields it expects, and fails when they are not there
  readonly body: any;
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** A client with the demo's keys. */
export function createApiClient({ url, practice }: Pick<RunningGateway, 'url' | 'practice'>) {
  const keys = {
    server: { authorization: `Bearer ${practice.secretKey}` },
    page: { authorization: `Bearer ${practice.publishableKey}`, origin: websiteOrigin },
    nobody: {},
  };
  const send = async (method: string, path: string, ask: Ask = {}): Promise<Reply> => {
    const { body, raw = body === undefined ? null : JSON.stringify(body), as = 'server' } = ask;
    const media = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...keys[as], ...media, ...ask.headers },
      body: raw,
    });
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type') ?? '', text, body: readJson(text) };
  };
  /** Does what must succeed and answers with the body. */
  const must = async (method: string, path: string, ask: Ask = {}) => {
    const reply = await send(method, path, ask);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.body;
  };
  return Object.freeze({ url, send, must });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
