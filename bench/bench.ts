/**
 * `npm run --silent bench -- NAME [--json] [--quick] [--option VALUE …]`: runs one benchmark. With `--json` standard
 * output holds exactly one object; everything else goes to standard error. `--self-check` runs every benchmark small and
 * says what is wrong with its result, never how fast it was.
 */
import type { Benchmark, BenchOptions } from './benchmark.ts';

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  attribution: async () => (await import('./attribution/attribution-benchmark.ts')).attributionBenchmark,
  calls: async () => (await import('./calls/calls-benchmark.ts')).callsBenchmark,
  lease: async () => (await import('./lease/lease-benchmark.ts')).leaseBenchmark,
  sip: async () => (await import('./calls/sip-benchmark.ts')).sipBenchmark,
};

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function main(words: readonly string[]): Promise<void> {
  const { names, options } = readWords(words);
  if (options['self-check'] !== undefined) return selfCheckAll();
  const [name] = names;
  const open = name === undefined ? undefined : benchmarks[name];
  if (open === undefined || names.length > 1) return usage();
  const { json, quick, ...more } = options;
  const benchmark = await open();
  const result = await benchmark.run({ quick: quick !== undefined, more, say } satisfies BenchOptions);
  process.stdout.write(json === undefined ? benchmark.print(result) : `${JSON.stringify(result)}\n`);
}

function readWords(words: readonly string[]): { names: string[]; options: Record<string, string> } {
  const names: string[] = [];
  const options: Record<string, string> = {};
  for (const [at, word] of words.entries()) {
    const option = /^--([a-z][a-z-]*)(?:=(.*))?$/.exec(word);
    const next = words[at + 1];
    const takesNext = next !== undefined && !next.startsWith('--');
    if (option?.[1] !== undefined) options[option[1]] = option[2] ?? (isFlag(option[1]) || !takesNext ? 'on' : next);
    else if (!isTaken(words[at - 1])) names.push(word);
  }
  return { names, options };
}

function isFlag(name: string): boolean {
  return ['json', 'quick', 'self-check'].includes(name);
}

/** Whether the word before takes this one as its value. */
function isTaken(before: string | undefined): boolean {
  const option = /^--([a-z][a-z-]*)$/.exec(before ?? '')?.[1];
  return option !== undefined && !isFlag(option);
}

async function selfCheckAll(): Promise<void> {
  for (const [name, open] of Object.entries(benchmarks)) {
    const faults = await (await open()).selfCheck(say);
    for (const fault of faults) say(`${name}: ${fault}`);
    say(`${name}: ${faults.length === 0 ? 'in order' : `${faults.length} to mend`}`);
    if (faults.length > 0) process.exitCode = 1;
  }
}

async function usage(): Promise<void> {
  say('usage: npm run --silent bench -- NAME [--json] [--quick] | --self-check');
  for (const [name, open] of Object.entries(benchmarks)) say(`  ${name.padEnd(12)} ${(await open()).title}`);
  process.exitCode = 2;
}

await main(process.argv.slice(2));
