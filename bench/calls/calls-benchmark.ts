/**
 * What a carrier's webhooks and whole calls cost, against bare one-row commits on the same kind of database at the same
 * concurrency in the same run: the gateway as a user starts it, once with its embedded PostgreSQL and once on a server
 * (synchronous_commit on, BullMQ on the record, no Redis). Every webhook is signed, and counts once it was verified,
 * stored and answered after its commit. Rounds take turns, so that a machine that drifts drifts for all of them; the
 * median round counts, and at the end the record is asked for everything that was answered.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, databaseName, dropDatabase, urlOf } from '../../test/support/server-databases.ts';
import { findPostgres } from '../../test/support/services.ts';
import type { CommitFiring, Committed } from '../bare-commits.ts';
import type { Benchmark, BenchOptions } from '../benchmark.ts';
import type { Storm, Stormed } from '../fire-webhooks.ts';
import { freePort } from '../lease/bench-redis.ts';
import { gatewayProgram, runTool, type StartedServer, startServer } from '../lease/started-process.ts';
import type { Play, Played } from '../play-calls.ts';
import { benchSip, type SipFigures } from './sip.ts';
import { auditCalls, type RecordPlace, stageCalls } from './staged-calls.ts';

export interface CallFigures {
  readonly commitsPerSecond: number;
  readonly webhooksPerSecond: number;
  readonly webhookRatio: number;
  /** Closed loop: so many callers, each of whom calls again once the last call has ended and that was told. */
  readonly callsPerSecond: number;
  /** Of the answer to a call that comes in, at half of `webhooksPerSecond`, counted from when it should have been sent. */
  readonly answerP99Ms: number;
}

export interface CallsResult {
  readonly embedded: CallFigures;
  readonly server: CallFigures | null;
  /** The whole gateway on a server's record; null where no drachtio-server is (DRACHTIO_BIN) or no sipp. */
  readonly sip: SipFigures | null;
}

interface Size {
  /** Paces at which the gateway is brought up to speed, webhooks a second; the last is as fast as it can. */
  readonly warmUps: readonly (number | null)[];
  readonly rounds: number;
  readonly seconds: number;
}

const connections = 64;
const callsMax = 120;
const callers = 24;
const full: Size = { warmUps: [20, 100, null, null], rounds: 3, seconds: 4 };
const quick: Size = { warmUps: [null], rounds: 1, seconds: 1 };
const check: Size = { warmUps: [30], rounds: 1, seconds: 1 };
const publicUrl = 'https://lines.example';
const authToken = '3'.repeat(32);

export const callsBenchmark: Benchmark = Object.freeze({
  title: 'carrier webhooks against bare commits, and whole calls, on the embedded database and on a server',
  run: (options: BenchOptions) => measure(options.quick ? quick : full, options.say),
  print: (result: object) => printed(result as CallsResult),
  selfCheck: async (say: BenchOptions['say']) => faultsOf(await measure(check, say)),
});

async function measure(size: Size, say: BenchOptions['say']): Promise<CallsResult> {
  const embedded = await measureEmbedded(size, say);
  const postgres = await findPostgres(process.env.TEST_DATABASE_URL);
  if (postgres.kind === 'absent') say(`server: left out, ${postgres.reason}`);
  const server = postgres.kind === 'absent' ? null : await measureServer(postgres.url, size, say);
  return { embedded, server, sip: await measureSip(size, postgres.kind === 'absent' ? null : postgres.url, say) };
}

async function measureSip(size: Size, serverUrl: string | null, say: BenchOptions['say']): Promise<SipFigures | null> {
  const run = { quick: size !== full, say };
  if (serverUrl === null) return benchSip(run);
  const name = databaseName(process.pid);
  await createDatabase(serverUrl, name, null);
  try {
    return await benchSip({ ...run, databaseUrl: urlOf(serverUrl, name) });
  } finally {
    await dropDatabase(serverUrl, name);
  }
}

