/**
 * The composition root: from Settings to a running gateway. It is the one place that knows every adapter; everything
 * below is given its ports. `startGateway` returns when the address is open, `close` drains: no new requests, the ones
 * under way answered, wakes stopped, connections shut.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { limits } from '../../config/limits.ts';
import type { Settings } from '../../config/settings.ts';
import packageFile from '../../package.json' with { type: 'json' };
import type { App } from '../api/app-type.ts';
import { createAttributionReads } from '../api/attribution-reads.postgres.ts';
import { createAuthorise } from '../api/authorise.ts';
import { createApp, type ObserveRequest, registerApi } from '../api/create-app.ts';
import { createReadModels } from '../api/read-models.postgres.ts';
import { createReports } from '../api/reports/reports.postgres.ts';
import type { NumberSupplier } from '../numbers/number-supplier.ts';
import { systemClock } from '../ports/clock.ts';
import { openEmbeddedDatabase } from '../ports/database.pglite.ts';
import { openServerDatabase } from '../ports/database.postgres.ts';
import type { Database } from '../ports/database.ts';
import { createJobs, type JobBackend, migrateJobs } from '../ports/jobs.bullmq.ts';
import type { Jobs } from '../ports/jobs.ts';
import { readOrMakeKey } from '../ports/key-file.file.ts';
import { type Practice, readPractice, writePractice } from '../ports/practice-file.file.ts';
import { migrate } from '../records/migrate.postgres.ts';
import type { Db, Tables } from '../records/schema.ts';
import { createGoogleTokens } from '../selling/google-token.http.ts';
import { createPostVendor } from '../selling/post-vendor.http.ts';
import { createSendConversion, type SendConversion } from '../selling/send-conversion.ts';
import type { MessageGateway } from '../sms/message-gateway.ts';
import { checkCallKind } from '../telephony/check-call.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';
import { acceptWaiting } from './accept-waiting.ts';
import { addSandbox, addSip, addTwilio, addVonage } from './add-carriers.ts';
import { openSnippets } from './build-snippet.file.ts';
import { type Core, createCore } from './core.ts';
import { makeDemo } from './first-start.postgres.ts';
import { createMetrics } from './metrics.ts';
import { createPosters } from './posters.ts';
import { practiceTwilio } from './practice-twilio.ts';
import { openSharedLeasing } from './shared-leasing.ts';

export interface Gateway {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What the first start made; null at later ones. */
  readonly madeDemo: Practice | null;
  /** Drains and closes; twice is once. */
  close(): Promise<void>;
}

const queueName = 'outbox';

/** Opens everything, in the order in which it depends on each other. @throws what keeps it from starting. */
export async function startGateway(settings: Settings, log: FastifyBaseLogger): Promise<Gateway> {
  const logFault = (fault: unknown, event: string) => log.warn({ err: fault }, event);
  const { database, migrations } = await openRecord(settings, log);
  try {
    if (migrations > 0) log.info({ migrations }, 'record-migrated');
    return await assemble(settings, log, database, logFault);
  } catch (fault) {
    await database.close();
    throw fault;
  }
}

/** Opens the record in its newest shape; `migrations` counts what was applied. The caller closes it. */
export async function openRecord(
  settings: Settings,
  log: FastifyBaseLogger,
): Promise<{ database: Database<Tables>; migrations: number }> {
  const database = await openDatabase(settings, (fault, event) => log.warn({ err: fault }, event));
  try {
    const migrations = await migrate(database);
    if (settings.redisUrl === null) await migrateJobs(database.jobPool);
    return { database, migrations };
  } catch (fault) {
    await database.close();
    throw fault;
  }
}

function openDatabase(
  settings: Settings,
  logFault: (fault: unknown, event: string) => void,
): Promise<Database<Tables>> {
  const schemas = { schema: 'linekeeper', jobSchema: 'bullmq', logFault };
  if (settings.databaseUrl === null) return openEmbeddedDatabase<Tables>({ folder: settings.dataFolder, ...schemas });
  return openServerDatabase<Tables>({
    url: settings.databaseUrl,
    poolSize: settings.databasePoolSize,
    connectTimeoutMs: limits.databaseConnectTimeoutMs,
    statementTimeoutMs: limits.databaseStatementTimeoutMs,
    ...schemas,
  });
}

