/**
 * Does it work? Runs a world's traffic, whose truth is known, through the conventions of the field and through our own
 * leases and attribution, on a virtual clock. `--world FILE` (default: the reference world); `--choices` adds the
 * comparison of the ways to choose a number; `--sizes` adds our accuracy and the convention's by size of the pool;
 * `--figures FOLDER` draws the pictures of `docs/attribution.md` there.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Benchmark, BenchOptions } from '../benchmark.ts';
import { drawFigures } from './draw-figures.ts';
import type { ReliabilityBin, Score } from './score.ts';
import type { Done, Task } from './tasks.ts';
import { readWorld, type World } from './world.ts';

export interface AttributionResult {
  readonly world: World;
  readonly policies: readonly Score[];
  /** Numbers that `hold2-last` needs to be right as often as `linekeeper`; null past 2,000. */
  readonly numbersForParity: number | null;
  /** With the world's own parameters: the ceiling, and the share of it that `linekeeper` reaches. */
  readonly oracle: { readonly correct: number; readonly reached: number };
  /** Share of the calls about which `linekeeper-ask` put a question. */
  readonly asked: number;
  readonly reliability: readonly ReliabilityBin[];
  readonly choices?: readonly Score[];
  readonly sizes?: readonly { readonly numbers: number; readonly linekeeper: number; readonly hold2Last: number }[];
}

const referenceWorld = new URL('../worlds/reference.json', import.meta.url);
const minuteMs = 60_000;
const numbersMost = 2_000;
const quickDays = 5;
const quickVisits = 60_000;
const poolShares = [0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10] as const;

const conventions: readonly Task[] = [
  { kind: 'last-holder', policy: 'hold20-last', holdMs: 20 * minuteMs },
  { kind: 'last-holder', policy: 'hold2-last', holdMs: 2 * minuteMs },
];
const ours = { kind: 'linekeeper', policy: 'linekeeper', choice: 'ranked', ask: false, oracle: false } as const;

export const attributionBenchmark: Benchmark = {
  title: 'whose call was it? our attribution against the conventions, on traffic whose truth is known',
  async run(options) {
    const result = await runWorld(options);
    const { figures } = options.more;
    if (figures !== undefined) {
      await Promise.all(drawFigures(result).map(({ name, svg }) => writeFile(join(figures, name), svg)));
    }
    return result;
  },
  print: (result) => table(result as AttributionResult),
  async selfCheck(say) {
    const result = await runWorld({ quick: true, more: { days: '1.5' }, say });
    return faultsOf(result);
  },
};

async function runWorld({ quick, more, say }: BenchOptions): Promise<AttributionResult> {
  const file = more.world === undefined ? referenceWorld : more.world;
  const world = shorten(readWorld(await readFile(file, 'utf8')), quick, more.days);
  const run = createRuns(world, say);
  const [policies, asked, oracle] = await Promise.all([
    Promise.all([...conventions, ours].map((task) => run(task))),
    run({ ...ours, policy: 'linekeeper-ask', ask: true }),
    run({ ...ours, policy: 'oracle', oracle: true }),
  ]);
  const linekeeper = policies.at(-1);
  const correct = linekeeper?.score?.correct ?? 0;
  const parity = await run({ kind: 'parity', holdMs: 2 * minuteMs, correct, most: numbersMost });
  const ceiling = oracle.score?.correct ?? 0;
  return {
    world,
    policies: [...policies, asked].flatMap(({ score }) => (score === undefined ? [] : [score])),
    numbersForParity: parity.parity ?? null,
    oracle: { correct: ceiling, reached: ceiling === 0 ? 1 : round(correct / ceiling) },
    asked: asked.asked ?? 0,
    reliability: linekeeper?.reliability ?? [],
    ...(more.choices === undefined ? {} : { choices: await compareChoices(run) }),
    ...(more.sizes === undefined ? {} : { sizes: await compareSizes(world, say) }),
  };
}

async function compareChoices(run: (task: Task) => Promise<Done>): Promise<Score[]> {
  const choices = (['oldest-idle', 'ranked-only', 'ranked'] as const).map((choice) => ({
    ...ours,
    policy: choice,
    choice,
  }));
  const done = await Promise.all(choices.map((task) => run(task)));
  return done.flatMap(({ score }) => (score === undefined ? [] : [score]));
}