async function measureEmbedded(size: Size, say: BenchOptions['say']): Promise<CallFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-bench-calls-'));
  try {
    const places = { record: embeddedIn(join(folder, 'record')), bare: embeddedIn(join(folder, 'bare')) };
    return await measurePlace(places, { DATA_DIR: places.record.folder }, size, (line) => say(`embedded: ${line}`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function embeddedIn(folder: string) {
  return { kind: 'embedded', folder } as const;
}

async function measureServer(serverUrl: string, size: Size, say: BenchOptions['say']): Promise<CallFigures> {
  const name = databaseName(process.pid);
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-bench-calls-'));
  await createDatabase(serverUrl, name, null);
  try {
    const record = { kind: 'server', url: urlOf(serverUrl, name) } as const;
    const settings = { DATA_DIR: folder, DATABASE_URL: record.url };
    return await measurePlace({ record, bare: record }, settings, size, (line) => say(`server: ${line}`));
  } finally {
    await dropDatabase(serverUrl, name);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Places {
  readonly record: RecordPlace;
  /** Where bare rows are committed. */
  readonly bare: RecordPlace;
}

interface Round {
  readonly bare: Committed;
  readonly storm: Stormed;
  readonly half: Stormed;
  readonly play: Played;
}

async function measurePlace(
  places: Places,
  settings: Readonly<Record<string, string>>,
  size: Size,
  say: BenchOptions['say'],
): Promise<CallFigures> {
  say('staging the record');
  await stageCalls(places.record);
  const restPort = await freePort();
  const gateway = await startGateway(settings, restPort);
  const rounds: Round[] = [];
  const storms: Stormed[] = [];
  const fire = async (rate: number | null) => {
    const aim = { gatewayUrl: gateway.url, publicUrl, authToken, restPort, connections, callsMax };
    const firing: Storm = { ...aim, seconds: size.seconds, rate, run: storms.length + 1 };
    const stormed = await runTool<Stormed>(['bench/fire-webhooks.ts', JSON.stringify(firing)]);
    storms.push(stormed);
    return stormed;
  };
  try {
    for (const rate of size.warmUps) await fire(rate);
    for (let round = 1; round <= size.rounds; round += 1) {
      const fired = await fireRound(places, gateway, { fire, seconds: size.seconds, run: round });
      say(`round ${round}: ${told(fired)}`);
      rounds.push(fired);
    }
  } finally {
    await gateway.stop();
  }
  await audit(places.record, { storms, plays: rounds.map(({ play }) => play) }, say);
  return figuresOf(rounds);
}

function startGateway(settings: Readonly<Record<string, string>>, restPort: number): Promise<StartedServer> {
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: publicUrl,
    SECRET_KEY: '0'.repeat(64),
    SANDBOX_CARRIER: 'on',
    WEBHOOK_ALLOW_LOOPBACK: 'on',
    TWILIO_ACCOUNT_SID: `AC${'4'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: authToken,
    TWILIO_CALLS_PER_SECOND: '10000',
    TWILIO_API_URL: `http://127.0.0.1:${restPort}`,
    ...settings,
  };
  const profiling =
    process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];
  return startServer([...profiling, ...gatewayProgram], env, /running at (http:\S+)/);
}

async function fireRound(
  places: Places,
  gateway: StartedServer,
  { fire, seconds, run }: { fire: (rate: number | null) => Promise<Stormed>; seconds: number; run: number },
): Promise<Round> {
  const committing: CommitFiring = { place: places.bare, seconds, connections };
  const bare = await runTool<Committed>(['bench/bare-commits.ts', JSON.stringify(committing)]);
  const storm = await fire(null);
  const half = await fire(storm.perSecond / 2);
  const playing: Play = { gatewayUrl: gateway.url, seconds, callers, run };
  const play = await runTool<Played>(['bench/play-calls.ts', JSON.stringify(playing)]);
  return { bare, storm, half, play };
}

function told({ bare, storm, half, play }: Round): string {
  const refused = storm.refused + half.refused;
  return [
    `${Math.round(bare.perSecond)} commits/s`,
    `${Math.round(storm.perSecond)} webhooks/s (ratio ${(storm.perSecond / bare.perSecond).toFixed(3)}, agents dialled after ${storm.dialMedianMs} ms)`,
    `at half an answer in ${half.incomingMedianMs.toFixed(1)} ms, p99 ${half.incomingP99Ms.toFixed(1)} ms (dialled after ${half.dialMedianMs} ms)`,
    `${play.callsPerSecond.toFixed(1)} whole calls/s`,
    ...(refused === 0 ? [] : [`${refused} calls given up after a 503`]),
  ].join(', ');
}

/** Everything that was answered is in the record. */
async function audit(
  place: RecordPlace,
  { storms, plays }: { storms: readonly Stormed[]; plays: readonly Played[] },
  say: BenchOptions['say'],
): Promise<void> {
  const sum = <Fired>(all: readonly Fired[], of: (fired: Fired) => number) =>
    all.reduce((total, fired) => total + of(fired), 0);
  const answered = sum(storms, (storm) => storm.answered);
  const stormedCalls = sum(storms, (storm) => storm.calls);
  const played = sum(plays, (play) => play.calls);
  const found = await auditCalls(place);
  say(
    `record: ${found.webhooks} webhooks stored of ${answered} and more answered, ${found.answeredTwilioCalls} of ` +
      `${stormedCalls} and ${found.answeredCalls} of ${played} calls ended as answered, ${found.brokenSequences} gaps`,
  );
  const faults = [...storms, ...plays].flatMap((fired) => fired.faults);
  if (faults.length > 0) throw new Error([...new Set(faults)].slice(0, 5).join('; '));
  const isWhole = found.webhooks >= answered && found.answeredTwilioCalls >= stormedCalls;
  if (!isWhole || found.answeredCalls < played || found.brokenSequences > 0)
    throw new Error('the record does not hold what was answered');
}

function figuresOf(rounds: readonly Round[]): CallFigures {
  const median = (of: (round: Round) => number) => {
    const sorted = rounds.map(of).sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const ratio = median(({ storm, bare }) => storm.perSecond / bare.perSecond);
  return {
    commitsPerSecond: Math.round(median(({ bare }) => bare.perSecond)),
    webhooksPerSecond: Math.round(median(({ storm }) => storm.perSecond)),
    webhookRatio: Math.round(ratio * 1_000) / 1_000,
    callsPerSecond: Math.round(median(({ play }) => play.callsPerSecond) * 10) / 10,
    answerP99Ms: Math.round(median(({ half }) => half.incomingP99Ms) * 10) / 10,
  };
}

function printed(result: CallsResult): string {
  return Object.entries(result)
    .map(([name, figures]) => {
      const said = Object.entries(figures ?? {}).map(([key, value]) => `${key} ${value}`);
      return `${name.padEnd(9)} ${figures === null ? 'left out' : said.join('  ')}\n`;
    })
    .join('');
}

/** Shape and sanity of a result. */
function faultsOf(result: CallsResult): string[] {
  const keys = ['commitsPerSecond', 'webhooksPerSecond', 'webhookRatio', 'callsPerSecond', 'answerP99Ms'];
  return Object.entries({ embedded: result.embedded, server: result.server }).flatMap(([place, figures]) => {
    if (figures === null) return [];
    if (Object.keys(figures).join() !== keys.join()) return [`${place} has other keys`];
    return Object.entries(figures).flatMap(([key, value]) =>
      Number.isFinite(value) && value > 0 ? [] : [`${place}.${key} is ${value}`],
    );
  });
}
