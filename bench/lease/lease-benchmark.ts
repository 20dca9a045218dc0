/**
 * What a durable grant and a beat cost over HTTP, against bare Fastify with the same route shape in the same run: the
 * gateway as a user starts it (production, its own log level, a PostgreSQL server with synchronous_commit on), 64
 * connections, live leases by the ten thousand. Rounds of all targets take turns, so that a machine that drifts drifts
 * for all of them; the median round counts.
 */
import { findPostgres } from '../../test/support/services.ts';
import type { Benchmark, BenchOptions } from '../benchmark.ts';
import type { Fired, Firing } from '../fire-visits.ts';
import { type BenchRedis, startBenchRedis } from './bench-redis.ts';
import { firstVisit, type StagedRecord, stageRecord } from './staged-record.ts';
import { gatewayProgram, runTool, type StartedServer, startServer } from './started-process.ts';

export interface ModeFigures {
  readonly bareRps: number;
  readonly grantRps: number;
  readonly grantRatio: number;
  readonly grantP99Ms: number;
  readonly beatRps: number;
  readonly beatRatio: number;
  readonly bytesPerLease: number;
}

export type DiyFigures = Pick<ModeFigures, 'bareRps' | 'grantRps' | 'grantRatio' | 'grantP99Ms'>;

export interface LeaseResult {
  readonly memory: ModeFigures;
  readonly redis: ModeFigures | null;
  readonly diy: DiyFigures | null;
}

interface Size {
  readonly warmUps: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly live: number;
  /** Numbers that are granted again and again; a round whose visits found none would not count. */
  readonly busy: number;
}

const connections = 64;
/** Numbers for the grant written by hand, which comes round to none of them within their time. */
const byHandNumbers = 40_000;
/** A backlog that takes longer than this to be filed is not one that a burst leaves. */
const filedWithinMs = 15_000;
/** Requests are made ready for so many a second; should there be more, visitors come a second time. */
const fastestRps = { visits: 40_000, beats: 10_000 };
const full: Size = { warmUps: 4, rounds: 5, seconds: 3, live: 100_000, busy: 80_000 };
const quick: Size = { warmUps: 1, rounds: 1, seconds: 2, live: 20_000, busy: 60_000 };
const check: Size = { warmUps: 0, rounds: 1, seconds: 1, live: 2_000, busy: 80_000 };

export const leaseBenchmark: Benchmark = Object.freeze({
  title: 'a durable grant and a beat over HTTP against bare Fastify, in memory and on Redis',
  /** `--without-redis` leaves the second half out. */
  run: ({ quick: isQuick, more, say }: BenchOptions) =>
    measure(isQuick ? quick : full, more['without-redis'] === undefined, say),
  print: (result: object) => printed(result as LeaseResult),
  selfCheck: async (say: BenchOptions['say']) => faultsOf(await measure(check, true, say)),
});

async function measure(size: Size, withRedis: boolean, say: BenchOptions['say']): Promise<LeaseResult> {
  const postgres = await findPostgres(process.env.TEST_DATABASE_URL);
  if (postgres.kind === 'absent') throw new Error(postgres.reason);
  say('memory: staging the record');
  const { figures: memory, diy } = await measureMode(postgres.url, size, null, say);
  const redis = withRedis ? await startBenchRedis() : null;
  if (redis === null) say(`redis: left out, ${withRedis ? 'there is no redis-server' : 'as asked'}`);
  try {
    const shared = redis === null ? null : await measureMode(postgres.url, size, redis, say);
    return { memory, redis: shared?.figures ?? null, diy };
  } finally {
    await redis?.stop();
  }
}

interface Targets {
  readonly bare: StartedServer;
  readonly gateway: StartedServer;
  /** Measured beside the book in memory only: it does not depend on Redis. */
  readonly diy: StartedServer | null;
}

