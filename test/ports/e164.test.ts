import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskNumber, nationalFormat, parseE164, parseTextAddress } from '../../src/ports/e164.ts';

describe('parseE164', () => {
  test.each(['+15035550100', '+15035550199', '+14155550123', '+18005550142', '+447700900123'])('takes %s', (text) => {
    expect(parseE164(text)).toBe(text);
  });

  test.each([
    ['anonymous', 'a withheld number as a word'],
    ['Restricted', 'the same in capitals'],
    ['UNAVAILABLE', 'the same'],
    ['unknown', 'the same'],
    ['private', 'the same'],
    ['+266696687', 'ANONYMOUS on a keypad'],
    ['+7378742833', 'RESTRICTED on a keypad'],
    ['+86282452253', 'UNAVAILABLE on a keypad'],
    ['+8656696', 'UNKNOWN on a keypad'],
    ['+2562533', 'BLOCKED on a keypad'],
  ])('reads %s as nobody: %s', (text) => {
    expect(parseE164(text)).toBeNull();
  });

  test.each([
    ['', 'nothing'],
    [' ', 'a space'],
    ['+', 'a sign'],
    ['5035550100', 'no country'],
    ['15035550100', 'no plus'],
    ['0015035550100', 'a dialling prefix'],
    ['+05035550100', 'a country that begins with 0'],
    ['+1 503 555 0100', 'spaces'],
    ['+1-503-555-0100', 'dashes'],
    [' +15035550100', 'a space before'],
    ['+15035550100 ', 'a space after'],
    ['+15035550100\n', 'a line end'],
    ['+15035550100;ext=5', 'an extension'],
    ['+1503555010', 'a digit too few'],
    ['+150355501000', 'a digit too many'],
    ['+1503555010O', 'a letter'],
    ['+１５０３５５５０１００', 'full-width digits'],
    ['+١٥٠٣٥٥٥٠١٠٠', 'Arabic digits'],
    ['sip:+15035550100@x.example', 'an address'],
    ['client:alice', 'a browser phone'],
    ['24273', 'a short code'],
    [`+1${'0'.repeat(40)}`, 'no end of digits'],
    ["+1503'; drop table call;--", 'a joke'],
  ])('refuses %j: %s', (text) => {
    expect(parseE164(text)).toBeNull();
  });

  test('takes out a trunk prefix that does not belong there', () => {
    expect(parseE164(`+44${'0'}7700900123`)).toBe('+447700900123');
  });

  test('gives back a number that reads as itself, or nothing, whatever it was given', () => {
    const near = fc.stringMatching(/^\+?[0-9]{0,18}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const number = parseE164(text);
        if (number !== null) expect(parseE164(number)).toBe(number);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('parseTextAddress', () => {
  test.each(['242', '24273', '227263', '12345678', '+15035550100'])('takes %s', (text) => {
    expect(parseTextAddress(text)).toBe(text);
  });

  test.each(['', '24', '0242', '123456789', '15035550100', 'ACME', '+24273', 'anonymous', '242 73'])(
    'refuses %j',
    (text) => {
      expect(parseTextAddress(text)).toBeNull();
    },
  );
});

describe('maskNumber', () => {
  test.each([
    ['+15035550123', '+1***0123'],
    ['+447700900123', '+4***0123'],
    ['24273', '***'],
    ['', '***'],
    ['+12345', '***'],
    [null, 'withheld'],
  ])('shows %j as %s', (number, shown) => {
    expect(maskNumber(number)).toBe(shown);
  });

  test('never shows more than two characters and four, however long the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(maskNumber(text).replace('***', '').length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

test('a number is written as people of its country write it', () => {
  const [ours, british] = [parseE164('+15035550123'), parseE164('+447700900123')];
  expect(ours && nationalFormat(ours)).toBe('(503) 555-0123');
  expect(british && nationalFormat(british)).toBe('07700 900123');
});
