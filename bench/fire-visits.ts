/**
 * Fires visits or beats at an address from 64 connections, as a process of its own, and prints how fast they were
 * answered. Requests are made before the clock starts, each visit with a visitor and an address of its own, so that what
 * is measured is the server.
 */
import autocannon from 'autocannon';

export interface Firing {
  readonly url: string;
  readonly what: 'visits' | 'beats';
  readonly seconds: number;
  readonly connections: number;
  readonly key: string;
  /** Tells the visitors of this run from those of another. */
  readonly run: string;
  /** Requests made ready for each connection; more than it can use. */
  readonly each: number;
  /** Ids of visits that beat: this many, from 0 on. */
  readonly visits: number;
}

export interface Fired {
  readonly rps: number;
  readonly p99Ms: number;
  readonly answered: number;
  readonly faults: number;
}

type Client = autocannon.Client;

const firing: Firing = JSON.parse(process.argv[2] ?? '{}');
const headers = {
  authorization: `Bearer ${firing.key}`,
  origin: firing.what === 'visits' ? 'https://busy.example' : 'https://live.example',
  'content-type': 'application/json',
};

/** The id of the nth visit of those that were there before. */
function visitId(index: number): string {
  return `visit_01k9${String(index).padStart(22, '0')}`;
}

function visit(client: number, index: number): autocannon.Request {
  const serial = client * firing.each + index;
  const address = `240.${(serial >> 16) & 255}.${(serial >> 8) & 255}.${serial & 255}`;
  const body = {
    url: 'https://busy.example/pricing?plan=team',
    referrer: 'https://search.example/',
    visitorId: `${firing.run}-${serial}`,
    utmSource: 'news',
    utmCampaign: 'spring',
    locale: 'en-US',
    human: true,
  };
  const forwarded = { 'x-forwarded-for': address };
  return { method: 'POST', path: '/v1/visits', headers: { ...headers, ...forwarded }, body: JSON.stringify(body) };
}

function beat(client: number, index: number): autocannon.Request {
  const id = visitId((client + index * firing.connections) % firing.visits);
  const body = JSON.stringify({ engagedSeconds: 15 + (index % 300), pages: 1 + (index % 5) });
  const forwarded = { 'x-forwarded-for': `241.0.${client}.${index & 255}` };
  return { method: 'POST', path: `/v1/visits/${id}/beat`, headers: { ...headers, ...forwarded }, body };
}

let clients = 0;
const requestOf = firing.what === 'visits' ? visit : beat;
const result = await autocannon({
  url: firing.url,
  connections: firing.connections,
  duration: firing.seconds,
  method: 'POST',
  setupClient: (client: Client) => {
    const number = clients;
    clients += 1;
    client.setRequests(Array.from({ length: firing.each }, (_, index) => requestOf(number, index)));
  },
});
const answered = result['2xx'];
const fired: Fired = {
  rps: result.requests.average,
  p99Ms: result.latency.p99,
  answered,
  faults: result.errors + result.timeouts + result.non2xx,
};
process.stdout.write(`${JSON.stringify(fired)}\n`);
