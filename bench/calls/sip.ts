/**
 * Calls over SIP end to end: sipp calls one of our numbers on a real drachtio-server, the gateway takes each call in its
 * record and puts it through to an outside number, which is sipp again. DRACHTIO_BIN names the server's program; without it
 * or without sipp there is no figure. Everything runs on this machine and is stopped at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pino } from 'pino';
import { loadSettings } from '../../config/load.ts';
import { addEnterprise } from '../../src/gateway/add-enterprise.postgres.ts';
import { openRecord } from '../../src/gateway/start-gateway.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { createIds } from '../../src/ports/ids.ts';
import { freePort } from '../lease/bench-redis.ts';
import { gatewayProgram } from '../lease/started-process.ts';
import { callerScenario } from './sipp-scenarios.ts';

export interface SipFigures {
  /** Calls that were answered and hung up, for each second of the run. */
  readonly callsPerSecond: number;
  readonly failed: number;
  /** From the INVITE to its 200. */
  readonly setupP99Ms: number;
}

export interface SipBenchOptions {
  readonly quick: boolean;
  readonly say: (line: string) => void;
  /** An empty PostgreSQL database; without one the record is embedded; null: no record at all, only the carrier. */
  readonly databaseUrl?: string | null;
  readonly callsPerSecond?: number;
}

const root = resolve(import.meta.dirname, '../..');
const number = '+15035550100';
const elsewhere = '+15035550177';
const talkMs = 500;

