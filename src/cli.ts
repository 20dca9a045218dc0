#!/usr/bin/env node
/**
 * The `linekeeper` command: start the gateway, bring the record to its newest shape, make an enterprise or a key, bring
 * in numbers, plan a pool, or run the simulator and the listener. Settings come from the environment, as for
 * `npm start`. Exit codes: 0 done, 1 it failed,
 * 2 it was asked the wrong way.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { addEnterprise } from './gateway/add-enterprise.postgres.ts';
import { type FileImported, importFile, type Progress } from './gateway/import-file.file.ts';
import { planPoolAhead, planPoolOfRecord, writePlan } from './gateway/plan-for-command.postgres.ts';
import { planUsage, readPlanOptions } from './gateway/plan-options.ts';
import { openRecord } from './gateway/start-gateway.ts';
import { createApiKeys, type KeyKind } from './identity/api-keys.postgres.ts';
import { createLog, runGateway, settingsOrSay } from './main.ts';
import { systemClock } from './ports/clock.ts';
import type { Database } from './ports/database.ts';
import { unreachable } from './ports/errors.ts';
import { createIds, type EnterpriseId, type PoolId } from './ports/ids.ts';
import type { Log } from './ports/log.ts';
import type { Db, Tables } from './records/schema.ts';
import { listenCommand } from './simulate/listen.ts';
import { simulateCommand } from './simulate/simulate-command.ts';

const usage = `Usage: linekeeper <command> [options]        (in this folder: npm run linekeeper -- <command> [options])

  start [--demo on|off]     run the gateway until Ctrl-C; the same as npm start
  migrate                   bring the record to its newest shape and leave
  keys --kind publishable|secret [--enterprise ID]
                            make a new key and print it, once; older keys stay valid
  enterprise add --name NAME
                            make an enterprise with its first two keys, printed this once
  import-numbers FILE.csv [--pool ID] [--carrier NAME] [--enterprise ID] [--dry-run]
                            bring in numbers (docs/numbers.md); run again, it goes on where it was stopped
  plan-pool [options]       how many numbers a pool needs (plan-pool --help)
  simulate [options]        play a busy day against a running gateway (simulate --help)
  listen [options]          receive webhooks and print one line each (listen --help)
  help                      this text

Settings come from the environment (docs/settings.md). On the embedded database, all but simulate, listen and
plan-pool without --pool need the gateway stopped; with DATABASE_URL they may run beside it.
`;

/** Asked the wrong way: the message names the cure. */
class Misuse extends Error {}

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  start,
  migrate,
  keys,
  enterprise,
  'import-numbers': importNumbers,
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
  return withRecord(async ({ kysely }) => {
    await makeKey(kysely, kind, enterprise);
    return 0;
  });
}

/** Runs `act` on the record in its newest shape, and closes it. */
async function withRecord(act: (database: Database<Tables>, log: Log) => Promise<number>): Promise<number> {
  const settings = settingsOrSay(process.env);
  if (settings === null) return 2;
  const log = createLog(settings.logLevel);
  const { database } = await openRecord(settings, log);
  try {
    return await act(database, log);
  } finally {
    await database.close();
  }
}

async function enterprise([verb, ...args]: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { name: { type: 'string' } } });
  const name = values.name?.trim() ?? '';
  if (verb !== 'add' || name === '') throw new Misuse('say: enterprise add --name NAME');
  return withRecord(async ({ kysely }) => {
    const made = await addEnterprise({ db: kysely, clock: systemClock, randomBytes }, name);
    process.stderr.write(`${name} is made. Its keys are shown this once:\n`);
    process.stdout.write(
      `enterprise=${made.id}\npublishable_key=${made.publishableKey}\nsecret_key=${made.secretKey}\n`,
    );
    return 0;
  });
}

async function importNumbers(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const options = { pool: text, carrier: text, enterprise: text, 'dry-run': { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new Misuse('say which one file: import-numbers FILE.csv');
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
  });
  return withRecord(async (database, log) => {
    const owner = await enterpriseOf(database.kysely, values.enterprise, values.pool);
    const imported = await importFile(
      { database, log, clock: systemClock, randomBytes },
      {
        path,
        enterpriseId: owner.id,
        defaults: { poolId: values.pool, carrier: values.carrier },
        dryRun: values['dry-run'] === true,
        progress: (at) => process.stderr.write(`${sayProgress(at)}\n`),
        isStopped: () => stopped,
      },
    );
    return sayImported(imported);
  });
}

function sayProgress({ rows, of, added, kept }: Progress): string {
  return `${rows} of ${of} rows: ${added} added, ${kept} there before`;
}

function sayImported(imported: FileImported): number {
  switch (imported.kind) {
    case 'faults':
      for (const { field, problem, cure } of imported.faults) {
        process.stderr.write(`  ${field} ${problem}: ${cure}\n`);
      }
      if (imported.more > 0) process.stderr.write(`  and ${imported.more} more\n`);
      throw new Error('nothing was imported: these lines need mending');
    case 'stopped':
      throw new Error(`stopped at ${sayProgress(imported)}; run it again to go on`);
    case 'checked':
      process.stdout.write(`${imported.of} rows can be imported; nothing was written.\n`);
      return 0;
    case 'done':
      process.stdout.write(`${imported.added} numbers added, ${imported.kept} there before.\n`);
      return 0;
    default:
      return unreachable(imported);
  }
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
  try {
    return await withRecord(async ({ kysely }) => {
      process.stdout.write(writePlan(await planPoolOfRecord(kysely, poolId, ask, watch), ask.form));
      return 0;
    });
  } catch (fault) {
    if (!(fault instanceof Error) || !/ is in use by /.test(fault.message)) throw fault;
    throw new Error(`${fault.message} Or ask it: GET /v1/pools/${poolId}/plan`, { cause: fault });
  }
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

/** The enterprise that was named, the one a pool belongs to, or the only one there is. */
async function enterpriseOf(
  db: Db,
  named: string | undefined,
  poolId?: string,
): Promise<{ id: EnterpriseId; name: string }> {
  const pool =
    poolId === undefined || named !== undefined
      ? undefined
      : await db
          .selectFrom('pool')
          .select('enterprise_id')
          .where('id', '=', poolId as PoolId)
          .executeTakeFirst();
  const wanted = named ?? pool?.enterprise_id;
  const all = await db.selectFrom('enterprise').select(['id', 'name']).orderBy('id').execute();
  if (all.length === 0) throw new Error('the record holds no enterprise: linekeeper enterprise add --name NAME');
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
