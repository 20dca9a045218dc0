/**
 * What a telephone number says of itself: toll-free or not, its country and its area code, from libphonenumber's
 * metadata. Pure; the place name and time zones are looked up in `number-place.file.ts`.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { E164 } from '../ports/e164.ts';
import { tollFreeGroup } from './preferred-groups.ts';

export type NumberKind = 'did' | 'tfn';

export interface NumberFacts {
  readonly kind: NumberKind;
  readonly country: string | null;
  readonly callingCode: string;
  /** The national destination code, such as `503`; null for toll-free numbers and where none can be told. */
  readonly areaCode: string | null;
  /** `tfn`, or calling code and area code, such as `1-503`. */
  readonly group: string;
}

/** `kind` overrides what the metadata says, for ranges it does not know. */
export function numberFacts(e164: E164, kind?: NumberKind | null): NumberFacts {
  const parsed = parsePhoneNumberFromString(e164);
  const callingCode = parsed?.countryCallingCode ?? '';
  const country = parsed?.country ?? null;
  const told = kind ?? (parsed?.getType() === 'TOLL_FREE' ? 'tfn' : 'did');
  if (told === 'tfn') return { kind: told, country, callingCode, areaCode: null, group: tollFreeGroup };
  // libphonenumber writes the area code as the first group after the country's own.
  const [, areaCode = null, ...rest] = parsed?.formatInternational().split(' ') ?? [];
  const own = rest.length === 0 ? null : areaCode;
  return {
    kind: told,
    country,
    callingCode,
    areaCode: own,
    group: own === null ? callingCode : `${callingCode}-${own}`,
  };
}
