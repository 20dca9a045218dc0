/**
 * Twilio under load, as a process of its own: answers the gateway's REST orders and sends it the signed webhooks of whole
 * calls. Without `rate` so many webhooks are under way at all times, whichever step of whichever call they are; with it
 * calls come in at the pace that brings as many webhooks a second, whatever the answers take, each of their webhooks follows
 * the answer before at once, and a caller's wait counts from when the call should have come in.
 */
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { signRequest } from '../src/simulate/far-end/sign-request.ts';
import { numberOf, staged } from './calls/staged-calls.ts';
import {
  agentRings,
  faultOf,
  incomingCall,
  type StormCall,
  type StormWebhook,
  webhookAfter,
  webhooksPerCall,
} from './calls/storm-call.ts';

export interface Storm {
  readonly gatewayUrl: string;
  /** What the gateway believes its address to be; signatures cover it. */
  readonly publicUrl: string;
  readonly authToken: string;
  /** Where the gateway expects Twilio's REST API. */
  readonly restPort: number;
  readonly seconds: number;
  readonly connections: number;
  /** Calls that are under way at once. */
  readonly callsMax: number;
  /** Webhooks a second; null: as fast as they are answered. */
  readonly rate: number | null;
  /** Tells the calls of this run from those of another. */
  readonly run: number;
}

export interface Stormed {
  readonly perSecond: number;
  readonly answered: number;
  readonly faults: readonly string[];
  /** Calls that were given up because a webhook was answered 503: the gateway could not take it within its 2 s. */
  readonly refused: number;
  readonly incomingP99Ms: number;
  readonly incomingMedianMs: number;
  /** Calls that went through all their webhooks, those after the measured time too. */
  readonly calls: number;
  /** Whole milliseconds in the median from a call's answer to the order to dial its agent. */
  readonly dialMedianMs: number;
}

const storm: Storm = JSON.parse(process.argv[2] ?? '{}');
const agent = new Agent({ keepAlive: true, maxSockets: storm.rate === null ? storm.connections : 512 });
const gateway = new URL(storm.gatewayUrl);
const ready: StormWebhook[] = [];
const waiting = new Map<string, { call: StormCall; since: number }>();
const dialledEarly = new Map<string, (call: StormCall) => void>();
const faults: string[] = [];
const incomingMs: number[] = [];
const dialMs: number[] = [];
let [live, started, answered, refused, whole, sids] = [0, 0, 0, 0, 0, 0];
let [isMeasured, isOver] = [false, false];
let wakeIdle: (() => void)[] = [];

/** Callers from twenty area codes, some of whom call again. */
const callerAreas = [
  201, 202, 203, 205, 206, 207, 208, 209, 210, 224, 214, 215, 216, 217, 218, 219, 225, 228, 229, 231,
];

function nextIncoming(): StormWebhook {
  const serial = started;
  started += 1;
  live += 1;
  const area = callerAreas[serial % callerAreas.length];
  const from = `+1${area}55501${String(Math.floor(serial / callerAreas.length + storm.run * 7) % 100).padStart(2, '0')}`;
  return incomingCall({ sid: sid(), from, to: numberOf('twilio', serial % staged.numbers) });
}

function sid(): string {
  sids += 1;
  return `CA${storm.run.toString(16).padStart(8, '0')}${process.pid.toString(16).padStart(8, '0')}${sids.toString(16).padStart(16, '0')}`;
}

function makeReady(webhook: StormWebhook): void {
  if (storm.rate !== null) return void send(webhook, performance.now());
  ready.push(webhook);
  wakeIdle.pop()?.();
}

function endCall(): void {
  live -= 1;
  wakeIdle.pop()?.();
}

/** The order to ring an agent: the callbacks name our call and leg. */
function onDial(form: URLSearchParams): string {
  const query = new URL(form.get('Url') ?? '').searchParams;
  const legSid = sid();
  const ring = (call: StormCall) => {
    call.legQuery = query.toString();
    call.legSid = legSid;
    call.agent = form.get('To');
    makeReady(agentRings(call));
  };
  const callId = query.get('call') ?? '';
  const known = waiting.get(callId);
  waiting.delete(callId);
  if (known === undefined) dialledEarly.set(callId, ring);
  else {
    if (isMeasured) dialMs.push(performance.now() - known.since);
    ring(known.call);
  }
  return legSid;
}

