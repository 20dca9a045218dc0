/**
 * Whole calls through the sandbox carrier, as a process of its own: so many callers at once, each of whom calls again as
 * soon as the last call has ended in the record and the contact centre was told so. The contact centre is this process
 * too: it hears of the offer, the agent's phone is picked up as soon as it rings, presses 1, and the caller hangs up.
 */
import { Agent, createServer, request as httpRequest } from 'node:http';
import { agentId, agentPhone, numberOf, secretKey, staged } from './calls/staged-calls.ts';

export interface Play {
  readonly gatewayUrl: string;
  readonly seconds: number;
  readonly callers: number;
  readonly run: number;
}

export interface Played {
  readonly callsPerSecond: number;
  /** Calls that ended, those after the measured time too. */
  readonly calls: number;
  readonly faults: readonly string[];
}

const play: Play = JSON.parse(process.argv[2] ?? '{}');
const gateway = new URL(play.gatewayUrl);
const agent = new Agent({ keepAlive: true, maxSockets: play.callers * 2 });
const phoneOf = new Map(
  Array.from({ length: staged.agents }, (_, index) => [agentId('sandbox', index), agentPhone('sandbox', index)]),
);
const offered = new Map<string, PromiseWithResolvers<string>>();
const ended = new Map<string, PromiseWithResolvers<string>>();
const faults: string[] = [];
let [measured, finished, isMeasured, isOver] = [0, 0, false, false];

function promised(map: Map<string, PromiseWithResolvers<string>>, callId: string): PromiseWithResolvers<string> {
  const known = map.get(callId) ?? Promise.withResolvers<string>();
  map.set(callId, known);
  return known;
}

const centre = createServer(async (request, response) => {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  response.writeHead(204).end();
  const { type, data } = JSON.parse(text);
  if (type === 'call.offered') promised(offered, data.callId).resolve(phoneOf.get(data.agentId) ?? '');
  if (type === 'call.ended') promised(ended, data.callId).resolve(data.verdict.slug);
});

interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the route it asks
  readonly body: any;
}

function ask(method: string, path: string, body: object = {}): Promise<Reply> {
  const text = method === 'GET' ? '' : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${secretKey}`,
    ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: gateway.hostname, port: gateway.port, path, method, headers, agent },
      async (response) => {
        let said = '';
        for await (const part of response.setEncoding('utf8')) said += part;
        resolve({ status: response.statusCode ?? 0, body: said === '' ? null : JSON.parse(said) });
      },
    );
    request.on('error', reject);
    request.end(text);
  });
}

async function must(path: string, body?: object): Promise<Reply['body']> {
  const reply = await ask('POST', path, body);
  if (reply.status >= 300) throw new Error(`${path.replace(/[0-9+]+|SB\w+/g, '…')} was answered ${reply.status}`);
  return reply.body;
}

/** The event and the order to ring the phone go different ways: the phone may ring a little after it. */
async function pickUp(phone: string): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if ((await ask('POST', `/carriers/sandbox/phones/${phone}/answer`)).status < 300) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('the agent’s phone did not ring');
}

async function playCall(serial: number): Promise<void> {
  const from = `+1${201 + (serial % 9)}55501${String(Math.floor(serial / 9) % 100).padStart(2, '0')}`;
  const placed = await must('/carriers/sandbox/calls', { from, to: numberOf('sandbox', serial % staged.numbers) });
  const { body } = await ask('GET', `/v1/calls?carrierCallId=${placed.id}`);
  if (body.items === undefined) throw new Error(JSON.stringify(body).slice(0, 200));
  const callId = body.items[0].id;
  const phone = await promised(offered, callId).promise;
  await pickUp(phone);
  const agentSide = await must(`/carriers/sandbox/phones/${phone}/press`, { digits: '1' });
  if (agentSide.connectedWith === null) throw new Error('the agent was not connected');
  await must(`/carriers/sandbox/calls/${placed.id}/hang-up`);
  const verdict = await promised(ended, callId).promise;
  if (verdict !== 'answered') throw new Error(`a call ended ${verdict}`);
  for (const map of [offered, ended]) map.delete(callId);
  finished += 1;
  if (isMeasured) measured += 1;
}

let serial = play.run * 1_000;
async function callAgain(): Promise<void> {
  while (!isOver) {
    serial += 1;
    await playCall(serial).catch((fault: Error) => faults.push(fault.message));
  }
}

await new Promise<void>((listening) => centre.listen(0, '127.0.0.1', listening));
const address = centre.address();
const port = address === null || typeof address === 'string' ? 0 : address.port;
const endpoint = await must('/v1/endpoints', { url: `http://127.0.0.1:${port}/` });
const callers = Array.from({ length: play.callers }, callAgain);
await new Promise((resolve) => setTimeout(resolve, 700));
isMeasured = true;
const beganAt = performance.now();
await new Promise((resolve) => setTimeout(resolve, play.seconds * 1_000));
isMeasured = false;
const elapsedSeconds = (performance.now() - beganAt) / 1_000;
const callsPerSecond = measured / elapsedSeconds;
isOver = true;
const stuck = setTimeout(() => {
  process.stdout.write(
    `${JSON.stringify({ callsPerSecond, calls: finished, faults: ['calls did not end', ...faults] })}\n`,
  );
  process.exit(0);
}, 20_000);
await Promise.all(callers);
clearTimeout(stuck);
await ask('PATCH', `/v1/endpoints/${endpoint.id}`, { enabled: false });
centre.close();
centre.closeAllConnections();
agent.destroy();
const played: Played = { callsPerSecond, calls: finished, faults: [...new Set(faults)] };
process.stdout.write(`${JSON.stringify(played)}\n`);
