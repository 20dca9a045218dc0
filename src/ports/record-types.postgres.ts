/**
 * How column values become JavaScript values, the same on every database we open. They are node-postgres' defaults
 * (timestamptz is a Date, numeric a string, json parsed) with one change: bigint is a number, since our counters and
 * Unix milliseconds fit and a text would be added up as text.
 */
import type { CustomTypesConfig } from 'pg';
import pg from 'pg';

const int8 = 20;
const int8Array = 1016;
const textArray = 1009;

/** The typings know no array types by number. */
const defaultParser = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;

/** Given to every pool as `types`. */
export const recordTypes: CustomTypesConfig = Object.freeze({
  getTypeParser(oid: number, format: 'text' | 'binary' = 'text') {
    if (format === 'text' && oid === int8) return readInt8;
    if (format === 'text' && oid === int8Array) return readInt8Array;
    return defaultParser(oid, format);
  },
});

/** @throws RangeError when the value cannot be held exactly; a wrong number would be worse than none. */
function readInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number holds exactly`);
  return value;
}

function readInt8Array(text: string): unknown {
  return deepNumbers(defaultParser(textArray)(text));
}

function deepNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepNumbers);
  return typeof value === 'string' ? readInt8(value) : value;
}
