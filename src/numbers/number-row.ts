/**
 * One number as it is brought in, from JSON or from a line of CSV: its form, and what a row leaves to the defaults of
 * the whole import. Pure; whether the number is somebody's already is asked in `import-numbers.ts`.
 */
import { z } from 'zod';
import { type E164, parseE164 } from '../ports/e164.ts';
import type { FieldFault } from '../ports/errors.ts';
import { fieldFaults } from '../ports/field-faults.ts';
import type { PoolId } from '../ports/ids.ts';

const carrierNames = ['twilio', 'vonage', 'sip', 'sandbox'] as const;
const capabilityNames = ['voice', 'sms', 'mms'] as const;

const e164 = z.string().transform((text, context): E164 => {
  const number = parseE164(text);
  if (number !== null) return number;
  context.addIssue('is not a telephone number in E.164, such as +15035550123');
  return z.NEVER;
});
const poolId = z.string().regex(/^pool_[0-9a-z]{26}$/, 'is not an id of the form pool_…');

/** A month's price as decimal text, such as `1.15`. */
const costField = z.string().regex(/^\d{1,6}(\.\d{1,4})?$/, 'is not a price such as 1.15');
/** ISO 4217. */
const currencyField = z.string().regex(/^[A-Z]{3}$/, 'is not a currency such as USD');

export const numberRowSchema = z
  .strictObject({
    number: e164,
    carrier: z.enum(carrierNames),
    poolId: poolId.optional(),
    failover: e164.optional(),
    kind: z.enum(['did', 'tfn']).optional(),
    capabilities: z.array(z.enum(capabilityNames)).max(3).default(['voice', 'sms']),
    monthlyCost: costField.optional(),
    currency: currencyField.optional(),
    carrierNumberId: z.string().min(1).max(64).optional(),
  })
  .refine(({ number, failover }) => number !== failover, {
    path: ['failover'],
    message: 'is the number itself: its callers would go round in a circle',
  })
  .refine(({ monthlyCost, currency }) => (monthlyCost === undefined) === (currency === undefined), {
    path: ['currency'],
    message: 'a monthly cost and its currency are given together',
  });

export type NumberRow = Omit<z.infer<typeof numberRowSchema>, 'poolId'> & { readonly poolId?: PoolId | undefined };

/** A row before it is checked; `where` names it to whoever sent it, such as `line 3`. */
export interface RawRow {
  readonly where: string;
  readonly fields: unknown;
}

/** What rows that do not say so are given. */
export interface RowDefaults {
  readonly carrier?: string | undefined;
  readonly poolId?: string | undefined;
}

export interface PlacedRow {
  readonly where: string;
  readonly row: NumberRow;
}

export type ReadRow = { readonly placed: PlacedRow } | { readonly faults: readonly FieldFault[] };

/** Checks one row; faults name the row and the field. */
function readRow({ where, fields }: RawRow, defaults: RowDefaults): ReadRow {
  const given = typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? fields : null;
  const parsed = numberRowSchema.safeParse(given === null ? fields : { ...definedOf(defaults), ...given });
  if (parsed.success) return { placed: { where, row: parsed.data as NumberRow } };
  return { faults: fieldFaults(parsed.error.issues).map((fault) => ({ ...fault, field: `${where}: ${fault.field}` })) };
}

/** A check of rows one after another that also finds a number which comes twice. */
export function createRowReader(defaults: RowDefaults) {
  const seen = new Map<E164, string>();
  return (raw: RawRow): ReadRow => {
    const read = readRow(raw, defaults);
    if (!('placed' in read)) return read;
    const { number } = read.placed.row;
    const first = seen.get(number);
    if (first === undefined) {
      seen.set(number, raw.where);
      return read;
    }
    const problem = `${number} stands at ${first} already`;
    return { faults: [{ field: `${raw.where}: number`, problem, cure: 'leave one of the two out' }] };
  };
}

function definedOf(defaults: RowDefaults): Record<string, string> {
  return Object.fromEntries(
    Object.entries(defaults).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
