/**
 * When a business answers its phone: weekly spans in the wall clock of its time zone, and dates that have hours of their
 * own or none. Open means that the clock on its wall stands within a span: so an hour that comes twice in autumn is open
 * twice, one that never comes in spring never, and nothing is counted in hours from somewhere else. A span belongs to
 * the day on which it begins; one that ends at or before its beginning runs into the next day. Time zones are Node's
 * own (Temporal over the IANA data of ICU).
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';

const dayMinutes = 1_440;
/** In the order of ISO 8601: Monday is 1. */
const dayNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

const fromField = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day such as 09:00');
const toField = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'is not a time of day such as 17:30 or 24:00');

const spanSchema = z.strictObject({ from: fromField, to: toField }).superRefine((span, context) => {
  if (span.from !== span.to) return;
  const cure = 'write 00:00 to 24:00 for a whole day, or leave the span out';
  context.addIssue({ code: 'custom', path: ['to'], message: 'ends when it begins', params: { cure } });
});

type Span = z.infer<typeof spanSchema>;

const spansSchema = z
  .array(spanSchema)
  .max(limits.hoursSpansPerDayMax)
  .superRefine((spans, context) => {
    const ordered = spans.map((span, at) => ({ ...minutesOf(span), at })).sort((one, two) => one.from - two.from);
    for (const [index, later] of ordered.entries()) {
      const earlier = ordered[index - 1];
      if (earlier === undefined || earlier.end <= later.from) continue;
      const cure = 'let it begin when the other one has ended, or make one span of both';
      const message = 'overlaps another span of the day';
      context.addIssue({ code: 'custom', path: [later.at, 'from'], message, params: { cure } });
    }
  })
  .describe('local times; a span that ends at or before its beginning runs into the next day; none: closed');

const timeZoneField = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: 'is not a time zone of the IANA database',
    params: { cure: 'name one such as America/Los_Angeles' },
  })
  .describe('IANA name, such as America/Los_Angeles');

const holidaySchema = z.strictObject({
  date: z.iso.date().describe('local date, such as 2026-12-25'),
  name: z.string().min(1).max(100).refine(isText, 'holds characters that are not text').optional(),
  hours: spansSchema.default([]).describe('instead of the weekday’s; none: closed'),
});

export const openingHoursSchema = z.strictObject({
  timeZone: timeZoneField,
  weekly: z
    .strictObject(
      Object.fromEntries(dayNames.map((day) => [day, spansSchema.default([])])) as Record<
        (typeof dayNames)[number],
        z.ZodDefault<typeof spansSchema>
      >,
    )
    .describe('a day that is left out is closed'),
  holidays: z
    .array(holidaySchema)
    .max(limits.hoursHolidaysMax)
    .superRefine((holidays, context) => {
      const seen = new Set<string>();
      for (const [at, { date }] of holidays.entries()) {
        const params = { cure: 'put all its hours into one entry' };
        if (seen.has(date)) context.addIssue({ code: 'custom', path: [at, 'date'], message: 'stands twice', params });
        seen.add(date);
      }
    })
    .default([]),
});

export type OpeningHours = z.infer<typeof openingHoursSchema>;

/** Whether the wall clock stands within a span at `at` (Unix ms). */
export function isOpen(hours: OpeningHours, at: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(hours.timeZone);
  const minute = local.hour * 60 + local.minute;
  const today = local.toPlainDate();
  return (
    spansOn(hours, today).some(({ from, end }) => minute >= from && minute < end) ||
    spansOn(hours, today.subtract({ days: 1 })).some(({ end }) => minute + dayMinutes < end)
  );
}

/** When open becomes closed or the other way round after `at` (Unix ms); null when not within two weeks (limits). */
export function changesAt(hours: OpeningHours, at: number): number | null {
  const now = isOpen(hours, at);
  const moments = boundaries(hours, at).filter((moment) => moment > at);
  return moments.sort((one, two) => one - two).find((moment) => isOpen(hours, moment) !== now) ?? null;
}

/** Every instant near which the answer can change: beginnings and ends of spans, and changes of the zone's offset. */
function boundaries({ timeZone, ...hours }: OpeningHours, at: number): number[] {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const found: number[] = [];
  for (let day = -1; day <= limits.hoursLookAheadDays; day += 1) {
    const midnight = local.toPlainDate().add({ days: day }).toPlainDateTime();
    const spans = spansOn({ timeZone, ...hours }, midnight.toPlainDate());
    for (const minutes of spans.flatMap(({ from, end }) => [from, end])) {
      const wall = midnight.add({ minutes });
      for (const disambiguation of ['earlier', 'later'] as const)
        found.push(wall.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds);
    }
  }
  const horizon = local.add({ days: limits.hoursLookAheadDays }).epochMilliseconds;
  let shift = local.getTimeZoneTransition('next');
  for (; shift !== null && shift.epochMilliseconds <= horizon; shift = shift.getTimeZoneTransition('next'))
    found.push(shift.epochMilliseconds);
  return found;
}

function spansOn(hours: OpeningHours, date: Temporal.PlainDate): { from: number; end: number }[] {
  const holiday = hours.holidays.find((one) => one.date === date.toString());
  const day = dayNames[date.dayOfWeek - 1];
  const spans = holiday?.hours ?? (day === undefined ? [] : hours.weekly[day]);
  return spans.map(minutesOf);
}

/** Minutes from the day's midnight; the end of a span into the next day lies beyond 1,440. */
function minutesOf({ from, to }: Span): { from: number; end: number } {
  const [begins, ends] = [minuteOf(from), minuteOf(to)];
  return { from: begins, end: ends > begins ? ends : ends + dayMinutes };
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** Offsets such as `+02:00` are zones to Intl, but they know no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
