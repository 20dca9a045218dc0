/** Hours as the wall clock shows them, over the days on which clocks are moved, against Intl's own reading of the zone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesAt, isOpen, type OpeningHours, openingHoursSchema } from '../../../src/telephony/plan/opening-hours.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const nineToFive = [{ from: '09:00', to: '17:00' }];

function hours(timeZone: string, weekly: object, holidays: object[] = []): OpeningHours {
  return openingHoursSchema.parse({ timeZone, weekly, holidays });
}

function openAt(of: OpeningHours, at: string): boolean {
  return isOpen(of, Date.parse(at));
}

test.each([
  ['before opening', '2026-05-04T12:59:59Z', false],
  ['at opening', '2026-05-04T13:00:00Z', true],
  ['just before closing', '2026-05-04T20:59:59Z', true],
  ['at closing', '2026-05-04T21:00:00Z', false],
  ['on a day without hours', '2026-05-05T15:00:00Z', false],
])('a Monday from 9 to 5 in New York: %s', (_when, at, expected) => {
  expect(openAt(hours('America/New_York', { monday: nineToFive }), at)).toBe(expected);
});

test('nine o’clock stays nine o’clock when the clocks move', () => {
  const daily = hours('Europe/Berlin', Object.fromEntries(weekdays.map((day) => [day, nineToFive])));
  expect(openAt(daily, '2026-03-28T08:00:00Z')).toBe(true);
  expect(openAt(daily, '2026-03-29T07:00:00Z')).toBe(true);
  expect(openAt(daily, '2026-03-28T07:30:00Z')).toBe(false);
  expect(openAt(daily, '2026-10-25T07:30:00Z')).toBe(false);
  expect(openAt(daily, '2026-10-25T08:00:00Z')).toBe(true);
});

test('the hour that comes twice is open twice, the one that never comes never', () => {
  const night = hours('America/Los_Angeles', { sunday: [{ from: '01:00', to: '02:00' }] });
  expect(openAt(night, '2026-11-01T08:30:00Z')).toBe(true);
  expect(openAt(night, '2026-11-01T09:30:00Z')).toBe(true);
  expect(openAt(night, '2026-11-01T10:00:00Z')).toBe(false);
  const lost = hours('America/Los_Angeles', { sunday: [{ from: '02:00', to: '03:00' }] });
  for (let minute = 0; minute < 1_440; minute += 1)
    expect(isOpen(lost, Date.parse('2026-03-08T08:00:00Z') + minute * minuteMs)).toBe(false);
});

test('a span over midnight belongs to the day on which it begins, a holiday after it too', () => {
  const bar = hours('Europe/Madrid', { saturday: [{ from: '22:00', to: '03:00' }], sunday: nineToFive }, [
    { date: '2026-06-14' },
  ]);
  expect(openAt(bar, '2026-06-13T20:00:00Z')).toBe(true);
  expect(openAt(bar, '2026-06-14T00:59:00Z')).toBe(true);
  expect(openAt(bar, '2026-06-14T01:00:00Z')).toBe(false);
  expect(openAt(bar, '2026-06-14T10:00:00Z')).toBe(false);
  expect(openAt(bar, '2026-06-21T10:00:00Z')).toBe(true);
});

test('a holiday has its own hours', () => {
  const shop = hours('Asia/Tokyo', { thursday: nineToFive }, [
    { date: '2026-12-31', name: 'New Year’s Eve', hours: [{ from: '10:00', to: '12:00' }] },
  ]);
  expect(openAt(shop, '2026-12-31T00:30:00Z')).toBe(false);
  expect(openAt(shop, '2026-12-31T02:00:00Z')).toBe(true);
  expect(openAt(shop, '2026-12-24T00:30:00Z')).toBe(true);
});

test('round the clock is one span a day, and never changes', () => {
  const always = hours('UTC', Object.fromEntries(weekdays.map((day) => [day, [{ from: '00:00', to: '24:00' }]])));
  expect(changesAt(always, Date.parse('2026-05-04T10:00:00Z'))).toBeNull();
  expect(openAt(always, '2026-05-04T23:59:59Z')).toBe(true);
});

/** Days on which clocks move: forward and back, by an hour and by half of one, at night and at midnight, south and north. */
const shifts: readonly (readonly [zone: string, around: string])[] = [
  ['America/Los_Angeles', '2026-03-08T10:00:00Z'],
  ['America/Los_Angeles', '2026-11-01T09:00:00Z'],
  ['Europe/London', '2026-03-29T01:00:00Z'],
  ['Europe/London', '2026-10-25T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['America/Santiago', '2026-09-06T04:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  ['Asia/Kathmandu', '2026-05-04T10:00:00Z'],
];

const time = fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15);
const write = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
/** One or two spans a day that do not overlap; the last may run into the next day. */
const dayOfSpans = fc
  .uniqueArray(time, { minLength: 2, maxLength: 4 })
  .map((times) => times.toSorted((one, two) => one - two))
  .map((times) => (times.length === 3 ? times.slice(0, 2) : times))
  .chain((times) =>
    fc.boolean().map((overnight) => {
      const spans = [];
      const turned = overnight ? [...times.slice(1), times[0] ?? 0] : times;
      for (let at = 0; at + 1 < turned.length; at += 2) spans.push({ from: turned[at] ?? 0, to: turned[at + 1] ?? 0 });
      return spans;
    }),
  );