async function measureMode(
  serverUrl: string,
  size: Size,
  redis: BenchRedis | null,
  say: BenchOptions['say'],
): Promise<{ figures: ModeFigures; diy: DiyFigures | null }> {
  const record = await stageRecord(serverUrl, { ...size, byHand: redis === null ? byHandNumbers : 0 });
  const started: StartedServer[] = [];
  const keep = (server: StartedServer) => {
    started.push(server);
    return server;
  };
  try {
    const gateway = keep(await startGateway(record, redis));
    const { answers, usedBytes } = await warmUp(gateway, record, redis);
    const bare = keep(await startBare({ ...answers }));
    const url = new URL(record.url);
    url.searchParams.set('options', '-c search_path=linekeeper');
    const diy = redis === null ? keep(await startBare({ ...answers, DIY_DATABASE_URL: url.href })) : null;
    const rounds = await fireRounds({ bare, gateway, diy }, record, size, (line) =>
      say(`${redis === null ? 'memory' : 'redis'}: ${line}`),
    );
    const bytesPerLease =
      redis === null
        ? await runTool<number>(['--expose-gc', 'bench/weigh-leases.ts', String(size.live)])
        : Math.round(usedBytes / size.live);
    return figuresOf(rounds, bytesPerLease);
  } finally {
    for (const server of started) await server.stop();
    await record.drop();
  }
}

function startGateway(record: StagedRecord, redis: BenchRedis | null): Promise<StartedServer> {
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: record.url,
    SECRET_KEY: '0'.repeat(64),
    SANDBOX_CARRIER: 'on',
    TRUST_PROXY: 'loopback',
    ...(redis === null ? {} : { REDIS_URL: redis.url }),
  };
  const profiling =
    process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];
  return startServer([...profiling, ...gatewayProgram], env, /running at (http:\S+)/);
}

function startBare(env: Readonly<Record<string, string>>): Promise<StartedServer> {
  return startServer(['bench/bare-visits.ts'], env, /ready (http:\S+)/);
}

interface Answers {
  readonly VISIT_ANSWER: string;
  readonly BEAT_ANSWER: string;
}

/** The first requests load the pools; their answers are what bare Fastify answers too, byte for byte. */
async function warmUp(gateway: StartedServer, { key }: StagedRecord, redis: BenchRedis | null) {
  const post = async (origin: string, path: string, body: object): Promise<string> => {
    const headers = { authorization: `Bearer ${key}`, origin, 'content-type': 'application/json' };
    for (let tries = 1; tries <= 20; tries += 1) {
      const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await response.text();
      if (response.ok && JSON.parse(text).lease !== null) return text;
      if (response.status !== 503) throw new Error(`the first request was answered ${response.status} ${text}`);
    }
    throw new Error('the gateway did not take a request in 20 tries');
  };
  const usedBefore = await redis?.usedBytes();
  const BEAT_ANSWER = await post('https://live.example', `/v1/visits/${firstVisit}/beat`, { engagedSeconds: 1 });
  const usedAfter = await redis?.usedBytes();
  const visit = { url: 'https://busy.example/', human: true };
  const VISIT_ANSWER = await post('https://busy.example', '/v1/visits', visit);
  const answers: Answers = { VISIT_ANSWER, BEAT_ANSWER };
  return { answers, usedBytes: (usedAfter ?? 0) - (usedBefore ?? 0) };
}

interface Round {
  readonly bareVisits: Fired;
  readonly bareBeats: Fired;
  readonly grants: Fired;
  readonly beats: Fired;
  readonly diy: Fired | null;
}

async function fireRounds(
  { bare, gateway, diy }: Targets,
  record: StagedRecord,
  size: Size,
  say: BenchOptions['say'],
): Promise<Round[]> {
  const fire = (server: StartedServer, what: Firing['what'], run: string, seconds: number) => {
    const each = Math.ceil((fastestRps[what] * seconds) / connections);
    const { key } = record;
    const firing: Firing = { url: server.url, what, seconds, connections, key, run, each, visits: size.live };
    return runTool<Fired>(['bench/fire-visits.ts', JSON.stringify(firing)]);
  };
  for (let warmUp = 1; warmUp <= size.warmUps; warmUp += 1) {
    await fire(bare, 'visits', 'warm', 1);
    await fire(gateway, 'beats', 'warm', 1);
    const before = await record.countLeases();
    const { answered } = await fire(gateway, 'visits', `warm-${warmUp}`, 1);
    await waitUntilFiled(record, before, answered);
  }
  const rounds: Round[] = [];
  for (let round = 1; round <= size.rounds; round += 1) {
    const before = await record.countLeases();
    const grants = await fire(gateway, 'visits', `round-${round}`, size.seconds);
    const { filed, waitedMs } = await waitUntilFiled(record, before, grants.answered);
    const bareVisits = await fire(bare, 'visits', `round-${round}`, size.seconds);
    const beats = await fire(gateway, 'beats', '', size.seconds);
    const bareBeats = await fire(bare, 'beats', '', size.seconds);
    const byHand = diy === null ? null : await fire(diy, 'visits', `round-${round}`, size.seconds);
    rounds.push({ bareVisits, bareBeats, grants, beats, diy: byHand });
    say(
      `round ${round}: ${told({ bareVisits, grants, bareBeats, beats, ...(byHand ? { byHand } : {}) })}; ${filed} filed, the last ${waitedMs} ms after (with filing ${sustained(grants, size, waitedMs)}/s)`,
    );
  }
  return rounds;
}

