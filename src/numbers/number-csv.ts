/**
 * A list of numbers as CSV (RFC 4180, by csv-parse), read as a stream: a byte order mark, CRLF, quoted fields, the
 * header's columns in any order, commas, semicolons or tabs between them. A column nobody knows is refused by its name,
 * because a mistyped one would be lost silently.
 */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { limits } from '../../config/limits.ts';
import { AppError } from '../ports/errors.ts';
import type { RawRow } from './number-row.ts';

const columns: Readonly<Record<string, string>> = {
  number: 'number',
  carrier: 'carrier',
  pool: 'poolId',
  failover: 'failover',
  kind: 'kind',
  capabilities: 'capabilities',
  monthly_cost: 'monthlyCost',
  currency: 'currency',
  carrier_number_id: 'carrierNumberId',
};

/**
 * The rows of a CSV text or stream, each under its line.
 * @throws AppError `invalid-request` for a header or a line that cannot be read.
 */
export async function* readNumberCsv(source: string | Readable, bounds: { rowsMax: number }): AsyncGenerator<RawRow> {
  const parser = parse({
    bom: true,
    columns: columnsOf,
    delimiter: [',', ';', '\t'],
    info: true,
    max_record_size: limits.importRowBytesMax,
    skip_empty_lines: true,
    trim: true,
  });
  const input = typeof source === 'string' ? Readable.from([source]) : source;
  input.on('error', (fault) => parser.destroy(fault));
  input.pipe(parser);
  let rows = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRow>) {
      rows += 1;
      if (rows > bounds.rowsMax) {
        throw faultAt(`line ${info.lines}`, `more than ${bounds.rowsMax} rows`, 'split the list');
      }
      yield { where: `line ${info.lines}`, fields: fieldsOf(record) };
    }
  } catch (fault) {
    throw fault instanceof CsvError ? csvFault(fault) : fault;
  } finally {
    input.unpipe(parser);
    input.destroy();
  }
}

interface CsvRow {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

function columnsOf(header: readonly string[]): string[] {
  const known = Object.keys(columns).join(', ');
  const names = header.map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !Object.hasOwn(columns, name));
  if (unknown !== undefined) {
    throw faultAt('line 1', `there is no column ${JSON.stringify(unknown)}`, `use ${known}`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw faultAt('line 1', `the column ${JSON.stringify(twice)} stands twice`, 'keep one');
  if (!names.includes('number')) throw faultAt('line 1', 'the column "number" is missing', `use ${known}`);
  return names.map((name) => columns[name] ?? name);
}

/** An empty field is one that was left out; capabilities stand in one field, as `voice sms`. */
function fieldsOf(record: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      if (value === '') return [];
      return [[name, name === 'capabilities' ? value.toLowerCase().split(/[\s|]+/) : value]];
    }),
  );
}

function csvFault(fault: CsvError): AppError {
  const line = typeof fault.lines === 'number' ? fault.lines : 1;
  return faultAt(`line ${line}`, fault.message, 'send CSV as RFC 4180 writes it: one header, as many fields a line');
}

function faultAt(field: string, problem: string, cure: string): AppError {
  return new AppError('invalid-request', { fields: [{ field, problem, cure }] });
}
