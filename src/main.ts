/**
 * `npm start`: reads the settings, starts the gateway, prints where it is and what to try, and drains on Ctrl-C and
 * SIGTERM. A second signal, or a drain that takes too long, ends the process at once.
 */
import pino from 'pino';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { type Gateway, startGateway } from './gateway/start-gateway.ts';
import { faultFacts } from './ports/log.ts';
import type { Practice } from './ports/practice-file.file.ts';

const print = (text: string) => process.stdout.write(`${text}\n`);

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings in `env`; null after saying on stderr what needs mending and setting the exit code. */
export function settingsOrSay(env: Environment): Settings | null {
  const loaded = loadSettings(env);
  if (loaded.kind === 'settings') return loaded.settings;
  process.stderr.write('Linekeeper cannot start: these settings need mending.\n');
  for (const { name, value, shouldBe } of loaded.faults) process.stderr.write(`  ${name} is ${value}: ${shouldBe}\n`);
  process.exitCode = 2;
  return null;
}

/** The log of this process, on stderr. Faults stand under `fault` or `err`; pino by itself would show none of the first. */
export function createLog(level: Settings['logLevel']): pino.Logger {
  const serializers = { fault: faultFacts, err: faultFacts };
  return pino({ level, serializers, redact: ['req.headers.authorization'] }, process.stderr);
}

/** Starts the gateway and leaves it running; a start that fails ends the process. */
export async function runGateway(env: Environment): Promise<void> {
  const settings = settingsOrSay(env);
  if (settings === null) return;
  const log = createLog(settings.logLevel);
  warn(settings);
  const gateway = await startGateway(settings, log).catch((fault: unknown) => {
    process.stderr.write(`Linekeeper cannot start: ${fault instanceof Error ? fault.message : String(fault)}\n`);
    log.debug({ err: fault }, 'start-failed');
    process.exit(1);
  });
  greet(settings, gateway);
  drainOnSignal(settings, gateway);
}

/** `--demo=off` on the command line is the same as DEMO=off. */
function environment(): Environment {
  const demo = process.argv.map((word) => /^--demo=(.*)$/.exec(word)?.[1]).find((word) => word !== undefined);
  return demo === undefined ? process.env : { ...process.env, DEMO: demo };
}

function warn(settings: Settings): void {
  const warnings: string[] = [];
  if (settings.production && settings.databaseUrl === null) {
    warnings.push(
      'the embedded database survives a crash of this process but makes no fsync: a power cut can lose or tear it. Set DATABASE_URL to a PostgreSQL server.',
    );
  }
  if (settings.webhookAllowLoopback)
    warnings.push('webhooks may go to loopback addresses over plain http (development only).');
  for (const text of warnings) process.stderr.write(`Warning: ${text}\n`);
}

function greet(settings: Settings, gateway: Gateway): void {
  print(`Linekeeper is running at ${gateway.url}`);
  print(
    `  status ${gateway.url}/   API reference ${gateway.url}/docs${settings.demo && settings.statusPage ? `   demo page ${gateway.url}/demo` : ''}`,
  );
  if (gateway.madeDemo !== null) greetFirst(settings, gateway.url, gateway.madeDemo);
  print('Ctrl-C stops it.');
}

function greetFirst(settings: Settings, url: string, practice: Practice): void {
  print(`
First start: a demo shop with 8 sandbox numbers and 2 agents was made. Its keys are shown this once
(and kept in ${settings.dataFolder}/practice.json for npm run simulate and npm run listen):
  publishable key  ${practice.publishableKey}
  secret key       ${practice.secretKey}
  webhook secret   ${practice.webhookSecret}

Try next, in another terminal:
  # a visitor arrives: a number is leased to them
  curl -s ${url}/v1/visits -H 'Authorization: Bearer ${practice.publishableKey}' -H 'Origin: https://shop.example' \\
    -H 'content-type: application/json' -d '{"url":"https://shop.example/pricing","utmSource":"news"}'
  # they call it; look at what the phones hear, let the agent answer and press 1
  curl -s ${url}/carriers/sandbox/calls -H 'content-type: application/json' -d '{"from":"+12125550142","to":"+15035550101"}'
  npm run simulate    # a short busy day
  npm run listen      # a webhook receiver
`);
}

function drainOnSignal(settings: Settings, gateway: Gateway): void {
  let asked = false;
  const drain = () => {
    if (asked) process.exit(1);
    asked = true;
    print('Draining; once more to stop at once.');
    setTimeout(() => process.exit(1), settings.drainTimeoutMs).unref();
    gateway.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', drain);
  process.on('SIGTERM', drain);
}

if (import.meta.main) await runGateway(environment());
