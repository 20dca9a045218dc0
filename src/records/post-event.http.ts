/**
 * Sends one event to one endpoint. The host is resolved once, every address found is checked, and the connection goes
 * to those addresses and no other, so a name cannot turn towards our own network between the check and the connect
 * (DNS rebinding). Redirects are answers, not followed; proxies of the environment are not used; the certificate is
 * checked against the host's name. One deadline covers it all: resolving, connecting, TLS, the answer and its body.
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { denyAddress, isLoopback } from './deny-address.ts';
import { bareHost, checkEndpointUrl } from './endpoint-url.ts';
import { readRetryAfter } from './retry-after.ts';

/** How one try ended. `reason` is a word for the record and the log; it holds no URL, address or body. */
export type PostAnswer =
  /** A status came, of whatever kind; the body may have been cut off, for the status alone counts. */
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | null }
  /** We would not connect: the URL or an address behind it is not allowed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No status came: resolving, connecting or TLS failed, or the time was up. */
  | { readonly kind: 'failed'; readonly reason: string };

/** The answer of somebody who was asked. `body` null: it was cut off at the bound, or did not come whole. */
export type AskAnswer =
  | (Extract<PostAnswer, { kind: 'answered' }> & { readonly body: string | null })
  | Exclude<PostAnswer, { kind: 'answered' }>;

export interface EventPoster {
  /** Posts `body` (JSON) with `headers`; resolves always, within the timeout. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostAnswer>;
  /** The same with an answer that is read, within a time of its own that is not longer than the poster's. */
  ask(url: string, headers: Readonly<Record<string, string>>, body: string, timeoutMs: number): Promise<AskAnswer>;
  /** Ends what is under way as failed, closes connections; later posts fail. */
  close(): void;
}

/** All addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

interface World {
  readonly clock: Clock;
  /** Development: 127/8 and ::1 are allowed, by plain http too. */
  readonly allowLoopback: boolean;
  readonly timeoutMs: number;
  /** An answer's body is read up to here, so that its connection can serve again, and cut off beyond. */
  readonly responseBytesMax: number;
  /** Posts at once to one host, when not limits.deliverySocketsPerHostMax; more wait for one of them, within their own time. */
  readonly socketsPerHostMax?: number;
  /** The system's resolver unless a test brings its own. */
  readonly resolveHost?: ResolveHost;
}

export function createEventPoster(world: World): EventPoster {
  const agents = createAgents(world.socketsPerHostMax ?? limits.deliverySocketsPerHostMax);
  const underWay = new Set<AbortController>();
  let isClosed = false;

  async function send(
    url: string,
    letter: Pick<Letter, 'headers' | 'body'>,
    { timeoutMs, isRead }: { timeoutMs: number; isRead: boolean },
  ): Promise<AskAnswer> {
    if (isClosed) return { kind: 'failed', reason: 'closing' };
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort('timeout'), timeoutMs);
    underWay.add(ending);
    try {
      const target = await findTarget(world, url, ending.signal);
      if ('kind' in target) return target;
      const answer = await exchange(world, agents, { ...target, ...letter, signal: ending.signal });
      // Of an answer that is to be read, a status alone is nothing.
      if (isRead && ending.signal.aborted) return { kind: 'failed', reason: String(ending.signal.reason) };
      return answer;
    } catch (fault) {
      return { kind: 'failed', reason: ending.signal.aborted ? String(ending.signal.reason) : codeOf(fault) };
    } finally {
      clearTimeout(timer);
      underWay.delete(ending);
    }
  }

  return Object.freeze({
    async post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostAnswer> {
      const answer = await send(url, { headers, body }, { timeoutMs: world.timeoutMs, isRead: false });
      if (answer.kind !== 'answered') return answer;
      const { status, retryAfterMs } = answer;
      return { kind: 'answered', status, retryAfterMs };
    },

    ask: (url: string, headers: Readonly<Record<string, string>>, body: string, timeoutMs: number) =>
      send(url, { headers, body }, { timeoutMs: Math.min(timeoutMs, world.timeoutMs), isRead: true }),

    close(): void {
      isClosed = true;
      for (const ending of underWay) ending.abort('closing');
      agents.http.destroy();
      agents.https.destroy();
    },
  });
}