const rest = createServer((request, response) => {
  readAll(request).then((body) => {
    const form = new URLSearchParams(body);
    const known = /\/Calls\/(CA\w+)\.json/.exec(request.url ?? '')?.[1];
    const isDial = known === undefined && request.method === 'POST';
    const answer = { sid: isDial ? onDial(form) : known, status: isDial ? 'queued' : 'completed' };
    response.writeHead(isDial ? 201 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isDial || known !== undefined ? answer : { calls: [] }));
  });
});

async function readAll(message: IncomingMessage): Promise<string> {
  let text = '';
  message.setEncoding('utf8');
  for await (const part of message) text += part;
  return text;
}

function post({ pathAndQuery, fields }: StormWebhook): Promise<{ status: number; document: string }> {
  const body = new URLSearchParams(fields).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-twilio-signature': signRequest(storm.authToken, `${storm.publicUrl}${pathAndQuery}`, fields),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: gateway.hostname, port: gateway.port, path: pathAndQuery, method: 'POST', headers, agent },
      (response) =>
        readAll(response).then((document) => resolve({ status: response.statusCode ?? 0, document }), reject),
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function send(webhook: StormWebhook, since: number): Promise<void> {
  const answer = await post(webhook).catch((fault: Error) => ({ status: 0, document: String(fault) }));
  const fault = faultOf(webhook, answer.status, answer.document);
  if (fault !== null) {
    if (answer.status === 503) refused += 1;
    else faults.push(fault);
    return endCall();
  }
  if (isMeasured) {
    answered += 1;
    if (webhook.kind === 'incoming') incomingMs.push(performance.now() - since);
  }
  const { call } = webhook;
  const next = webhookAfter(webhook);
  if (next !== null) return makeReady(next);
  if (webhook.kind !== 'incoming') {
    whole += 1;
    return endCall();
  }
  const early = dialledEarly.get(call.callId ?? '');
  dialledEarly.delete(call.callId ?? '');
  if (early !== undefined) early(call);
  else waiting.set(call.callId ?? '', { call, since: performance.now() });
}

function nextWebhook(): StormWebhook | null {
  return ready.shift() ?? (live < storm.callsMax && !isOver ? nextIncoming() : null);
}

/** One connection: takes whichever webhook is next, until the load is over and all calls are. */
async function work(): Promise<void> {
  for (;;) {
    const webhook = nextWebhook();
    if (webhook !== null) await send(webhook, performance.now());
    else if (isOver && live === 0) return;
    else await new Promise<void>((resolve) => wakeIdle.push(resolve));
  }
}

/** Calls come in at a pace; after it is over those under way are played to their end. */
async function pace(rate: number): Promise<void> {
  const beganAt = performance.now();
  const everyMs = (1_000 * webhooksPerCall) / rate;
  let come = 0;
  while (!isOver) {
    const due = Math.floor((performance.now() - beganAt) / everyMs);
    for (; come < due; come += 1) void send(nextIncoming(), beganAt + (come + 1) * everyMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (live > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

function percentile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

await new Promise<void>((listening) => rest.listen(storm.restPort, '127.0.0.1', listening));
const load =
  storm.rate === null ? Promise.all(Array.from({ length: storm.connections }, work)) : pace(storm.rate).then(() => []);
await new Promise((resolve) => setTimeout(resolve, 700));
isMeasured = true;
const beganAt = performance.now();
await new Promise((resolve) => setTimeout(resolve, storm.seconds * 1_000));
isMeasured = false;
const elapsedSeconds = (performance.now() - beganAt) / 1_000;
const measured = answered;
isOver = true;
const patience = setTimeout(() => {
  faults.push(`${live} calls did not come to their end: ${waiting.size} agents were never rung`);
  live = 0;
}, 30_000);
const waker = setInterval(() => {
  for (const wake of wakeIdle) wake();
  wakeIdle = [];
}, 20);
await load;
clearTimeout(patience);
clearInterval(waker);
// What the gateway still orders of ended calls is answered, so that nothing is tried again in the next round.
await new Promise((resolve) => setTimeout(resolve, 500));
rest.close();
rest.closeAllConnections();
agent.destroy();
const stormed: Stormed = {
  perSecond: measured / elapsedSeconds,
  answered: measured,
  refused,
  faults: [...new Set(faults)].map((fault) => `${faults.filter((other) => other === fault).length} times ${fault}`),
  incomingP99Ms: percentile(incomingMs, 0.99),
  incomingMedianMs: percentile(incomingMs, 0.5),
  calls: whole,
  dialMedianMs: Math.round(percentile(dialMs, 0.5)),
};
process.stdout.write(`${JSON.stringify(stormed)}\n`);