async function compareSizes(world: World, say: BenchOptions['say']) {
  const sizes = [...new Set(poolShares.map((share) => Math.max(1, Math.round(world.numbers * share))))];
  return Promise.all(
    sizes.map(async (numbers) => {
      const run = createRuns({ ...world, numbers }, say);
      const [last, own] = await Promise.all([run(conventions[1] as Task), run(ours)]);
      return { numbers, linekeeper: own.score?.correct ?? 0, hold2Last: last.score?.correct ?? 0 };
    }),
  );
}

/** Quick: as many whole days as hold some ten thousands of visits. */
function shorten(world: World, quick: boolean, days: string | undefined): World {
  if (!quick) return world;
  const visitsPerDay = world.arrivalsPerHour.reduce((sum, arrivals) => sum + arrivals, 0);
  const fitting = Math.max(1, Math.min(quickDays, quickVisits / Math.max(1, visitsPerDay)));
  const shorter = Math.min(world.days, days === undefined ? fitting : Number(days));
  return { ...world, days: shorter, warmupDays: Math.min(world.warmupDays, shorter / 3) };
}

const waiting: (() => void)[] = [];
let busy = 0;

/** Tasks run in worker threads, as many at a time as there are cores. */
function createRuns(world: World, say: BenchOptions['say']): (task: Task) => Promise<Done> {
  return async (task) => {
    if (busy >= Math.min(availableParallelism(), 4)) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy += 1;
    const startedAt = performance.now();
    try {
      return await inWorker(world, task);
    } finally {
      const name = task.kind === 'parity' ? 'parity' : task.policy;
      say(`${name} on ${world.numbers} numbers: ${Math.round(performance.now() - startedAt)} ms`);
      const next = waiting.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}

function inWorker(world: World, task: Task): Promise<Done> {
  const { promise, resolve, reject } = Promise.withResolvers<Done>();
  const worker = new Worker(new URL('./do-task-in-worker.ts', import.meta.url), { workerData: { world, task } });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`a run ended without a result (exit code ${code})`)));
  return promise;
}

function faultsOf({ policies, oracle, asked }: AttributionResult): string[] {
  const names = policies.map(({ policy }) => policy).join(' ');
  const faults = names === 'hold20-last hold2-last linekeeper linekeeper-ask' ? [] : [`policies are ${names}`];
  for (const { policy, calls, correct, wrong, open, ece } of policies) {
    if (Math.abs(correct + wrong + open - 1) > 0.001) faults.push(`${policy}: the shares do not add up to 1`);
    if (calls === 0 || !(ece >= 0 && ece <= 1)) faults.push(`${policy}: ${calls} calls, ece ${ece}`);
  }
  const of = (name: string) => policies.find(({ policy }) => policy === name)?.correct ?? 0;
  if (of('linekeeper') <= of('hold20-last')) faults.push('linekeeper is no better than the convention');
  if (of('linekeeper-ask') < of('linekeeper')) faults.push('asking makes it worse');
  if (oracle.correct <= 0 || asked <= 0) faults.push('no ceiling, or nobody was asked');
  return faults;
}

function table(result: AttributionResult): string {
  const { world, policies, choices = [], sizes = [], oracle, asked, numbersForParity } = result;
  const head = 'policy           calls  correct    wrong     open   strays  overflow     ece   brier  at 95 %';
  const rows = [...policies, ...choices].map((score) =>
    [
      score.policy.padEnd(15),
      String(score.calls).padStart(6),
      ...[score.correct, score.wrong, score.open, score.strayCredited, score.overflow].map((part) => percent(part)),
      score.ece.toFixed(3).padStart(7),
      score.brier.toFixed(3).padStart(7),
      percent(score.creditableAt95),
    ].join(' '),
  );
  return [
    `${world.days} days, ${world.numbers} numbers, seed ${world.seed}`,
    head,
    ...rows,
    `an oracle that knows the world: ${percent(oracle.correct).trim()}; linekeeper reaches ${percent(oracle.reached).trim()} of it`,
    `linekeeper-ask asked about ${percent(asked).trim()} of the calls`,
    `numbers that hold2-last needs to be as right as linekeeper: ${numbersForParity ?? `more than ${numbersMost}`}`,
    ...sizes.map(
      (size) =>
        `${size.numbers} numbers: linekeeper ${percent(size.linekeeper)}, hold2-last ${percent(size.hold2Last)}`,
    ),
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(8);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