/** What the gateway keeps up for as long as one likes: grants over the time until the last one was filed. */
function sustained({ answered }: Fired, { seconds }: Size, filingMs: number): number {
  return Math.round(answered / (seconds + filingMs / 1_000));
}

/** Filing may go on after a burst, outside the clock; no grant may be missing in the end. */
async function waitUntilFiled(record: StagedRecord, before: number, answered: number) {
  const stopped = performance.now();
  for (;;) {
    const filed = (await record.countLeases()) - before;
    const waitedMs = Math.round(performance.now() - stopped);
    if (filed >= answered) return { filed, waitedMs };
    if (waitedMs > filedWithinMs) throw new Error(`${answered} grants were answered and ${filed} filed`);
    await new Promise((looked) => setTimeout(looked, 50));
  }
}

function told(fired: Readonly<Record<string, Fired>>): string {
  return Object.entries(fired)
    .map(
      ([name, { rps, p99Ms, faults }]) =>
        `${name} ${Math.round(rps)}/s p99 ${p99Ms} ms${faults > 0 ? ` ${faults} FAULTS` : ''}`,
    )
    .join(', ');
}

function figuresOf(rounds: readonly Round[], bytesPerLease: number): { figures: ModeFigures; diy: DiyFigures | null } {
  const faults = rounds.flatMap((round) => [round.grants, round.beats]).reduce((sum, fired) => sum + fired.faults, 0);
  if (faults > 0) throw new Error(`${faults} requests were not answered 2xx`);
  const median = (of: (round: Round) => number) => {
    const sorted = rounds.map(of).sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const bareRps = Math.round(median(({ bareVisits }) => bareVisits.rps));
  const figures = {
    bareRps,
    grantRps: Math.round(median(({ grants }) => grants.rps)),
    grantRatio: rounded(median(({ grants, bareVisits }) => grants.rps / bareVisits.rps)),
    grantP99Ms: median(({ grants }) => grants.p99Ms),
    beatRps: Math.round(median(({ beats }) => beats.rps)),
    beatRatio: rounded(median(({ beats, bareBeats }) => beats.rps / bareBeats.rps)),
    bytesPerLease,
  };
  const byHand = (of: (fired: Fired, round: Round) => number) =>
    median((round) => (round.diy === null ? Number.NaN : of(round.diy, round)));
  if (rounds.some(({ diy }) => diy === null)) return { figures, diy: null };
  const diy = {
    bareRps,
    grantRps: Math.round(byHand(({ rps }) => rps)),
    grantRatio: rounded(byHand(({ rps }, { bareVisits }) => rps / bareVisits.rps)),
    grantP99Ms: byHand(({ p99Ms }) => p99Ms),
  };
  return { figures, diy };
}

function rounded(ratio: number): number {
  return Math.round(ratio * 1_000) / 1_000;
}

function printed({ memory, redis, diy }: LeaseResult): string {
  const line = (name: string, figures: Partial<ModeFigures> | null) =>
    figures === null
      ? `${name.padEnd(8)} left out\n`
      : `${name.padEnd(8)} ${Object.entries(figures)
          .map(([key, value]) => `${key} ${value}`)
          .join('  ')}\n`;
  return line('memory', memory) + line('redis', redis) + line('by hand', diy);
}

/** Shape and sanity of a result. */
function faultsOf(result: LeaseResult): string[] {
  const keys = ['bareRps', 'grantRps', 'grantRatio', 'grantP99Ms', 'beatRps', 'beatRatio', 'bytesPerLease'];
  return Object.entries(result).flatMap(([mode, figures]) =>
    figures === null
      ? []
      : Object.entries(figures).flatMap(([key, value]) => {
          if (mode !== 'diy' && Object.keys(figures).join() !== keys.join()) return [`${mode} has other keys`];
          return Number.isFinite(value) && Number(value) > 0 ? [] : [`${mode}.${key} is ${value}`];
        }),
  );
}
