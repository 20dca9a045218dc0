/**
 * From the long list of sums to the table people read: one row a group, with rates and costs worked out. Rates are 0
 * where nothing was there to be divided by; costs a call are null there, because free calls are something else.
 */
import { keyOf, type Measure, type Measured } from './campaign-report.postgres.ts';

/** Amounts in one currency; decimal text with two places. */
export interface CampaignMoney {
  readonly currency: string;
  readonly onlineValue: string;
  readonly phoneValue: string;
  readonly expectedPhoneValue: string;
  readonly refundedValue: string;
  readonly netValue: string;
  readonly spend: string;
  readonly numberCost: string;
  readonly costPerCall: string | null;
}

export interface CampaignRow {
  readonly kind: 'named' | 'not-set' | 'none' | 'total';
  readonly group: string;
  readonly visits: number;
  readonly visitsWithNumber: number;
  readonly calls: number;
  readonly callers: number;
  readonly expectedCalls: number;
  readonly texts: number;
  readonly expectedTexts: number;
  readonly onlineSales: number;
  readonly phoneSales: number;
  readonly expectedPhoneSales: number;
  readonly leads: number;
  readonly refunds: number;
  readonly conversionRate: number;
  readonly money: readonly CampaignMoney[];
}

export interface CampaignTable {
  readonly rows: readonly CampaignRow[];
  readonly total: CampaignRow;
  /** Groups beyond the largest; the total counts them. */
  readonly leftOff: number;
}

/** `groups` is how many there are, those left off included. The row (none) always stands, last. */
export function tabulateCampaigns({
  measured,
  groups,
}: {
  measured: readonly Measured[];
  groups: number;
}): CampaignTable {
  const byKey = Map.groupBy(measured, ({ key }) => key);
  const named = [...byKey.keys()].filter((key) => key !== keyOf.total && key !== keyOf.none);
  const none = rowOf(keyOf.none, byKey.get(keyOf.none) ?? []);
  const total = rowOf(keyOf.total, byKey.get(keyOf.total) ?? [], none.calls);
  const rows = named.map((key) => rowOf(key, byKey.get(key) ?? []));
  return { rows: [...rows, none], total, leftOff: groups - named.length };
}

/** `unattributedCalls` are among the row's calls, but not what its money was spent for. */
function rowOf(key: string, sums: readonly Measured[], unattributedCalls = 0): CampaignRow {
  const count = (measure: Measure) => rounded(sums.find((sum) => sum.measure === measure)?.amount ?? 0);
  const visits = count('visits');
  const calls = count('calls');
  const sales = count('onlineSales') + count('phoneSales');
  const paidCalls = key === keyOf.none ? 0 : calls - unattributedCalls;
  const currencies = [...new Set(sums.flatMap(({ currency }) => (currency === null ? [] : [currency])))].sort();
  return {
    ...nameOf(key),
    visits,
    visitsWithNumber: count('visitsWithNumber'),
    calls,
    callers: count('callers'),
    expectedCalls: count('expectedCalls'),
    texts: count('texts'),
    expectedTexts: count('expectedTexts'),
    onlineSales: count('onlineSales'),
    phoneSales: count('phoneSales'),
    expectedPhoneSales: count('expectedPhoneSales'),
    leads: count('leads'),
    refunds: count('refunds'),
    conversionRate: visits === 0 ? 0 : rounded(sales / visits),
    money: currencies.map((currency) => moneyOf(sums, currency, paidCalls)),
  };
}

function moneyOf(sums: readonly Measured[], currency: string, paidCalls: number): CampaignMoney {
  const amount = (measure: Measure) =>
    sums.find((sum) => sum.measure === measure && sum.currency === currency)?.amount ?? 0;
  const cost = amount('spend') + amount('numberCost');
  return {
    currency,
    onlineValue: decimal(amount('onlineValue')),
    phoneValue: decimal(amount('phoneValue')),
    expectedPhoneValue: decimal(amount('expectedPhoneValue')),
    refundedValue: decimal(amount('refundedValue')),
    netValue: decimal(amount('onlineValue') + amount('phoneValue') + amount('refundedValue')),
    spend: decimal(amount('spend')),
    numberCost: decimal(amount('numberCost')),
    costPerCall: paidCalls === 0 ? null : decimal(cost / paidCalls),
  };
}

function nameOf(key: string): Pick<CampaignRow, 'kind' | 'group'> {
  if (key === keyOf.none) return { kind: 'none', group: '(none)' };
  if (key === keyOf.total) return { kind: 'total', group: '(total)' };
  if (key === keyOf.unnamed) return { kind: 'not-set', group: '(not set)' };
  return { kind: 'named', group: key.slice(keyOf.named.length) };
}

function rounded(amount: number): number {
  return Number(amount.toFixed(4));
}

/** Never `-0.00`. */
function decimal(amount: number): string {
  const text = amount.toFixed(2);
  return Number(text) === 0 ? '0.00' : text;
}
