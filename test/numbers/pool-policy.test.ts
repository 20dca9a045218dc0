/** What a pool's rules mean: their defaults, who deserves a number, and which kind a page would rather show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deservesNumber } from '../../src/numbers/deserves-number.ts';
import { createNumberPlaces } from '../../src/numbers/number-place.file.ts';
import { changePolicy, defaultPolicy, poolPolicySchema, readPolicy } from '../../src/numbers/pool-policy.ts';
import { preferredGroups } from '../../src/numbers/preferred-groups.ts';
import type { E164 } from '../../src/ports/e164.ts';

const columns = { hold_ms: 180_000, lease_ms: 60_000, rest_ms: 300_000 };

describe('a policy', () => {
  test('has every default when nothing is set', () => {
    expect(defaultPolicy).toEqual({
      holdMs: 30_000,
      leaseMs: 30_000,
      restMs: 0,
      stickyDays: 1,
      exhaustion: 'shared',
      deserves: 'always',
      arrivals: null,
      preference: 'match',
      abuse: { livePerVisitorMax: 2, livePerAddressMax: 5, newPerAddressPerMinuteMax: 10, provenAboveShare: 0.8 },
      quarantine: { strayCallsPerDayMax: 10, quietDays: 7 },
      release: { quietDays: 7, callsMax: 0, expectedCallsMax: 0.5 },
    });
  });

  test('of a pool from before policies has the durations of its columns', () => {
    expect(readPolicy({ policy: {}, ...columns })).toMatchObject({ holdMs: 180_000, leaseMs: 60_000, restMs: 300_000 });
  });

  test('as it was set is stronger than the columns', () => {
    expect(readPolicy({ policy: { holdMs: 5 }, ...columns })).toMatchObject({ holdMs: 5, leaseMs: 60_000 });
  });

  test.each([
    [{ holdMS: 5 }, 'unrecognized_keys', []],
    [{ abuse: { liveMax: 1 } }, 'unrecognized_keys', ['abuse']],
    [{ holdMs: -1 }, 'too_small', ['holdMs']],
    [{ deserves: 'never' }, 'invalid_value', ['deserves']],
    [{ arrivals: {} }, 'custom', ['arrivals']],
    [{ release: { quietDays: 365 } }, 'too_big', ['release', 'quietDays']],
  ])('that is wrong (%j) is refused where it is wrong', (set, code, path) => {
    const issue = poolPolicySchema.safeParse(set).error?.issues[0];
    expect(issue).toMatchObject({ code, path });
  });

  test('is changed key by key, and null takes a key back to its default', () => {
    const set = changePolicy({ holdMs: 5, deserves: 'human' }, { holdMs: null, restMs: 7 });
    expect(set).toEqual({ deserves: 'human', restMs: 7 });
  });
});

describe('a visit', () => {
  const paid = poolPolicySchema.parse({
    arrivals: { clickIds: ['gclid'], utmMediums: ['CPC'], referrerHosts: ['search.example'] },
  });
  const human = poolPolicySchema.parse({ deserves: 'human' });

  test('gets a number at once by default', () => {
    expect(deservesNumber(defaultPolicy, {}, null)).toEqual({ kind: 'yes' });
  });

  test.each([null, { human: false }])('without a human sign (%j) is asked again where one is wanted', (beat) => {
    expect(deservesNumber(human, {}, beat)).toEqual({ kind: 'not-yet', reason: 'no-human-sign' });
  });

  test('with a human sign gets one where one is wanted', () => {
    expect(deservesNumber(human, {}, { human: true })).toEqual({ kind: 'yes' });
  });

  test.each([
    { gclid: 'x' },
    { utmMedium: 'cpc' },
    { utmMedium: 'CPC' },
    { referrer: 'https://search.example/q' },
    { referrer: 'https://www.search.example/' },
  ])('that arrives as listed (%j) gets one', (arrival) => {
    expect(deservesNumber(paid, arrival, null)).toEqual({ kind: 'yes' });
  });

  test.each([
    {},
    { gclid: '' },
    { utmMedium: 'email' },
    { referrer: 'https://notsearch.example/' },
    { referrer: 'rubbish' },
    { fbclid: 'x' },
  ])('that arrives otherwise (%j) gets none', (arrival) => {
    expect(deservesNumber(paid, arrival, { human: true })).toEqual({ kind: 'no', reason: 'arrival-not-listed' });
  });
});

describe('the kind of number a page would rather show', () => {
  const places = createNumberPlaces();
  const group = (text: string) => places.groupOf(text as E164);
  const sample = ['+18005550101', '+16465550101', '+15415550101', '+12135550101', '+12125550101', '+447700900123'];
  const inPool = () => Promise.all(sample.map(group));

  test.each([
    ['+12125550199', ['1-212', '1-646', '1-541', '1-213', '44-7700', 'tfn'], 'its area code, its state, its country'],
    ['+15035550199', ['1-541', '1-213', '1-646', '1-212', '44-7700', 'tfn'], 'its state, its time zone, its country'],
    ['+18885550199', ['tfn', '1-646', '1-541', '1-213', '1-212', '44-7700'], 'toll-free'],
  ])('in place of %s is %j: %s', async (replaces, wanted) => {
    expect(preferredGroups(defaultPolicy, await group(replaces), await inPool())).toEqual(wanted);
  });

  test('is any when the policy says so, or nothing is replaced', async () => {
    const any = poolPolicySchema.parse({ preference: 'any' });
    expect(preferredGroups(any, await group('+12125550199'), await inPool())).toBeNull();
    expect(preferredGroups(defaultPolicy, null, await inPool())).toBeNull();
  });

  test('names every group of the pool once, whatever is replaced', async () => {
    const groups = await inPool();
    const names = groups.map(({ name }) => name).toSorted();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 999 }), async (areaCode) => {
        const preferred = preferredGroups(defaultPolicy, await group(`+1${areaCode}5550100`), groups);
        expect(preferred?.toSorted()).toEqual(names);
      }),
      { numRuns: 20 },
    );
  });
});

test.each([
  ['+15035550101', { kind: 'did', country: 'US', areaCode: '503', group: '1-503', region: 'US-OR', place: 'Oregon' }],
  ['+12125550101', { region: 'US-NY', place: 'New York, NY', timeZones: ['America/New_York'] }],
  ['+14165550101', { country: 'CA', region: 'CA-ON' }],
  ['+18005550101', { kind: 'tfn', areaCode: null, group: 'tfn', region: null, place: null, timeZones: [] }],
  ['+447700900123', { kind: 'did', group: '44-7700', region: null }],
])('%s tells where it is', async (number, wanted) => {
  expect(await createNumberPlaces().describe(number as E164)).toMatchObject(wanted);
});