async function assemble(
  settings: Settings,
  log: FastifyBaseLogger,
  database: Database<Tables>,
  logFault: (fault: unknown, event: string) => void,
): Promise<Gateway> {
  const metrics = createMetrics();
  const posters = createPosters(settings);
  const jobs = createJobs({ backend: jobBackend(settings, database), queueName, logFault });
  const lines = noLines();
  const address = { url: '' };
  const publicUrl = () => settings.publicUrl ?? address.url;
  const core = createCore({
    database,
    jobs,
    log,
    clock: systemClock,
    random: Math.random,
    randomBytes,
    masterKey: await masterKeyOf(settings),
    ...posters,
    ...metrics,
    ...lines,
    sendConversion: createSender(settings),
    publicUrl,
    carrierFallbackUrl: settings.carrierFallbackUrl,
    ...openSharedLeasing(settings.redisUrl, log),
  });
  const madeDemo = settings.demo ? await ensureDemo(settings, core) : null;
  const app = await openApp(settings, log, metrics.observeRequest);
  const carriers = { db: database.kysely, core, log, publicUrl, ...lines };
  const closeCarriers = await addCarriers(app, carriers, settings);
  const state = { draining: false };
  registerApi(app, {
    ...core,
    ...readersOf(database.kysely, core),
    ...lines,
    hasPublicUrl: settings.publicUrl !== null,
    sipDomain: settings.sip?.domain ?? null,
    webhookAllowLoopback: settings.webhookAllowLoopback,
    version: packageFile.version,
    publicUrl,
    statusPage: settings.statusPage,
    snippet: await openSnippets(join(settings.dataFolder, 'snippets'), logFault),
    demoKey: await demoKeyOf(settings),
    facts: factsOf(settings, lines.voice),
    isReady: async () => !state.draining && (await database.isReachable(limits.readyTimeoutMs)),
    metrics: metrics.text,
  });
  await takeUp(database, core);
  address.url = await app.listen({ port: settings.port, host: settings.host });
  await startJobs(jobs, core);
  await core.lanes.sweep().catch((fault: unknown) => logFault(fault, 'first-sweep-failed'));
  const stopTimers = startTimers(core);
  const close = once(async () => {
    state.draining = true;
    stopTimers();
    await acceptWaiting(app.server);
    await app.close();
    await closeCarriers();
    // A receiver may take longer to answer than we may take to end: its event is tried again at the next start.
    const patience = setTimeout(() => posters.poster.close(), settings.drainTimeoutMs / 2);
    await jobs.close();
    clearTimeout(patience);
    posters.close();
    await Promise.all([core.failovers.tellLater(), core.untold.tellLater()]);
    await core.leaseBook.close();
    await database.close();
  });
  return Object.freeze({ url: address.url, madeDemo, close });
}

/** Every carrier there are settings for; answers with what closes those that hold calls themselves. */
async function addCarriers(
  app: App,
  carriers: Parameters<typeof addSip>[0],
  settings: Settings,
): Promise<() => Promise<void>> {
  addTwilio(app, carriers, settings.twilio ?? (settings.demo ? await practiceTwilio(settings) : null));
  await addVonage(app, carriers, settings.vonage);
  const closeSip = await addSip(carriers, settings.sip);
  if (settings.sandboxCarrier) await addSandbox(app, carriers);
  return closeSip;
}

/** What the API asks of the record without a desk between. */
function readersOf(db: Db, { apiKeys, visits, settleVisits }: Core) {
  return {
    db,
    authorise: createAuthorise({ db, apiKeys, visits, settleVisits, clock: systemClock }),
    reads: createReadModels({ db }),
    attributionReads: createAttributionReads({ db }),
    reports: createReports({ db, clock: systemClock }),
  };
}

