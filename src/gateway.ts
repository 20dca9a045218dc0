/**
 * The composition root: from Settings to a running gateway. It is the one place that knows every adapter; everything
 * below is given its ports. `startGateway` returns when the address is open, `close` drains: no new requests, the ones
 * under way answered, wakes stopped, connections shut.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { limits } from '../config/limits.ts';
import type { Settings, TwilioSettings } from '../config/settings.ts';
import packageFile from '../package.json' with { type: 'json' };
import { createAuthorise } from './api/authorise.ts';
import { createApp, registerApi } from './api/create-app.ts';
import { createReadModels } from './api/read-models.postgres.ts';
import { createAnswerInTime } from './carriers/answer-in-time.timer.ts';
import { endLostCalls } from './carriers/sandbox/end-lost-calls.ts';
import { createSandboxHead, type SandboxHead } from './carriers/sandbox/head.ts';
import { createSandboxMessages } from './carriers/sandbox/messages.ts';
import { createNetwork } from './carriers/sandbox/network.ts';
import { registerSandbox } from './carriers/sandbox/routes.ts';
import { createSandboxVoice } from './carriers/sandbox/voice.ts';
import { createTwilioMessages } from './carriers/twilio/messages.ts';
import { createTwilioClient } from './carriers/twilio/rest-client.ts';
import { createTwilioVoice } from './carriers/twilio/voice.ts';
import { registerTwilio } from './carriers/twilio/webhooks.ts';
import { type Core, createCore } from './core.ts';
import { makeDemo } from './first-start.postgres.ts';
import { createMetrics } from './metrics.ts';
import { systemClock } from './ports/clock.ts';
import { openEmbeddedDatabase } from './ports/database.pglite.ts';
import { openServerDatabase } from './ports/database.postgres.ts';
import type { Database } from './ports/database.ts';
import { createJobs, migrateJobs } from './ports/jobs.bullmq.ts';
import { readOrMakeKey } from './ports/key-file.file.ts';
import { type Practice, readPractice, writePractice } from './ports/practice-file.file.ts';
import { migrate } from './records/migrate.postgres.ts';
import { createEventPoster } from './records/post-event.http.ts';
import type { Tables } from './records/schema.ts';
import type { MessageGateway } from './sms/message-gateway.ts';
import type { VoiceCarrier } from './telephony/voice-carrier.ts';

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
  const database = await openDatabase(settings, logFault);
  try {
    const migrations = await migrate(database);
    if (settings.redisUrl === null) await migrateJobs(database.jobPool);
    if (migrations > 0) log.info({ migrations }, 'record-migrated');
    return await assemble(settings, log, database, logFault);
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
  const backend =
    settings.redisUrl === null
      ? { kind: 'postgres' as const, pool: database.jobPool }
      : { kind: 'redis' as const, url: settings.redisUrl };
  const jobs = createJobs({ backend, queueName, logFault });
  const masterKey =
    settings.secretKeyHex === null
      ? await readOrMakeKey(settings.dataFolder, randomBytes)
      : Buffer.from(settings.secretKeyHex, 'hex');
  const poster = createEventPoster({
    clock: systemClock,
    allowLoopback: settings.webhookAllowLoopback,
    timeoutMs: limits.deliveryTimeoutMs,
    responseBytesMax: limits.deliveryResponseBytesMax,
  });
  const voice = new Map<string, VoiceCarrier>();
  const texts = new Map<string, MessageGateway>();
  const core = createCore({
    database,
    jobs,
    log,
    clock: systemClock,
    random: Math.random,
    randomBytes,
    masterKey,
    poster,
    voice,
    texts,
    countDelivery: metrics.countDelivery,
  });
  const address = { url: '' };
  const publicUrl = () => settings.publicUrl ?? address.url;
  const madeDemo = settings.demo ? await ensureDemo(settings, core) : null;
  const twilio = settings.twilio ?? (settings.demo ? await practiceTwilio(settings) : null);
  const app = await createApp({ log, version: packageFile.version, observe: metrics.observeRequest });
  const answerInTime = createAnswerInTime({ desk: core.callDesk, failovers: core.failovers, log });
  if (twilio !== null) {
    const client = createTwilioClient(twilio);
    voice.set('twilio', createTwilioVoice({ client, publicUrl }));
    texts.set('twilio', createTwilioMessages({ client, publicUrl }));
  }
  const findCall = (carrier: string) => (id: string) => core.calls.findByCarrier(database.kysely, carrier, id);
  registerTwilio(app, {
    account: twilio,
    publicUrl,
    answerInTime,
    callDesk: core.callDesk,
    messageDesk: core.messageDesk,
    findCall: findCall('twilio'),
  });
  const sandbox = settings.sandboxCarrier ? addSandbox() : null;
  if (sandbox !== null) await registerSandbox(app, sandbox);
  let draining = false;
  registerApi(app, {
    ...core,
    db: database.kysely,
    authorise: createAuthorise({ db: database.kysely, apiKeys: core.apiKeys, visits: core.visits }),
    reads: createReadModels({ db: database.kysely }),
    clock: systemClock,
    webhookAllowLoopback: settings.webhookAllowLoopback,
    version: packageFile.version,
    publicUrl,
    statusPage: settings.statusPage,
    facts: factsOf(settings, voice),
    isReady: async () => !draining && (await database.isReachable(limits.readyTimeoutMs)),
    metrics: metrics.text,
  });

  if (database.kind === 'embedded') await core.outbox.forgetClaims(database.kysely);
  if (sandbox !== null) await endLostCalls({ db: database.kysely, calls: core.calls, runner: core.runner });
  await core.failovers.refresh();
  address.url = await app.listen({ port: settings.port, host: settings.host });
  await jobs.start({
    handler: core.lanes.run,
    sweep: core.lanes.sweep,
    concurrency: limits.outboxConcurrency,
    sweepEveryMs: limits.outboxSweepEveryMs,
  });
  const refresh = setInterval(
    () => void core.failovers.refresh().then(core.failovers.tellLater),
    limits.failoverRefreshMs,
  );

  let closing: Promise<void> | null = null;
  const close = async () => {
    draining = true;
    clearInterval(refresh);
    await app.close();
    await jobs.close();
    poster.close();
    await core.failovers.tellLater();
    await database.close();
  };
  return Object.freeze({
    url: address.url,
    madeDemo,
    close() {
      closing ??= close();
      return closing;
    },
  });

  function addSandbox(): { network: ReturnType<typeof createNetwork>; head: SandboxHead } {
    const network = createNetwork({ randomBytes });
    const head = createSandboxHead({
      network,
      desk: core.callDesk,
      messages: core.messageDesk,
      takeCall: answerInTime,
      findCall: findCall('sandbox'),
      log,
    });
    voice.set('sandbox', createSandboxVoice({ network, head }));
    texts.set('sandbox', createSandboxMessages({ network, desk: core.messageDesk, clock: systemClock, log }));
    return { network, head };
  }
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

/** The practice account talks to the simulator on loopback; without its file there is none. */
async function practiceTwilio(settings: Settings): Promise<TwilioSettings | null> {
  const practice = await readPractice(settings.dataFolder);
  if (practice === null) return null;
  return { ...practice.twilio, authTokenPrevious: null, apiUrl: `http://127.0.0.1:${settings.practiceTwilioPort}` };
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
