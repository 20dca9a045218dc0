/**
 * `bench -- sip`: the carrier alone and the whole gateway under the same calls, so that it shows what the record costs. The
 * record is embedded, or a PostgreSQL database given with `--database URL`, which must be empty.
 */
import type { Benchmark } from '../benchmark.ts';
import { benchSip, type SipFigures } from './sip.ts';

interface SipResult {
  readonly carrier: SipFigures | null;
  readonly gateway: SipFigures | null;
}

export const sipBenchmark: Benchmark = {
  title: 'calls over SIP on a real drachtio-server (DRACHTIO_BIN), with sipp',
  async run({ quick, more, say }): Promise<SipResult> {
    const rate = more.rate === undefined ? {} : { callsPerSecond: Number(more.rate) };
    const carrier = await benchSip({ quick, say, ...rate, databaseUrl: null });
    const database = more.database === undefined ? {} : { databaseUrl: more.database };
    return { carrier, gateway: carrier === null ? null : await benchSip({ quick, say, ...rate, ...database }) };
  },
  print: (result) =>
    Object.entries(result as SipResult)
      .map(([name, figures]) => `${name.padEnd(8)} ${figures === null ? 'not measured' : lineOf(figures)}\n`)
      .join(''),
  async selfCheck(say): Promise<readonly string[]> {
    const figures = await benchSip({ quick: true, say, databaseUrl: null, callsPerSecond: 10 });
    if (figures === null) return [];
    return figures.failed === 0 && figures.callsPerSecond > 0 ? [] : [`of ten calls a second ${figures.failed} failed`];
  },
};

function lineOf({ callsPerSecond, failed, setupP99Ms }: SipFigures): string {
  return `${callsPerSecond} calls/s, ${failed} failed, setup p99 ${setupP99Ms} ms`;
}
