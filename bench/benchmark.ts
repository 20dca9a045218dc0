/** What a named benchmark gives to `bench.ts`, and what it is given. */
export interface BenchOptions {
  /** Ends within 45 s; figures are rougher. */
  readonly quick: boolean;
  /** What else stood on the command line: `--world FILE` is `{ world: 'FILE' }`, a word alone is `'on'`. */
  readonly more: Readonly<Record<string, string>>;
  /** Progress, for people. */
  readonly say: (line: string) => void;
}

export interface Benchmark {
  /** One sentence for the list. */
  readonly title: string;
  /** Resolves with what `--json` prints. */
  run(options: BenchOptions): Promise<object>;
  /** The result as lines for people. */
  print(result: object): string;
  /** Runs small and resolves with what is wrong with the result: its shape and its sanity, never its speed. */
  selfCheck(say: BenchOptions['say']): Promise<readonly string[]>;
}