/** Null when there is no drachtio-server to try it on. */
export async function benchSip(options: SipBenchOptions): Promise<SipFigures | null> {
  const drachtioBin = process.env.DRACHTIO_BIN;
  const sipp = await findProgram('sipp');
  if (drachtioBin === undefined || sipp === null) {
    options.say(`sip: left out, ${drachtioBin === undefined ? 'DRACHTIO_BIN is not set' : 'sipp is not installed'}`);
    return null;
  }
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-sip-'));
  const started: ChildProcess[] = [];
  try {
    return await measure({ ...options, drachtioBin, sipp, folder, started });
  } finally {
    for (const child of started.reverse()) await stop(child);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Run extends SipBenchOptions {
  readonly drachtioBin: string;
  readonly sipp: string;
  readonly folder: string;
  readonly started: ChildProcess[];
}

async function measure(run: Run): Promise<SipFigures> {
  const [adminPort, sipPort, trunkPort, callerPort] = [
    await freePort(),
    await udpPort(),
    await udpPort(),
    await udpPort(),
  ];
  await writeFile(join(run.folder, 'drachtio.conf.xml'), serverConfig(adminPort, sipPort));
  await writeFile(join(run.folder, 'caller.xml'), callerScenario(talkMs));
  start(run, run.drachtioBin, ['-f', join(run.folder, 'drachtio.conf.xml')], {});
  start(run, run.sipp, ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(trunkPort), '-nostdin'], {});
  const env = {
    DATA_DIR: run.folder,
    DEMO: 'off',
    SANDBOX_CARRIER: 'off',
    PORT: '0',
    LOG_LEVEL: 'fatal',
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: String(adminPort),
    DRACHTIO_SECRET: 'bench',
    SIP_DOMAIN: 'lines.example',
    SIP_TRUNKS: '127.0.0.1',
    SIP_TRUNK_URI: `sip:127.0.0.1:${trunkPort}`,
    ...(run.databaseUrl ? { DATABASE_URL: run.databaseUrl, SECRET_KEY: '5a'.repeat(32) } : {}),
  };
  if (run.databaseUrl !== null) await addNumber(env);
  const gateway = start(
    run,
    process.execPath,
    run.databaseUrl === null ? ['bench/sip-without-record.ts'] : gatewayProgram,
    env,
  );
  await says(gateway, /http:\/\/127\.0\.0\.1:\d+/);
  const call = (rate: number, calls: number) => playCallers(run, { rate, calls, sipPort, callerPort });
  await warmUp(run, () => call(5, 5), call);
  const rate = run.callsPerSecond ?? 100;
  const seconds = run.quick ? 5 : 20;
  run.say(`sip: ${rate} calls a second for ${seconds} s`);
  return call(rate, rate * seconds);
}

/** The gateway meets its server a moment after it has started; then some hundred calls, so that code is warm. */
async function warmUp(
  run: Run,
  first: () => Promise<SipFigures>,
  call: (rate: number, calls: number) => Promise<SipFigures>,
) {
  for (let attempt = 1; ; attempt += 1) {
    const { failed } = await first();
    if (failed === 0) break;
    if (attempt === 10) throw new Error('no call gets through');
  }
  run.say('sip: warming up');
  await call(50, 300);
}

async function addNumber(env: Readonly<Record<string, string>>): Promise<void> {
  const loaded = loadSettings(env);
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  const { database } = await openRecord(loaded.settings, pino({ level: 'silent' }));
  try {
    const world = { db: database.kysely, clock: systemClock, randomBytes };
    const { id: enterpriseId } = await addEnterprise(world, 'Bench');
    const id = createIds(world).make('num');
    const row = {
      id,
      enterprise_id: enterpriseId,
      e164: number as never,
      carrier: 'sip',
      failover: elsewhere as never,
      pool_id: null,
      state: 'active' as const,
    };
    await database.kysely
      .insertInto('number')
      .values({ ...row, free_at: new Date() })
      .execute();
  } finally {
    await database.close();
  }
}

interface Play {
  readonly rate: number;
  readonly calls: number;
  readonly sipPort: number;
  readonly callerPort: number;
}

/** One run of callers; sipp's own files say how each call went and how long its setup took. */
async function playCallers(run: Run, { rate, calls, sipPort, callerPort }: Play): Promise<SipFigures> {
  const words = [
    ...['-sf', join(run.folder, 'caller.xml'), '-s', number, '-i', '127.0.0.1', '-p', String(callerPort)],
    ...['-r', String(rate), '-m', String(calls), '-l', String(rate * 10), '-timeout', '60s', '-recv_timeout', '8000'],
    ...['-trace_rtt', '-rtt_freq', '1', '-trace_stat', '-fd', '1', '-nostdin', `127.0.0.1:${sipPort}`],
  ];
  const since = performance.now();
  const child = start(run, run.sipp, words, {});
  await once(child, 'close');
  const seconds = (performance.now() - since) / 1_000 - talkMs / 1_000;
  const setups = await readSetups(run.folder, child.pid ?? 0);
  const failed = calls - setups.completed;
  return {
    callsPerSecond: Math.round((setups.completed / seconds) * 10) / 10,
    failed,
    setupP99Ms:
      Math.round((setups.times[Math.ceil(setups.times.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY) * 10) / 10,
  };
}

async function readSetups(folder: string, pid: number): Promise<{ completed: number; times: readonly number[] }> {
  const names = await readdir(folder);
  const linesOf = async (ending: string) => {
    const name = names.find((candidate) => candidate.endsWith(`_${pid}_${ending}.csv`));
    return name === undefined ? [] : (await readFile(join(folder, name), 'utf8')).trim().split('\n');
  };
  const times = (await linesOf('rtt'))
    .slice(1)
    .map((line) => Number(line.split(';')[1]))
    .filter((time) => Number.isFinite(time))
    .sort((one, other) => one - other);
  const [head = '', ...rows] = await linesOf('');
  const column = head.split(';').indexOf('SuccessfulCall(C)');
  return { completed: Number(rows.at(-1)?.split(';')[column] ?? 0), times };
}

function start(
  run: Run,
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const isOurs = program === process.execPath;
  const child = spawn(program, words, {
    cwd: isOurs ? root : run.folder,
    env: { PATH: process.env.PATH, TERM: 'dumb', ...env },
    stdio: ['ignore', isOurs ? 'pipe' : 'ignore', isOurs ? 'inherit' : 'ignore'],
  });
  run.started.push(child);
  return child;
}

async function says(child: ChildProcess, ready: RegExp): Promise<void> {
  let said = '';
  await new Promise<void>((done, failed) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (ready.test(said)) done();
    });
    child.once('close', () => failed(new Error(`the gateway ended: ${said}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  child.kill('SIGTERM');
  await once(child, 'close');
  clearTimeout(patience);
}

function serverConfig(adminPort: number, sipPort: number): string {
  return `<drachtio>
  <admin port="${adminPort}" secret="bench">127.0.0.1</admin>
  <sip><contacts><contact>sip:127.0.0.1:${sipPort};transport=udp</contact></contacts></sip>
  <cdrs>false</cdrs>
  <logging><console/><sofia-loglevel>0</sofia-loglevel><loglevel>error</loglevel></logging>
</drachtio>
`;
}

async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

async function udpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
