/**
 * Reports as text for spreadsheets (RFC 4180 by csv-stringify). A campaign's name comes from strangers' addresses, so
 * one that a spreadsheet would take for a formula is led by an apostrophe.
 */
import { stringify } from 'csv-stringify/sync';
import type { CampaignMoney, CampaignRow, CampaignTable } from './campaign-table.ts';
import type { PoolBucket } from './pool-report.postgres.ts';

type Cells = Record<string, string | number | null>;

const amounts = [
  'onlineValue',
  'phoneValue',
  'expectedPhoneValue',
  'refundedValue',
  'netValue',
  'spend',
  'numberCost',
  'costPerCall',
] as const satisfies readonly (keyof CampaignMoney)[];

/** The rows, then the total; each currency adds its columns, such as `netValue USD`. */
export function campaignCsv({ rows, total }: CampaignTable): string {
  const currencies = total.money.map(({ currency }) => currency);
  return csv([...rows, total].map((row) => cellsOf(row, currencies)));
}

export function poolCsv(buckets: readonly PoolBucket[]): string {
  return csv(
    buckets.map(({ start, end, ...counts }) => ({ start: start.toISOString(), end: end.toISOString(), ...counts })),
  );
}

function cellsOf({ money, group, ...counts }: CampaignRow, currencies: readonly string[]): Cells {
  const columns = currencies.flatMap((currency) => {
    const own = money.find((one) => one.currency === currency);
    return amounts.map((name) => [`${name} ${currency}`, own?.[name] ?? (name === 'costPerCall' ? null : '0.00')]);
  });
  return { group: harmless(group), ...counts, ...Object.fromEntries(columns) };
}

function csv(rows: readonly Cells[]): string {
  return stringify([...rows], { header: true, record_delimiter: 'windows' });
}

function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
