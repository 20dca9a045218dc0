import { expect, test } from 'vitest';
import { readRetryAfter } from '../../src/records/retry-after.ts';

const now = Date.parse('2026-05-04T10:00:00Z');

test.each([
  ['absent', undefined, null],
  ['seconds', '120', 120_000],
  ['zero', '0', 0],
  ['spaces around', ' 7 ', 7_000],
  ['a date ahead', 'Mon, 04 May 2026 10:01:30 GMT', 90_000],
  ['a date behind', 'Mon, 04 May 2026 09:00:00 GMT', 0],
  ['negative', '-5', null],
  ['a fraction', '1.5', null],
  ['hex', '0x10', null],
  ['a word', 'soon', null],
  ['empty', '', null],
  ['digits without end', '9'.repeat(40), null],
  ['a date that is none', 'Mon, 99 May 2026 10:01:30 GMT', null],
  ['an ISO date', '2026-05-04T10:01:30Z', null],
])('Retry-After, %s', (_name, header, expected) => expect(readRetryAfter(header, now)).toBe(expected));