interface Target {
  readonly url: URL;
  readonly addresses: readonly LookupAddress[];
}

interface Letter extends Target {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Sockets at work are bounded by the posts at work; idle ones are few and short-lived. No agent reads a proxy setting. */
function createAgents(maxSockets: number): Agents {
  const options = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: limits.deliveryIdleSocketsPerHostMax,
    timeout: limits.deliveryIdleSocketMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: limits.deliveryConnectAttemptMs,
  };
  return { http: new http.Agent(options), https: new https.Agent({ ...options, rejectUnauthorized: true }) };
}

async function findTarget(
  world: World,
  text: string,
  signal: AbortSignal,
): Promise<Target | Extract<PostAnswer, { kind: 'refused' }>> {
  const verdict = checkEndpointUrl(text, world);
  if (verdict.kind === 'refused') return { kind: 'refused', reason: verdict.problem };
  const host = bareHost(verdict.url);
  const family = isIP(host);
  const addresses =
    family === 0 ? await orAbort((world.resolveHost ?? resolveBySystem)(host), signal) : [{ address: host, family }];
  if (addresses.length === 0) throw new Error('no address');
  for (const { address } of addresses) {
    const denial = denyAddress(address, world);
    if (denial !== null) return { kind: 'refused', reason: `the address is not a public one (${denial.why})` };
    if (verdict.url.protocol === 'http:' && !isLoopback(address))
      return { kind: 'refused', reason: 'plain http goes to this machine only' };
  }
  return { url: verdict.url, addresses };
}

function resolveBySystem(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true, order: 'verbatim' });
}

/** The system's resolver cannot be stopped, but nobody needs to wait for it. */
function orAbort<Result>(step: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    step.then(resolve, reject);
  });
}

function exchange(world: World, agents: Agents, letter: Letter): Promise<AskAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(world, agents, letter);
    let status: number | undefined;
    // Once a status is there the answer stands, and whatever befalls the rest of the body is no fault.
    request.on('error', (fault) => status === undefined && reject(fault));
    // An answer that changes protocols (101) brings no 'response', and Node may end a request without an 'error'.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ kind: 'answered', status: response.statusCode ?? 0, retryAfterMs: null, body: null });
    });
    request.on('close', () => status === undefined && reject(new Error('closed without an answer')));
    request.on('response', (response) => {
      status = response.statusCode ?? 0;
      const retryAfterMs = readRetryAfter(response.headers['retry-after'], world.clock.now());
      const answer = { kind: 'answered', status, retryAfterMs } as const;
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      response.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > world.responseBytesMax) response.destroy();
      });
      response.on('error', () => resolve({ ...answer, body: null }));
      response.on('close', () => {
        const isWhole = response.complete && bytes <= world.responseBytesMax;
        resolve({ ...answer, body: isWhole ? Buffer.concat(chunks).toString('utf8') : null });
      });
    });
    request.end(letter.body);
  });
}

function open(world: World, agents: Agents, { url, addresses, headers, signal }: Letter): http.ClientRequest {
  const secure = url.protocol === 'https:';
  const options: https.RequestOptions = {
    method: 'POST',
    protocol: url.protocol,
    // The name, not the address: TLS names and checks it, the Host header carries it; only the lookup is ours.
    host: bareHost(url),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Linekeeper' },
    lookup: lookupOf(addresses),
    maxHeaderSize: world.responseBytesMax,
    signal,
  };
  return secure ? https.request({ ...options, agent: agents.https }) : http.request({ ...options, agent: agents.http });
}

/** Answers every question for an address with those already checked. Later, never at once, as a resolver would. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, answer) => {
    const [first] = addresses;
    setImmediate(() => {
      if (options.all === true) answer(null, [...addresses]);
      else answer(null, first?.address ?? '', first?.family);
    });
  };
}

/** A system error's code such as `ECONNREFUSED` or `ENOTFOUND`; its message would name addresses. */
function codeOf(fault: unknown): string {
  if (!(fault instanceof Error)) return 'fault';
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
}
