/** A plan in words and as tables: for a terminal, and for a spreadsheet (RFC 4180). */
import { stringify } from 'csv-stringify/sync';
import { toIso } from '../ports/clock.ts';
import type { PlanRow } from './plan-pool.ts';
import type { PoolPlan } from './pool-planner.ts';

/** The answer in one sentence or two. */
export function sayPlan(plan: PoolPlan): string {
  const { smallest, targets, sizeMax, rows } = plan;
  const aim = `at least ${percent(targets.correctMin)} of the calls credited rightly and at most ${percent(targets.overflowMax)} of the visits without a number of their own`;
  const found = rows.find(({ numbers }) => numbers === smallest);
  if (found === undefined) {
    const largest = rows.at(-1);
    const reached = largest === undefined ? '' : ` ${largest.numbers} numbers reach ${reachOf(largest)}.`;
    return `No pool of up to ${sizeMax} numbers has ${aim}.${reached}`;
  }
  const now = plan.present === null ? '' : ` It has ${plan.present} now.`;
  return `${found.numbers} numbers are the fewest that have ${aim}: ${reachOf(found)}, for ${money(found.monthlyCost)} a month.${now}`;
}

function reachOf({ correct, overflow }: PlanRow): string {
  return `${percent(correct)} and ${percent(overflow)}`;
}

/** What the plan rests on. */
export function sayBasis({ basis, visits, callsPerVisit }: PoolPlan): string {
  const calls = `${(callsPerVisit * 100).toPrecision(2)} calls in 100 visits`;
  if (basis.kind === 'synthetic') return `Replayed: ${visits} made-up visits over ${basis.spec.days} days, ${calls}.`;
  const cut = basis.isCut ? ' (the newest; older ones were left out)' : '';
  const heard = `${basis.callersSeen} callers were heard`;
  return `Replayed: ${visits} visits from ${toIso(basis.since)} to ${toIso(basis.until)}${cut}; ${heard}; ${calls}.`;
}

const heads = ['numbers', 'no own number', 'right', 'wrong', 'open', 'last holder', 'a month', ''] as const;

/** A table for people: one line a size. */
export function printPlan(plan: PoolPlan): string {
  const lines = plan.rows.map((row) => [
    String(row.numbers),
    percent(row.overflow),
    `${percent(row.correct)} ±${(row.margin * 100).toFixed(1)}`,
    percent(row.wrong),
    percent(row.open),
    percent(row.lastHolderCorrect),
    money(row.monthlyCost),
    [row.isPresent ? 'now' : '', row.numbers === plan.smallest ? 'smallest that meets the targets' : '']
      .filter((note) => note !== '')
      .join(', '),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const table = [heads, ...lines].map((line) =>
    line
      .map((cell, column) => (column === heads.length - 1 ? cell : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${[...table, '', sayPlan(plan), sayBasis(plan)].join('\n')}\n`;
}

const columns = [
  'numbers',
  'overflow',
  'correct',
  'wrong',
  'open',
  'misattributed',
  'margin',
  'lastHolderMisattributed',
  'monthlyCost',
  'isPresent',
  'meetsTargets',
] as const satisfies readonly (keyof PlanRow)[];

/** The rows as CSV with a head; shares with four decimals. */
export function planCsv({ rows }: PoolPlan): string {
  const records = rows.map((row) => columns.map((name) => cellOf(row[name])));
  return stringify([[...columns], ...records], { record_delimiter: 'windows' });
}

function cellOf(value: number | boolean): string {
  return typeof value === 'number' ? String(roundShare(value)) : value ? 'yes' : 'no';
}

/** To four decimals, as figures are told. */
export function roundShare(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function money(amount: number): string {
  return amount.toFixed(2);
}
