/**
 * `npm run simulate`: plays a busy day against a gateway that is running, and prints what came of it. Options come from
 * the command line or the environment; the summary goes to stdout, progress to stderr. Ctrl-C ends the day early.
 */
import { parseArgs } from 'node:util';
import { type Practice, readPractice } from '../ports/practice-file.file.ts';
import { createProgressLine } from './progress-line.ts';
import { runSimulation } from './simulate.ts';
import type { SimulationOptions } from './simulation-day.ts';
import { printSummary } from './simulation-summary.ts';

const usage = `Usage: npm run simulate -- [options]
  --gateway-url URL       default http://127.0.0.1:8080, or LINEKEEPER_URL
  --secret-key sk_…       or LINEKEEPER_SECRET_KEY
  --publishable-key pk_…  or LINEKEEPER_PUBLISHABLE_KEY
  --origin URL            origin of the web page, or LINEKEEPER_ORIGIN; default https://shop.example
  --public-url URL        what the gateway's PUBLIC_URL says; default the gateway URL
  --account-sid AC…       or TWILIO_ACCOUNT_SID
  --auth-token TOKEN      or TWILIO_AUTH_TOKEN
  --far-end-port PORT     where the gateway expects Twilio's REST API, default 8091
  --visits N              default 100
  --seed N                default 1
  --pace X                scripted to real time, default 0.02
Keys and account default to those of the demo on this machine, kept in DATA_DIR/practice.json.
`;

/** Reads options; a string says what is wrong. `practice` fills in what neither names. */
export function readSimulationOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  practice: Practice | null,
): SimulationOptions | string {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      'gateway-url': text,
      'secret-key': text,
      'publishable-key': text,
      origin: text,
      'public-url': text,
      'account-sid': text,
      'auth-token': text,
      'far-end-port': text,
      visits: text,
      seed: text,
      pace: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return usage;
  const needed = {
    secretKey: values['secret-key'] ?? env.LINEKEEPER_SECRET_KEY ?? practice?.secretKey,
    publishableKey: values['publishable-key'] ?? env.LINEKEEPER_PUBLISHABLE_KEY ?? practice?.publishableKey,
    accountSid: values['account-sid'] ?? env.TWILIO_ACCOUNT_SID ?? practice?.twilio.accountSid,
    authToken: values['auth-token'] ?? env.TWILIO_AUTH_TOKEN ?? practice?.twilio.authToken,
  };
  const { secretKey, publishableKey, accountSid, authToken } = needed;
  if (!secretKey || !publishableKey || !accountSid || !authToken) {
    const missing = Object.entries(needed).filter(([, value]) => !value);
    return `Missing: ${missing.map(([name]) => name).join(', ')}\n\n${usage}`;
  }
  const counts = {
    farEndPort: Number(values['far-end-port'] ?? env.PRACTICE_TWILIO_PORT ?? 8091),
    visits: Number(values.visits ?? 100),
    seed: Number(values.seed ?? 1),
    pace: Number(values.pace ?? 0.02),
  };
  const wrong = Object.entries(counts).filter(([, value]) => !Number.isFinite(value) || value < 0);
  if (wrong.length > 0) return `Not a number: ${wrong.map(([name]) => name).join(', ')}\n\n${usage}`;
  const publicUrl = values['public-url'] ?? env.PUBLIC_URL;
  return {
    gatewayUrl: (values['gateway-url'] ?? env.LINEKEEPER_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, ''),
    origin: values.origin ?? env.LINEKEEPER_ORIGIN ?? 'https://shop.example',
    ...(publicUrl === undefined ? {} : { publicUrl }),
    secretKey,
    publishableKey,
    accountSid,
    authToken,
    ...counts,
  };
}

/** Plays the day that `args` ask for; answers with the exit code. */
export async function simulateCommand(args: readonly string[]): Promise<number> {
  const practice = await readPractice(process.env.DATA_DIR ?? './data');
  const options = readSimulationOptions(args, process.env, practice);
  if (typeof options === 'string') {
    process.stderr.write(options);
    return 2;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    const summary = await runSimulation({ ...options, signal: stop.signal, progress: createProgressLine('visits') });
    process.stdout.write(`\n${printSummary(summary)}`);
    return 0;
  } catch (fault) {
    const reason = fault instanceof Error ? [fault.message, fault.cause].filter(Boolean).join(': ') : String(fault);
    process.stderr.write(`The day could not begin: ${reason}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await simulateCommand(process.argv.slice(2));
