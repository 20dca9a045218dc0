/**
 * From the words of a request to the span of a report: days are midnights in the asked time zone, by the database's own
 * calendar, so that a day on which clocks change has its 23 or 25 hours.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import { AppError, type FieldFault } from '../../ports/errors.ts';
import type { Db } from '../../records/schema.ts';

export interface RangeWish {
  /** A day such as `2026-05-04` or an instant in ISO 8601; left out: 30 days before `to`. */
  readonly from?: string | undefined;
  /** A day, which is included, or an instant, which is not; left out: now. */
  readonly to?: string | undefined;
  readonly timeZone: string;
}

/** From the first instant up to and without the last. */
export interface Range {
  readonly from: Date;
  readonly to: Date;
  readonly timeZone: string;
}

/** `spanMs` is the longest that may be asked. @throws AppError `invalid-request` naming the field. */
export async function readRange(db: Db, wish: RangeWish, now: number, spanMs: number): Promise<Range> {
  const { timeZone } = wish;
  const to = wish.to === undefined ? new Date(now) : await instantOf(db, wish.to, timeZone, 1);
  const from =
    wish.from === undefined
      ? new Date(to.getTime() - Math.min(spanMs, limits.reportDefaultSpanMs))
      : await instantOf(db, wish.from, timeZone, 0);
  if (from >= to) throw refusal({ field: 'to', problem: 'is not after from', cure: 'send a later day or instant' });
  if (to.getTime() - from.getTime() > spanMs) {
    const days = Math.floor(spanMs / 86_400_000);
    throw refusal({ field: 'from', problem: `lies more than ${days} days before to`, cure: 'ask for a shorter span' });
  }
  return { from, to, timeZone };
}

/** A day's midnight, `daysOn` days later; an instant as it is. */
async function instantOf(db: Db, text: string, timeZone: string, daysOn: number): Promise<Date> {
  if (text.includes('T')) return new Date(text);
  const { rows } = await sql<{ at: Date }>`
    select ((${text}::date + ${daysOn}::int)::timestamp at time zone ${timeZone}) as at`
    .execute(db)
    .catch((fault: unknown) => {
      throw isUnknownZone(fault) ? zoneRefusal() : fault;
    });
  const [row] = rows;
  if (row === undefined) throw new AppError('fault');
  return row.at;
}

/** PostgreSQL's own list of zones may lack one that this runtime knows. */
export function isUnknownZone(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === '22023';
}

/** The refusal of a time zone the database does not know. */
export function zoneRefusal(): AppError {
  const problem = 'is not a time zone the database knows';
  return refusal({ field: 'timeZone', problem, cure: 'send an IANA name such as America/New_York' });
}

function refusal(fault: FieldFault): AppError {
  return new AppError('invalid-request', { fields: [fault] });
}
