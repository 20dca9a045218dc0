/** When somebody may be called for marketing, by where their number is. */
import { expect, test } from 'vitest';
import { callingHours, type Whereabouts } from '../../src/telephony/calling-hours.ts';

const newYork: Whereabouts = { country: 'US', region: 'US-NY', timeZones: ['America/New_York'] };
const florida: Whereabouts = { country: 'US', region: 'US-FL', timeZones: ['America/New_York', 'America/Chicago'] };
const connecticut: Whereabouts = { country: 'US', region: 'US-CT', timeZones: ['America/New_York'] };
const stateUnknown: Whereabouts = { country: 'US', region: null, timeZones: ['America/New_York'] };
const somewhereUs: Whereabouts = { country: 'US', region: null, timeZones: [] };
const london: Whereabouts = { country: 'GB', region: null, timeZones: ['Europe/London'] };
const nowhere: Whereabouts = { country: null, region: null, timeZones: [] };

test.each<[string, Whereabouts, string, boolean]>([
  ['eight in New York', newYork, '2026-05-04T12:00:00Z', true],
  ['a minute before eight', newYork, '2026-05-04T11:59:00Z', false],
  ['a minute before nine in the evening', newYork, '2026-05-05T00:59:00Z', true],
  ['nine in the evening', newYork, '2026-05-05T01:00:00Z', false],
  ['eight in the evening in Florida, whose hours end then', florida, '2026-05-05T00:00:00Z', false],
  ['eight in the east of Florida, where it is seven in the west', florida, '2026-05-04T12:30:00Z', false],
  ['nine in the east of Florida', florida, '2026-05-04T13:00:00Z', true],
  ['half past eight in Connecticut', connecticut, '2026-05-04T12:30:00Z', false],
  ['half past eight where the state is not known', stateUnknown, '2026-05-04T12:30:00Z', false],
  ['nine where the state is not known', stateUnknown, '2026-05-04T13:00:00Z', true],
  ['noon in New York, early morning in Honolulu', somewhereUs, '2026-05-04T16:00:00Z', false],
  ['the afternoon in New York, after nine in Honolulu and Adak', somewhereUs, '2026-05-04T19:30:00Z', true],
  ['the hour that clocks skip in London', london, '2026-03-29T07:00:00Z', true],
  ['the same an hour before', london, '2026-03-29T06:59:00Z', false],
])('%s', (_what, where, at, isOpen) => {
  expect(callingHours(where, Date.parse(at)).kind).toBe(isOpen ? 'open' : 'closed');
});

test('a refusal says where it is too early and when it will be time', () => {
  expect(callingHours(florida, Date.parse('2026-05-04T12:30:00Z'))).toEqual({
    kind: 'closed',
    timeZone: 'America/Chicago',
    from: 8,
    to: 20,
    opensAt: Date.parse('2026-05-04T13:00:00Z'),
  });
});

test('a number that may be anywhere is never called', () => {
  expect(callingHours(nowhere, Date.now())).toMatchObject({ kind: 'closed', timeZone: null, opensAt: null });
});
