/**
 * Where calls may be sent: an enterprise's own countries and nowhere else (contracts section 7), because a stolen key or
 * a forged answer of a hook is worth most to whoever owns an expensive number. Premium ranges are never dialled; the
 * +1 codes of islands, which look like a call around the corner, only when the enterprise has named their country.
 * SIP addresses go to hosts that the enterprise has named. Pure: the rules are read by `destination-rules.postgres.ts`.
 */
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import type { Dialable } from './instructions.ts';
import { sipHostOf } from './plan/read-dialable.ts';

export interface DestinationRules {
  /** ISO 3166-1, such as `US`. */
  readonly countries: readonly string[];
  /** The enterprise has named them itself; otherwise they are those of its numbers. */
  readonly areNamed: boolean;
  readonly sipHosts: readonly string[];
}

export type DestinationVerdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly problem: string; readonly cure: string };

/** Area codes of +1 outside the United States and Canada, by contracts section 7. */
const islandCodes = new Set(
  '242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876'.split(' '),
);
/** +1 900 as an area code and 976 as an area code or exchange: pay-per-call. */
const costly: ReadonlySet<string> = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER', 'PAGER']);
const payPerCall = /^\+1(?:900|976|\d{3}976)/;

/** Whether calls may be sent to `to`; a refusal says what stands in the way and what would change it. */
export function checkDestination(to: Dialable, rules: DestinationRules): DestinationVerdict {
  const host = sipHostOf(to);
  if (host === null) return checkNumber(to, rules);
  if (rules.sipHosts.includes(host)) return { kind: 'allowed' };
  return refuse(`the SIP host ${host} is not one of yours`, 'name it with PUT /v1/allowed-destinations');
}

/** Whether ISO 3166-1 and the numbering plans know this country. */
export function isCountry(code: string): code is CountryCode {
  return isSupportedCountry(code);
}

function checkNumber(to: Dialable, { countries, areNamed }: DestinationRules): DestinationVerdict {
  const parsed = parsePhoneNumberFromString(to);
  if (parsed === undefined) return refuse('this is not a telephone number', 'write it in E.164');
  const kind = parsed.getType();
  if (payPerCall.test(to) || costly.has(kind ?? ''))
    return refuse('calls to premium-rate numbers are never made', 'name an ordinary number');
  if (kind === 'TOLL_FREE' && countries.some((code) => callingCodeOf(code) === parsed.countryCallingCode))
    return { kind: 'allowed' };
  const country = parsed.country ?? null;
  const isIsland = parsed.countryCallingCode === '1' && islandCodes.has(to.slice(2, 5));
  if (country !== null && countries.includes(country) && (areNamed || !isIsland)) return { kind: 'allowed' };
  const where = country ?? `+${parsed.countryCallingCode}`;
  return refuse(
    `${where} is not on the list of allowed destinations (${countries.join(', ') || 'none'})`,
    'name a number of an allowed country, or add the country with PUT /v1/allowed-destinations',
  );
}

function callingCodeOf(code: string): string | null {
  return isCountry(code) ? getCountryCallingCode(code) : null;
}

function refuse(problem: string, cure: string): DestinationVerdict {
  return { kind: 'refused', problem, cure };
}
