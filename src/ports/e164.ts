/**
 * Telephone numbers in E.164, the only form the record keeps. Parsing, national forms and countries come from
 * libphonenumber's metadata; this file adds the brand and the mask that logs and pages must use.
 */

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { limits } from '../../config/limits.ts';

declare const brand: unique symbol;

/** A telephone number such as `+15035550123`. */
export type E164 = string & { readonly [brand]: 'E164' };

/**
 * What carriers send for a caller who withheld the number: ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN and BLOCKED spelt
 * on a keypad. Some are possible numbers of some country; taken for one, all such callers would be one person.
 */
const withheld = new Set(['+266696687', '+7378742833', '+86282452253', '+8656696', '+2562533']);

/**
 * Reads a number in international form. Returns null for anything that is not one: text, a withheld ANI, too short or
 * too long. Reserved fictional numbers (NPA 555 01XX) are accepted: possible length is what is checked, not assignment.
 * A trunk prefix left in by mistake (`+440…`) is taken out.
 */
export function parseE164(text: string): E164 | null {
  if (withheld.has(text)) return null;
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return null;
  const parsed = parsePhoneNumberFromString(text);
  if (parsed?.isPossible() !== true) return null;
  return parsed.number === text ? (text as E164) : parseE164(parsed.number);
}

/** Reads a number as a web page writes it, `(503) 555-0123` or `+1 503.555.0123`; without a code it is North American. */
export function parseWritten(text: string): E164 | null {
  return parseE164(parsePhoneNumberFromString(text, 'US')?.number ?? '');
}

/** National forms found before, the oldest first: a page view asks for the same few thousand again and again. */
const nationalForms = new Map<E164, string>();

const northAmerican = /^\+1[2-9]\d{9}$/;

/** The number as people of its country write it, `(503) 555-0123`. */
export function nationalFormat(number: E164): string {
  // One form for all of North America: most numbers, and a look into the metadata is a hundred times this.
  if (northAmerican.test(number)) return `(${number.slice(2, 5)}) ${number.slice(5, 8)}-${number.slice(8)}`;
  const known = nationalForms.get(number);
  if (known !== undefined) return known;
  const form = parsePhoneNumberFromString(number)?.formatNational() ?? number;
  nationalForms.set(number, form);
  if (nationalForms.size > limits.nationalFormsMax) {
    const oldest = nationalForms.keys().next();
    if (oldest.done !== true) nationalForms.delete(oldest.value);
  }
  return form;
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
