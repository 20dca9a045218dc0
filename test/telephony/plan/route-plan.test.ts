/** What is refused of a route plan, by field, problem and cure, and what one that says nothing means. */
import { expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../../src/ports/errors.ts';
import { readInput } from '../../../src/ports/field-faults.ts';
import { routePlanKeys, routePlanSchema, usualGreeting } from '../../../src/telephony/plan/route-plan.ts';

const leaf = { prompt: 'Press 1.', keys: { 1: { to: 'agents' } } };
const nested = (depth: number): object =>
  depth === 1 ? leaf : { prompt: 'Press 1.', keys: { 1: { to: 'menu', menu: nested(depth - 1) } } };
const week = (monday: unknown) => ({ hours: { timeZone: 'Europe/London', weekly: { monday } } });

function faultsOf(plan: unknown): string[] {
  try {
    readInput(routePlanSchema, plan);
    return [];
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    for (const { problem, cure } of fault.fields) expect([problem, cure]).not.toContain('');
    return fault.fields.map(({ field }) => field);
  }
}

test('a plan that says nothing is what is done without one', () => {
  const plan = routePlanSchema.parse({});
  expect(plan).toMatchObject({
    hours: null,
    greeting: usualGreeting,
    dispatch: 'must',
    overflow: 'failover',
    failover: null,
    waitMs: limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    record: false,
  });
  expect(new Set(Object.keys(plan))).toEqual(routePlanKeys);
});

test.each<[string, unknown, string[]]>([
  ['no object', 'open', ['body']],
  ['a key nobody knows', { gretting: 'Hello' }, ['body']],
  ['an offset for a time zone', { hours: { timeZone: '+02:00', weekly: {} } }, ['hours.timeZone']],
  ['a place that is no time zone', { hours: { timeZone: 'Europe/Atlantis', weekly: {} } }, ['hours.timeZone']],
  ['a day that is none', { hours: { timeZone: 'UTC', weekly: { caturday: [] } } }, ['hours.weekly']],
  ['a time that is none', week([{ from: '9:00', to: '17:00' }]), ['hours.weekly.monday.0.from']],
  ['the 25th hour', week([{ from: '09:00', to: '25:00' }]), ['hours.weekly.monday.0.to']],
  ['a span of no time', week([{ from: '09:00', to: '09:00' }]), ['hours.weekly.monday.0.to']],
  [
    'spans that overlap',
    week([
      { from: '13:00', to: '17:00' },
      { from: '09:00', to: '13:30' },
    ]),
    ['hours.weekly.monday.0.from'],
  ],
  [
    'a span under one that runs over midnight',
    week([
      { from: '20:00', to: '02:00' },
      { from: '22:00', to: '23:00' },
    ]),
    ['hours.weekly.monday.1.from'],
  ],
  [
    'a holiday that is no date',
    { hours: { timeZone: 'UTC', weekly: {}, holidays: [{ date: '2026-02-29' }] } },
    ['hours.holidays.0.date'],
  ],
  [
    'a holiday twice',
    { hours: { timeZone: 'UTC', weekly: {}, holidays: [{ date: '2026-12-25' }, { date: '2026-12-25' }] } },
    ['hours.holidays.1.date'],
  ],
  ['an announcement of nothing', { announcement: '' }, ['announcement']],
  ['an announcement without end', { announcement: 'a'.repeat(501) }, ['announcement']],
  ['characters nobody can say', { greeting: 'a\u0000b' }, ['greeting']],
  ['a product that is no slug', { product: 'Solar Panels' }, ['product']],
  ['a number that is none', { failover: '5035550123' }, ['failover']],
  ['a SIP address as failover', { failover: 'sip:a@b.example' }, ['failover']],
  ['a destination with parameters', { handOver: { to: 'sip:a@b.example;transport=tcp' } }, ['handOver.to']],
  ['a destination with headers', { handOver: { to: 'sip:a@b.example?Subject=x' } }, ['handOver.to']],
  ['a race of one', { dispatch: 'race', raceSize: 1 }, ['raceSize']],
  ['a race of all', { dispatch: 'race', raceSize: 11 }, ['raceSize']],
  ['a ring too short', { ringTimeoutMs: 4_999 }, ['ringTimeoutMs']],
  ['a wait without end', { waitMs: 30 * 60_000 + 1 }, ['waitMs']],
  ['half an offer', { offersMax: 1.5 }, ['offersMax']],
  ['a callback after the wait', { callbackAfterMs: 60_000 }, ['callbackAfterMs']],
  ['closed to a number nobody named', { closed: { action: 'failover' } }, ['closed.action']],
  ['a menu without keys', { menu: { prompt: 'Press.', keys: {} } }, ['menu.keys']],
  ['a key that is none', { menu: { prompt: 'Press.', keys: { A: { to: 'agents' } } } }, ['menu.keys', 'menu.keys']],
  ['a key that leads nowhere', { menu: { prompt: 'Press.', keys: { 1: { to: 'moon' } } } }, ['menu.keys.1.to']],
  ['a menu a level too deep', { menu: nested(limits.menuDepthMax + 1) }, ['menu.keys.1.menu.keys.1.menu.keys.1.to']],
  ['a menu before a hand-over', { handOver: { to: '+15035550177' }, menu: leaf }, ['menu']],
  ['a recording of what is handed over', { handOver: { to: '+15035550177' }, record: true }, ['record']],
  ['several faults at once', { product: 'A B', waitMs: 1, record: 'yes' }, ['product', 'waitMs', 'record']],
])('%s is refused', (_what, plan, fields) => {
  expect(faultsOf(plan)).toEqual(fields);
});

test.each<[string, unknown]>([
  ['menus as deep as they may be', { menu: nested(limits.menuDepthMax) }],
  ['closing at midnight and at 24:00', week([{ from: '20:00', to: '24:00' }])],
  [
    'adjoining spans',
    week([
      { from: '09:00', to: '12:00' },
      { from: '12:00', to: '17:00' },
    ]),
  ],
  ['a SIP address with a port', { handOver: { to: 'sip:calls@centre.example:5061' } }],
  ['nothing to be said', { greeting: null, closed: { announcement: null } }],
])('%s is taken', (_what, plan) => {
  expect(faultsOf(plan)).toEqual([]);
});
