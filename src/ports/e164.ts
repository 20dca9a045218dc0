/**
 * Telephone numbers in E.164, the only form the record keeps. Parsing, national forms and countries come from
 * libphonenumber's metadata; this file adds the brand and the mask that logs and pages must use.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

declare const brand: unique symbol;

/** A telephone number such as `+15035550123`. */
export type E164 = string & { readonly [brand]: 'E164' };

/** ANI texts carriers send when the caller withheld the number. They carry no identity. */
const withheld = new Set(['anonymous', 'restricted', 'unavailable', 'unknown', 'private', '+266696687', '+7378742833']);

/**
 * Reads a number in international form. Returns null for anything that is not one: text, a withheld ANI, too short or
 * too long. Reserved fictional numbers (NPA 555 01XX) are accepted: possible length is what is checked, not assignment.
 */
export function parseE164(text: string): E164 | null {
  if (text.length > 20 || withheld.has(text.toLowerCase())) return null;
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return null;
  const parsed = parsePhoneNumberFromString(text);
  return parsed?.isPossible() === true ? (parsed.number as string as E164) : null;
}

/** The number as people of its country write it, `(503) 555-0123`. */
export function nationalFormat(number: E164): string {
  return parsePhoneNumberFromString(number)?.formatNational() ?? number;
}

/** `+1***0123`: what logs and unguarded pages may show. Null in, `withheld` out. */
export function maskNumber(number: string | null): string {
  if (number === null) return 'withheld';
  return number.length < 7 ? '***' : `${number.slice(0, 2)}***${number.slice(-4)}`;
}

/** Who a text comes from or goes to: a telephone number, or a short code such as `24273`. */
export type TextAddress = (string & { readonly [textBrand]: 'TextAddress' }) | E164;
declare const textBrand: unique symbol;

/** Reads a text's sender: E.164, or a short code of 3 to 8 digits. Null for anything else. */
export function parseTextAddress(text: string): TextAddress | null {
  if (/^[1-9]\d{2,7}$/.test(text)) return text as TextAddress;
  return parseE164(text);
}
