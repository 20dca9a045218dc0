#!/usr/bin/env node
/**
 * The `linekeeper` command: start the gateway, bring the record to its newest shape, make a new key, plan a pool, or run
 * the simulator and the listener. Settings come from the environment, as for `npm start`. Exit codes: 0 done, 1 it failed,
 * 2 it was asked the wrong way.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { planPoolAhead, planPoolOfRecord, writePlan } from './gateway/plan-for-command.postgres.ts';
import { planUsage, readPlanOptions } from './gateway/plan-options.ts';
import { openRecord } from './gateway/start-gateway.ts';
import { createApiKeys, type KeyKind } from './identity/api-keys.postgres.ts';
import { createLog, runGateway, settingsOrSay } from './main.ts';
import { systemClock } from './ports/clock.ts';
import { createIds, type EnterpriseId } from './ports/ids.ts';
import type { Db } from './records/schema.ts';
import { listenCommand } from './simulate/listen.ts';
import { simulateCommand } from './simulate/simulate-command.ts';

const usage = `Usage: linekeeper <command> [options]        (in this folder: npm run linekeeper -- <command> [options])

  start [--demo on|off]     run the gateway until Ctrl-C; the same as npm start
  migrate                   bring the record to its newest shape and leave
  keys --kind publishable|secret [--enterprise ID]
                            make a new key and print it, once; older keys stay valid
  plan-pool [options]       how many numbers a pool needs (plan-pool --help)
  simulate [options]        play a busy day against a running gateway (simulate --help)
  listen [options]          receive webhooks and print one line each (listen --help)
  help                      this text

Settings come from the environment (docs/settings.md). On the embedded database, migrate, keys and plan-pool of a
pool need the gateway stopped; with DATABASE_URL they may run beside it.
`;

/** Asked the wrong way: the message names the cure. */
class Misuse extends Error {}

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  start,
  migrate,
  keys,
  'plan-pool': planPool,
  simulate: simulateCommand,
  listen: listenCommand,
  async help() {
    process.stdout.write(usage);
    return 0;
  },
};

async function main([word = '', ...args]: readonly string[]): Promise<number> {
  const name = word === '--help' || word === '-h' ? 'help' : word;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    if (command === undefined) {
      const wrong = name === '' ? 'no command given' : `there is no command ${JSON.stringify(name)}`;
      throw new Misuse(`${wrong}: "linekeeper help" lists them`);
    }
    return await command(args);
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    process.stderr.write(`linekeeper: ${message}\n`);
    return fault instanceof Misuse || isParseFault(fault) ? 2 : 1;
  }
}

async function start(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { demo: { type: 'string' } } });
  await runGateway(values.demo === undefined ? process.env : { ...process.env, DEMO: values.demo });
  return Number(process.exitCode ?? 0);
}

async function migrate(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {} });
  const settings = settingsOrSay(process.env);
  if (settings === null) return 2;
  const { database, migrations } = await openRecord(settings, createLog(settings.logLevel));
  await database.close();
  process.stdout.write(migrations === 0 ? 'The record is up to date.\n' : `Applied ${migrations} migrations.\n`);
  return 0;
}

async function keys(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { kind: text, enterprise: text } });
  const { kind, enterprise } = values;
  if (kind !== 'publishable' && kind !== 'secret') throw new Misuse('say --kind publishable or --kind secret');
  const settings = settingsOrSay(process.env);
  if (settings === null) return 2;
  const { database } = await openRecord(settings, createLog(settings.logLevel));
  try {
    await makeKey(database.kysely, kind, enterprise);
  } finally {
    await database.close();
  }
  return 0;
}

async function planPool(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(planUsage);
    return 0;
  }
  const ask = readPlanOptions(args);
  if (typeof ask === 'string') throw new Misuse(`${ask}\n"linekeeper plan-pool --help" lists the options`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('stopped; nothing was changed')));
  const watch = { signal: stop.signal, progress: sayLookingAt };
  const { poolId } = ask;
  if (poolId === null) {
    process.stdout.write(writePlan(await planPoolAhead(ask, watch), ask.form));
    return 0;
  }
  const settings = settingsOrSay(process.env);
  if (settings === null) return 2;
  const { database } = await openRecord(settings, createLog(settings.logLevel)).catch((fault: unknown) => {
    const message = fault instanceof Error ? fault.message : String(fault);
    throw new Error(/ is in use by /.test(message) ? `${message} Or ask it: GET /v1/pools/${poolId}/plan` : message);
  });
  try {
    process.stdout.write(writePlan(await planPoolOfRecord(database.kysely, poolId, ask, watch), ask.form));
  } finally {
    await database.close();
  }
  return 0;
}

/** Progress goes to stderr, so that stdout holds the plan alone. */
function sayLookingAt(numbers: number, done: number): void {
  process.stderr.write(`${done} sizes done, replaying ${numbers} numbers\n`);
}

/** The key alone goes to stdout, so that a script can take it. */
async function makeKey(db: Db, kind: KeyKind, wanted: string | undefined): Promise<void> {
  const { id, name } = await enterpriseOf(db, wanted);
  const world = { clock: systemClock, randomBytes };
  const key = await createApiKeys({ ...world, ids: createIds(world) }).make(db, id, kind);
  process.stderr.write(`A new ${kind} key of ${name} (${id}). It is shown this once:\n`);
  process.stdout.write(`${key}\n`);
}

async function enterpriseOf(db: Db, wanted: string | undefined): Promise<{ id: EnterpriseId; name: string }> {
  const all = await db.selectFrom('enterprise').select(['id', 'name']).orderBy('id').execute();
  if (all.length === 0) throw new Error('the record holds no enterprise: start the gateway once with DEMO=on');
  const fitting = wanted === undefined ? all : all.filter(({ id }) => id === wanted);
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const list = all.map(({ id, name }) => `  ${id}  ${name}`).join('\n');
  throw new Misuse(`${wanted === undefined ? 'say which' : 'no such'} enterprise, with --enterprise:\n${list}`);
}

function isParseFault(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && String(fault.code).startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main(process.argv.slice(2));
