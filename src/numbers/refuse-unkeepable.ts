/**
 * The record cannot hold NUL or half a surrogate pair, and a page must hear of it now: once a grant stands in a journal or
 * a stream nobody could tell it.
 */
import { AppError } from '../ports/errors.ts';
import type { OpenedVisit } from './lease-book.ts';

/** @throws AppError `invalid-request` that names the fields. */
export function refuseUnkeepable({ visitorId, arrival }: OpenedVisit): void {
  if (isKeepable(visitorId ?? '') && isKept(arrival)) return;
  const fields = Object.entries({ visitorId: visitorId ?? '', ...arrival }).flatMap(([field, value]) =>
    isKeepable(value)
      ? []
      : [{ field, problem: 'holds NUL or half a surrogate pair', cure: 'send well-formed text without NUL' }],
  );
  throw new AppError('invalid-request', { fields });
}

function isKept(arrival: OpenedVisit['arrival']): boolean {
  for (const name in arrival) if (!isKeepable(arrival[name] ?? '')) return false;
  return true;
}

function isKeepable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}
