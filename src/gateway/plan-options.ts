/**
 * What `linekeeper plan-pool` is asked: the options are the API's query, spelt for a command line, so both are checked by
 * one schema and refuse the same things.
 */
import { parseArgs } from 'node:util';
import { boundedPlanQuery, readPlanQuery } from '../api/read-plan-query.ts';
import type { PlanWish, WishedTraffic } from '../numbers/pool-planner.ts';
import { fieldFaults } from '../ports/field-faults.ts';

export const planUsage = `Usage: linekeeper plan-pool (--pool ID --from-traffic | --visits-per-hour N[,… 24 numbers]) [options]

How many numbers a pool needs: replays visits through the lease book at several sizes (docs/planner.md).
  --pool ID                  a pool of the record; its policy and present size are used
  --from-traffic             replay the pool's own visits; needs --pool
  --days N                   how many days of them, or of the described ones; default 14
  --visits-per-hour N[,…]    describe traffic instead: one number, or 24 from midnight on
    --engaged-seconds-mean S   default 90
    --pages-mean P             default 2
    --calls-per-visit P        default 0.02
    --returning-share P        default 0.2
    --regions N                default 50
  --target-correct P         calls credited rightly, at least; default 0.7
  --max-overflow P           visits without a number of their own, at most; default 0.01
  --cost-per-number C        a month; default the pool's average, or 1.15
  --credit-from P            credit a visit from this probability on; default 0: the most probable one
  --size-max N               no larger pool; default 2000
  --seed N                   default 1
  --json, --csv, --svg       print that instead of a table
`;

export interface PlanAsk {
  readonly poolId: string | null;
  readonly traffic: WishedTraffic;
  readonly wish: PlanWish;
  readonly form: 'table' | 'json' | 'csv' | 'svg';
}

const words = [
  'days',
  'visits-per-hour',
  'engaged-seconds-mean',
  'pages-mean',
  'calls-per-visit',
  'returning-share',
  'regions',
  'target-correct',
  'max-overflow',
  'cost-per-number',
  'credit-from',
  'size-max',
  'seed',
] as const;
const forms = ['json', 'csv', 'svg'] as const;

/** Reads the options; a string says what is wrong. */
export function readPlanOptions(args: readonly string[]): PlanAsk | string {
  const options = {
    ...Object.fromEntries([...words, 'pool'].map((word) => [word, { type: 'string' as const }])),
    ...Object.fromEntries([...forms, 'from-traffic'].map((flag) => [flag, { type: 'boolean' as const }])),
  };
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  const given = words.flatMap((word) => (values[word] === undefined ? [] : [[camelOf(word), values[word]] as const]));
  const parsed = boundedPlanQuery.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const faults = fieldFaults(parsed.error.issues).map(
      ({ field, problem, cure }) => `--${kebabOf(field)}: ${problem} (${cure})`,
    );
    return faults.join('\n');
  }
  const { traffic, wish } = readPlanQuery(parsed.data);
  const poolId = typeof values.pool === 'string' ? values.pool : null;
  const isFromTraffic = values['from-traffic'] === true;
  if (isFromTraffic === (traffic.kind === 'synthetic'))
    return 'say --from-traffic or --visits-per-hour, one of the two';
  if (isFromTraffic && poolId === null) return 'say whose traffic, with --pool ID';
  const named = forms.filter((form) => values[form] === true);
  if (named.length > 1) return `--${named.join(' and --')} exclude each other`;
  return { poolId, traffic, wish, form: named[0] ?? 'table' };
}

function camelOf(word: string): string {
  return word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function kebabOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
