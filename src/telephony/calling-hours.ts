/**
 * When somebody may be called for marketing: from 08:00 to 21:00 by their own clock, in some states of the US shorter
 * (contracts section 5). Where they are is known by their number's area code only; of several zones or states it may mean,
 * the call must be allowed in each. Pure; time zones are Node's own.
 */
import type { NumberPlaces } from '../numbers/number-place.file.ts';

export type Whereabouts = Pick<Awaited<ReturnType<NumberPlaces['describe']>>, 'country' | 'region' | 'timeZones'>;

export type CallingHours =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed';
      /** The one in which it is too early or too late; null when nothing is known of where they are. */
      readonly timeZone: string | null;
      /** Hours of the day, such as 8 and 21. */
      readonly from: number;
      readonly to: number;
      /** Unix ms; null when no hour of the next two days suits all zones. */
      readonly opensAt: number | null;
    };

type Hours = { readonly from: number; readonly to: number };

const usual: Hours = { from: 8, to: 21 };
const strictest: Hours = { from: 9, to: 20 };
const ofState: Readonly<Record<string, Hours>> = {
  ...Object.fromEntries(['FL', 'OK', 'MD', 'MS', 'NJ'].map((state) => [`US-${state}`, { from: 8, to: 20 }])),
  'US-CT': { from: 9, to: 20 },
};
const stepMs = 15 * 60_000;
const lookAheadMs = 48 * 60 * 60_000;

/** Whether somebody there may be called for marketing at `at` (Unix ms). */
export function callingHours(where: Whereabouts, at: number): CallingHours {
  const hours = hoursOf(where);
  const zones = zonesOf(where);
  const closedIn = (instant: number) => zones.find((zone) => !isWithin(hours, zone, instant));
  const timeZone = closedIn(at);
  if (zones.length > 0 && timeZone === undefined) return { kind: 'open' };
  let opensAt: number | null = null;
  const first = Math.ceil((at + 1) / stepMs) * stepMs;
  for (let instant = first; zones.length > 0 && instant <= at + lookAheadMs; instant += stepMs) {
    if (closedIn(instant) !== undefined) continue;
    opensAt = instant;
    break;
  }
  return { kind: 'closed', timeZone: timeZone ?? null, ...hours, opensAt };
}

/** A number of the US whose state is not known may be one of the strictest state's. */
function hoursOf({ country, region }: Whereabouts): Hours {
  if (country === 'US' && region === null) return strictest;
  return ofState[region ?? ''] ?? usual;
}

/** Without an area code that says so, all of its country's. */
function zonesOf({ country, timeZones }: Whereabouts): readonly string[] {
  if (timeZones.length > 0 || country === null) return timeZones;
  return new Intl.Locale('und', { region: country }).getTimeZones() ?? [];
}

function isWithin({ from, to }: Hours, timeZone: string, at: number): boolean {
  const { hour } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  return hour >= from && hour < to;
}
