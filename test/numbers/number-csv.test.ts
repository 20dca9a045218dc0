/** Lists of numbers as people's spreadsheets write them, and what is said of those that cannot be read. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNumberCsv } from '../../src/numbers/number-csv.ts';
import { createRowReader } from '../../src/numbers/number-row.ts';
import { AppError } from '../../src/ports/errors.ts';

const bounds = { rowsMax: 100 };
const read = (source: string | Readable) => Array.fromAsync(readNumberCsv(source, bounds));
const faultOf = async (source: string) => {
  const fault = await read(source).catch((thrown) => thrown);
  if (!(fault instanceof AppError)) throw new Error(`not refused: ${JSON.stringify(fault)}`);
  return fault.fields[0];
};
const one = { number: '+15035550121', carrier: 'twilio' };

test.each([
  ['plain', 'number,carrier\n+15035550121,twilio\n'],
  ['with a byte order mark and CRLF', '\ufeffnumber,carrier\r\n+15035550121,twilio\r\n'],
  ['quoted', '"number","carrier"\n"+15035550121","twilio"'],
  ['with its columns the other way round', 'carrier,number\ntwilio,+15035550121\n'],
  ['with semicolons', 'number;carrier\n+15035550121;twilio\n'],
  ['with tabs', 'number\tcarrier\n+15035550121\ttwilio\n'],
  ['with capitals and spaces in the header', ' Number , CARRIER \n +15035550121 , twilio \n'],
  ['with empty lines and empty fields', 'number,carrier,failover\n\n+15035550121,twilio,\n\n'],
])('a list %s is read', async (_how, text) => {
  expect((await read(text)).map(({ fields }) => fields)).toEqual([one]);
});

test('every column has its field, and each row its line', async () => {
  const text =
    'number,carrier,pool,failover,kind,capabilities,monthly_cost,currency,carrier_number_id\n' +
    '+15035550121,twilio,p,+15035550122,did,voice SMS,1.15,USD,PN1\n+15035550123,twilio,,,,,,,\n';
  expect(await read(text)).toEqual([
    {
      where: 'line 2',
      fields: {
        ...one,
        poolId: 'p',
        failover: '+15035550122',
        kind: 'did',
        capabilities: ['voice', 'sms'],
        monthlyCost: '1.15',
        currency: 'USD',
        carrierNumberId: 'PN1',
      },
    },
    { where: 'line 3', fields: { number: '+15035550123', carrier: 'twilio' } },
  ]);
});

test.each([
  ['a column nobody knows', 'number,carier\n', 'line 1', 'there is no column "carier"'],
  ['a column twice', 'number,number\n', 'line 1', 'the column "number" stands twice'],
  ['no number column', 'carrier\ntwilio\n', 'line 1', 'the column "number" is missing'],
  ['a line with a field too many', 'number\n+15035550121\n+15035550122,x\n', 'line 3', 'Invalid Record Length'],
  ['a quote that never ends', 'number\n"+15035550121\n', 'line 2', 'Quote Not Closed'],
  ['a row without end', `number\n${'1'.repeat(5_000)}\n`, 'line 2', 'Max Record Size'],
  ['more rows than are taken', `number\n${'1\n'.repeat(101)}`, 'line 102', 'more than 100 rows'],
])('%s is refused by its line', async (_what, text, field, problem) => {
  expect(await faultOf(text)).toMatchObject({
    field,
    problem: expect.stringContaining(problem),
    cure: expect.any(String),
  });
});

test('a stream that fails is not taken for the end of the list', async () => {
  const source = Readable.from(
    (async function* () {
      yield 'number\n+15035550121\n';
      throw new Error('the disk is gone');
    })(),
  );
  await expect(read(source)).rejects.toThrow('the disk is gone');
});

test('whatever is sent, it is read or refused by a line, and nothing else happens', async () => {
  const piece = fc.constantFrom(
    'number',
    'carrier',
    ',',
    ';',
    '"',
    '\n',
    '\r\n',
    '\ufeff',
    '+15035550121',
    ' ',
    'x',
    '\0',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const fault = await read(pieces.join('')).then(
        () => null,
        (thrown) => thrown,
      );
      if (fault !== null)
        expect(fault).toMatchObject({
          code: 'invalid-request',
          fields: [{ field: expect.stringMatching(/^line \d+$/) }],
        });
    }),
    { numRuns: 300 },
  );
});

test.each([
  [{ number: '5035550121' }, 'number', 'is not a telephone number in E.164'],
  [{ carrier: 'pigeon' }, 'carrier', 'Invalid option'],
  [{ failover: '+15035550121' }, 'failover', 'is the number itself'],
  [{ monthlyCost: '1.15' }, 'currency', 'given together'],
  [{ monthlyCost: '1,15', currency: 'EUR' }, 'monthlyCost', 'is not a price'],
  [{ poolId: 'pool_1' }, 'poolId', 'is not an id'],
  [{ capabilities: ['fax'] }, 'capabilities.0', 'Invalid option'],
  [{ colour: 'red' }, 'body', 'Unrecognized key: "colour"'],
])('a row with %j is refused by its line and field', (wrong, field, problem) => {
  const row = createRowReader({})({ where: 'line 7', fields: { ...one, ...wrong } });
  expect(row).toMatchObject({ faults: [{ field: `line 7: ${field}`, problem: expect.stringContaining(problem) }] });
});

test('a row that is no object is refused', () => {
  expect(createRowReader({})({ where: 'numbers.0', fields: 'x' })).toHaveProperty('faults');
  expect(createRowReader({})({ where: 'numbers.0', fields: null })).toHaveProperty('faults');
});

test('a row has the defaults of its import where it says nothing, and a number may stand once', () => {
  const reader = createRowReader({ carrier: 'sandbox' });
  expect(reader({ where: 'line 2', fields: { number: one.number } })).toMatchObject({
    placed: { row: { carrier: 'sandbox', capabilities: ['voice', 'sms'] } },
  });
  expect(reader({ where: 'line 9', fields: one })).toMatchObject({
    faults: [{ field: 'line 9: number', problem: '+15035550121 stands at line 2 already' }],
  });
});
