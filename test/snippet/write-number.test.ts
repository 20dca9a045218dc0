/** How a page's numbers are found in any written form, and how another is written in their place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternOf, writeLike, writeMarked } from '../../web/snippet/write-number.ts';

const portland = { e164: '+15035550123', national: '(503) 555-0123' };
const london = { e164: '+447700900123', national: '07700 900123' };

function swap(text: string, declared: string[], shown = portland): string {
  return text.replace(
    patternOf(declared),
    (_all, before: string, written: string) => before + writeLike(written, shown),
  );
}

describe.each([
  ['international', '+1 503 555 0100'],
  ['E.164', '+15035550100'],
  ['national', '(503) 555-0100'],
  ['digits', '5035550100'],
])('a number declared in %s form', (_form, declared) => {
  test.each([
    ['(503) 555-0100', '(503) 555-0123'],
    ['503.555.0100', '503.555.0123'],
    ['503-555-0100', '503-555-0123'],
    ['503 555 0100', '503 555 0123'],
    ['503\u00a0555\u00a00100', '503\u00a0555\u00a00123'],
    ['503–555–0100', '503–555–0123'],
    ['5035550100', '5035550123'],
    ['+1 503 555 0100', '+1 503 555 0123'],
    ['+1 (503) 555-0100', '+1 (503) 555-0123'],
    ['(+1) 503-555-0100', '(+1) 503-555-0123'],
    ['+15035550100', '+15035550123'],
    ['1-503-555-0100', '1-503-555-0123'],
    ['Call (503) 555-0100, or 503.555.0100!', 'Call (503) 555-0123, or 503.555.0123!'],
    ['12 503 555 0100 7', '12 503 555 0123 7'],
  ])('is found as %j and keeps the form', (text, expected) => {
    expect(swap(text, [declared])).toBe(expected);
  });

  test.each([
    '(503) 555-0101',
    '+44 503 555 01009',
    '45035550100',
    '50355501001',
    'order 503-555-01',
    '555-0100',
    '2026-11-22',
  ])('is not found in %j', (text) => {
    expect(swap(text, [declared])).toBe(text);
  });
});

test.each([
  ['07700 900000', '+447700900000', '07700 900123'],
  ['+44 7700 900000', '+447700900000', '+44 7700 900123'],
  ['+44 (0)7700 900000', '+44 7700 900000', '+44 7700 900123'],
  ['(07700) 900-000', '+44 (0)7700 900000', '(07700) 900-123'],
  ['0044 7700 900000', '+447700900000', '07700 900123'],
  ['(07700) 900000', '07700 900000', '(07700) 900123'],
  ['+44 7700 900000', '07700 900000', '+44 7700 900123'],
])('abroad, %j declared as %j is written %j', (text, declared, expected) => {
  expect(swap(text, [declared], london)).toBe(expected);
});

test('where the digits do not fit, the national form is written, and the international after a plus', () => {
  expect(swap('0044 7700 900000', ['+447700900000'], portland)).toBe('(503) 555-0123');
  expect(swap('+44 7700 900000', ['+447700900000'], portland)).toBe('+15035550123');
});

test('a marked element is written whatever number it has; words are only taken for digits when they stand alone', () => {
  expect(writeMarked('Call 212-555-0199 now', portland, false)).toBe('Call 503-555-0123 now');
  expect(writeMarked('1-800-FLOWERS', portland, true)).toBe('(503) 555-0123');
  expect(writeMarked('Call us', portland, true)).toBe('Call us');
  expect(writeMarked('(503)', portland, false)).toBe('(503)');
});

test('nothing declared finds nothing', () => {
  expect(swap('(503) 555-0100', [''])).toBe('(503) 555-0100');
  expect(swap('(503) 555-0100', ['-', 'call us', '12'])).toBe('(503) 555-0100');
});

test('any separators between the digits are kept, and swapping there and back restores the text', () => {
  const separator = fc.constantFrom('', ' ', '-', '.', ') ', ' (', ' - ', '\u00a0', '/');
  fc.assert(
    fc.property(
      fc.array(separator, { minLength: 9, maxLength: 9 }),
      fc.constantFrom('', '+1 ', '1-'),
      (between, head) => {
        const digits = [...'5035550100'];
        const text = `Tel. ${head}${digits.map((digit, at) => digit + (between[at] ?? '')).join('')} or mail`;
        const there = swap(text, ['+15035550100']);
        expect(there.replace(/\d/g, '0')).toBe(text.replace(/\d/g, '0'));
        expect(there).not.toBe(text);
        expect(swap(there, ['+15035550123'], { e164: '+15035550100', national: '(503) 555-0100' })).toBe(text);
      },
    ),
    { numRuns: 200 },
  );
});

test('rubbish costs no time: ten thousand digits and brackets are searched at once', () => {
  const started = performance.now();
  swap('(503) 555-01 '.repeat(2_000) + '+1 (503'.repeat(2_000), ['+15035550100', '+18005550199']);
  expect(performance.now() - started).toBeLessThan(1_000);
});