/** What the last process has left, or an older program could not know, before the address is open. */
async function takeUp({ kind, kysely }: Database<Tables>, core: Core): Promise<void> {
  if (kind === 'embedded') await core.outbox.forgetClaims(kysely);
  await core.fileJournal();
  await core.stock.fillInPlaces(kysely, core.places.describe);
  await core.failovers.refresh();
  await core.outbox.hasten(kysely, checkCallKind);
}

function openApp({ trustProxy }: Settings, log: FastifyBaseLogger, observe: ObserveRequest): Promise<App> {
  return createApp({ log, version: packageFile.version, trustProxy, observe });
}

/** What the demo page shows its numbers with; null without a demo. */
async function demoKeyOf({ demo, dataFolder }: Settings): Promise<string | null> {
  return demo ? ((await readPractice(dataFolder))?.publishableKey ?? null) : null;
}

/** What carriers put on the gateway, by their names; nothing yet. */
function noLines() {
  return {
    voice: new Map<string, VoiceCarrier>(),
    texts: new Map<string, MessageGateway>(),
    suppliers: new Map<string, NumberSupplier>(),
  };
}

function createSender({ vendors }: Settings): SendConversion {
  return createSendConversion({
    post: createPostVendor({ clock: systemClock, urls: vendors }),
    googleTokens: createGoogleTokens({ oauthUrl: vendors.googleOauth }),
  });
}

function jobBackend(settings: Settings, database: Database<Tables>): JobBackend {
  if (settings.redisUrl === null) return { kind: 'postgres', pool: database.jobPool };
  return { kind: 'redis', url: settings.redisUrl };
}

async function masterKeyOf(settings: Settings): Promise<Uint8Array> {
  if (settings.secretKeyHex === null) return readOrMakeKey(settings.dataFolder, randomBytes);
  return Buffer.from(settings.secretKeyHex, 'hex');
}

/** What is done again and again beside the jobs; answers with what stops it. */
function startTimers(core: Core): () => void {
  const timers = [
    setInterval(() => void core.failovers.refresh(), limits.failoverRefreshMs),
    setInterval(() => void core.failovers.tellLater(), limits.failoverTellEveryMs),
    setInterval(() => void core.untold.tellLater(), limits.failoverTellEveryMs),
    setInterval(() => void core.leaseBook.tick(), limits.beatFlushEveryMs),
    setInterval(() => void core.numberWatch.look(), limits.numberWatchEveryMs),
    setInterval(() => void core.callComparison.look(), limits.callsComparedEveryMs),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

function startJobs(jobs: Jobs, core: Core): Promise<void> {
  return jobs.start({
    handler: core.lanes.run,
    sweep: core.lanes.sweep,
    concurrency: limits.outboxConcurrency,
    sweepEveryMs: limits.outboxSweepEveryMs,
  });
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | null = null;
  return () => {
    acting ??= act();
    return acting;
  };
}

function ensureDemo(settings: Settings, core: Core): Promise<Practice | null> {
  const own = [`http://localhost:${settings.port}`, `http://127.0.0.1:${settings.port}`];
  return makeDemo({
    ...core,
    origins: [
      ...own,
      'https://shop.example',
      ...(settings.publicUrl === null ? [] : [new URL(settings.publicUrl).origin]),
    ],
    listenerUrl: 'http://127.0.0.1:8090/',
    keep: (practice) => writePractice(settings.dataFolder, practice),
  });
}

function factsOf(settings: Settings, voice: ReadonlyMap<string, VoiceCarrier>): Record<string, string> {
  return {
    version: packageFile.version,
    record:
      settings.databaseUrl === null
        ? `embedded PostgreSQL in ${settings.dataFolder} (no fsync: see the README)`
        : 'a PostgreSQL server',
    jobs: settings.redisUrl === null ? 'BullMQ on the record' : 'BullMQ on Redis',
    carriers: voice.size === 0 ? 'none' : [...voice.keys()].join(', '),
  };
}
