/**
 * Where a caller's number is at home, by libphonenumber's offline tables: the state or province behind a North American
 * area code, the country elsewhere. Nothing is told of a number that is withheld or known to be mobile (mobile numbers
 * wander), nor of toll-free and other numbers without a place. North American mobiles cannot be told from fixed lines;
 * the model learns how often they are at home (`homeShare`).
 *
 * An area code that was not asked for before is looked up on disk (25 to 200 ms): before the contact's transaction, in
 * which nothing outside is waited for.
 */
import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { E164 } from '../ports/e164.ts';
import type { NumberPlaces } from './number-place.file.ts';

export interface AniRegions {
  /** Looks up what the address needs; never rejects. */
  learn(address: string | null): Promise<void>;
  /** Such as `US-OR` or `GB`; null when nothing can be told, or `learn` was not asked before. */
  regionOf(address: string | null): string | null;
}

const placed = new Set(['FIXED_LINE', 'FIXED_LINE_OR_MOBILE']);
const withStates = new Set<string | undefined>(['US', 'CA']);

export function createAniRegions({ places }: { readonly places: Pick<NumberPlaces, 'describe'> }): AniRegions {
  /** By area code: at most 800 there are. */
  const states = new Map<string, string | null>();
  /** Area codes being looked up: calls that come together from one do not each read the disk. */
  const underWay = new Map<string, Promise<void>>();

  async function lookUp(area: string, number: E164): Promise<void> {
    const described = await places.describe(number, 'did').catch(() => null);
    if (described !== null) states.set(area, described.region);
    underWay.delete(area);
  }

  return Object.freeze({
    async learn(address: string | null): Promise<void> {
      const number = placedNumber(address);
      if (number === null || !withStates.has(number.country)) return;
      const area = areaOf(number);
      if (states.has(area)) return;
      const looking = underWay.get(area) ?? lookUp(area, number.number as E164);
      underWay.set(area, looking);
      await looking;
    },

    regionOf(address: string | null): string | null {
      const number = placedNumber(address);
      if (number === null) return null;
      return withStates.has(number.country) ? (states.get(areaOf(number)) ?? null) : (number.country ?? null);
    },
  });
}

function placedNumber(address: string | null): PhoneNumber | null {
  const number = address?.startsWith('+') ? parsePhoneNumberFromString(address) : undefined;
  return number !== undefined && placed.has(number.getType() ?? '') ? number : null;
}

function areaOf(number: PhoneNumber): string {
  return number.nationalNumber.slice(0, 3);
}