const weekOfSpans = fc.record(Object.fromEntries(weekdays.map((day) => [day, dayOfSpans])));
const moment = fc.tuple(fc.constantFrom(...shifts), fc.integer({ min: -2_880, max: 2_880 }));

type Week = Record<string, { from: number; to: number }[]>;

function written(zone: string, week: Week): OpeningHours {
  const weekly = Object.entries(week).map(([day, spans]) => [
    day,
    spans.map(({ from, to }) => ({ from: write(from), to: write(to) })),
  ]);
  return hours(zone, Object.fromEntries(weekly));
}

/** The wall clock as Intl reads it: the weekday and the minute of the day. */
function wallClock(zone: string, at: number): { day: number; minute: number } {
  const form = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const part = Object.fromEntries(form.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = weekdays.indexOf(part.weekday?.toLowerCase() as (typeof weekdays)[number]);
  return { day, minute: Number(part.hour) * 60 + Number(part.minute) };
}

test('open exactly while the wall clock stands within a span, whatever the clocks do', () => {
  fc.assert(
    fc.property(weekOfSpans, moment, (week, [[zone, around], minutes]) => {
      const at = Date.parse(around) + minutes * minuteMs;
      const { day, minute } = wallClock(zone, at);
      const today = (week as Week)[weekdays[day] ?? ''] ?? [];
      const before = (week as Week)[weekdays[(day + 6) % 7] ?? ''] ?? [];
      const within =
        today.some(({ from, to }) => (to > from ? minute >= from && minute < to : minute >= from)) ||
        before.some(({ from, to }) => to < from && minute < to);
      expect(isOpen(written(zone, week as Week), at)).toBe(within);
    }),
    { numRuns: 3_000 },
  );
});

test('nothing changes before the next change, and something does at it', () => {
  fc.assert(
    fc.property(
      weekOfSpans,
      moment,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (week, [[zone, around], minutes], part) => {
        const at = Date.parse(around) + minutes * minuteMs;
        const of = written(zone, week as Week);
        const change = changesAt(of, at);
        const until = change ?? at + 13 * dayMs;
        expect(isOpen(of, Math.floor(at + (until - 1 - at) * part))).toBe(isOpen(of, at));
        if (change !== null) expect(isOpen(of, change)).toBe(!isOpen(of, at));
      },
    ),
    { numRuns: 1_000 },
  );
});
