import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countSegments } from '../../src/sms/segments.ts';

const gsm = (segments: number) => ({ encoding: 'GSM-7', segments });
const ucs = (segments: number) => ({ encoding: 'UCS-2', segments });

/** The default alphabet and its extension, row by row of 3GPP TS 23.038 section 6.2.1. */
const basicRows = [
  '@£$¥èéùìòÇ\nØø\rÅå',
  'Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ',
  ' !"#¤%&\'()*+,-./',
  '0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNO',
  'PQRSTUVWXYZÄÖÑÜ§',
  '¿abcdefghijklmno',
  'pqrstuvwxyzäöñüà',
].join('');
const extensionRow = '\f^{}\\[~]|€';

describe('GSM-7', () => {
  test.each([
    [0, 1],
    [1, 1],
    [160, 1],
    [161, 2],
    [306, 2],
    [307, 3],
    [459, 3],
    [460, 4],
    [1_530, 10],
    [1_531, 11],
  ])('%i characters take %i', (length, segments) => {
    expect(countSegments('a'.repeat(length))).toEqual(gsm(segments));
  });

  test('its alphabet is the published one: 127 characters and 10 by escape', () => {
    expect([new Set(basicRows).size, new Set(extensionRow).size]).toEqual([127, 10]);
    for (const character of basicRows) expect(countSegments(character.repeat(160))).toEqual(gsm(1));
    for (const character of basicRows) expect(countSegments(character.repeat(161))).toEqual(gsm(2));
    for (const character of extensionRow) expect(countSegments(character.repeat(80))).toEqual(gsm(1));
    for (const character of extensionRow) expect(countSegments(character.repeat(81))).toEqual(gsm(2));
  });

  test('no other character of the first 65,536 is in it', () => {
    const known = new Set(basicRows + extensionRow);
    for (let unit = 0; unit < 65_536; unit += 1) {
      const character = String.fromCharCode(unit);
      if (!known.has(character)) expect(countSegments(character).encoding).toBe('UCS-2');
    }
  });

  test.each([
    ['an escape pair at the very end of a text of 160', `${'a'.repeat(158)}€`, 1],
    ['an escape pair that makes it 161', `${'a'.repeat(159)}€`, 2],
    ['an escape pair that would be split moves on whole', `${'a'.repeat(152)}€${'a'.repeat(151)}`, 2],
    ['and the text it pushes on takes a third', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 3],
    ['76 and a half pairs to a joined segment: 76', '€'.repeat(152), 2],
    ['one more takes a third', '€'.repeat(153), 3],
  ])('%s', (_title, body, segments) => {
    expect(countSegments(body)).toEqual(gsm(segments));
  });
});

describe('UCS-2', () => {
  test.each([
    [1, 1],
    [70, 1],
    [71, 2],
    [134, 2],
    [135, 3],
    [201, 3],
    [202, 4],
  ])('%i characters take %i', (length, segments) => {
    expect(countSegments('я'.repeat(length))).toEqual(ucs(segments));
  });

  test('one character outside the alphabet turns the whole text', () => {
    expect(countSegments('a'.repeat(160))).toEqual(gsm(1));
    expect(countSegments(`${'a'.repeat(159)}’`)).toEqual(ucs(3));
  });

  test.each(['`', '’', '“', '–', '…', 'ç', 'ê', '\t', '\u00a0', 'Α', 'İ'])('%j is not in the alphabet', (character) => {
    expect(countSegments(character).encoding).toBe('UCS-2');
  });

  test.each([
    ['35 emoji of two units fill one', '😀'.repeat(35), 1],
    ['36 take two', '😀'.repeat(36), 2],
    ['33 to a joined segment, none split: 66', '😀'.repeat(66), 2],
    ['67 take a third', '😀'.repeat(67), 3],
    ['a pair that would be split moves on whole', `${'я'.repeat(66)}😀${'я'.repeat(65)}`, 2],
    ['and what it pushes on takes a third', `${'я'.repeat(66)}😀${'я'.repeat(66)}`, 3],
    ['a family counts its parts', '👨‍👩‍👧‍👦'.repeat(6), 1],
    ['seven families are two', '👨‍👩‍👧‍👦'.repeat(7), 2],
  ])('%s', (_title, body, segments) => {
    expect(countSegments(body)).toEqual(ucs(segments));
  });

  test('half a surrogate pair is counted and does no harm', () => {
    expect(countSegments('\ud83d'.repeat(71))).toEqual(ucs(2));
  });
});

describe('any text', () => {
  const bodies = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 800 }),
    fc.string({ unit: fc.constantFrom(...basicRows, ...extensionRow), maxLength: 800 }),
    fc.string({ unit: 'binary', maxLength: 400 }),
  );
  const unitsOf = (body: string, encoding: string) =>
    encoding === 'UCS-2' ? body.length : body.length + [...body].filter((one) => extensionRow.includes(one)).length;

  test('never takes fewer segments than its units need, nor more than its pairs can waste', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const { encoding, segments } = countSegments(body);
        const units = unitsOf(body, encoding);
        const [single, joined] = encoding === 'GSM-7' ? [160, 153] : [70, 67];
        const [fewest, most] = units <= single ? [1, 1] : [Math.ceil(units / joined), Math.ceil(units / (joined - 1))];
        expect(segments).toBeGreaterThanOrEqual(fewest);
        expect(segments).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('never shrinks by growing', () => {
    fc.assert(
      fc.property(bodies, fc.string({ unit: 'grapheme' }), (body, more) => {
        expect(countSegments(body + more).segments).toBeGreaterThanOrEqual(countSegments(body).segments);
      }),
    );
  });
});
