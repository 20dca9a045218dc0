/**
 * Telephone numbers as pages write them: found in text in any form, and written again with other digits between the
 * same separators. Pure. No lookbehind: Safari before 16.4 would refuse the whole script for it.
 */

/** The number to show, as the gateway gives it. */
export interface Shown {
  readonly e164: string;
  readonly national: string;
}

/** What may stand between two digits of one number. */
const gap = '[\\s().\\u2010-\\u2015/-]{0,3}';
/** A trunk prefix, as in 020 or +44 (0)20. */
const trunk = `(?:\\(?0\\)?${gap})?`;
const digitsOf = (text: string) => text.replace(/\D/g, '');

/** Any run that looks like a telephone number, for elements that are marked. */
export const anyNumber = /\+?\(?\d[\d\s().\u2010-\u2015/-]{5,}\d/;

/**
 * Finds the declared numbers in any form: group 1 is what stands before, group 2 the number as written. Where a country
 * code ends is not known here, so each of the first three digits may be missing.
 */
export function patternOf(declared: readonly string[]): RegExp {
  const forms = declared
    .map((written) => digitsOf(written.replace('(0)', '')).replace(/^[2-9]\d{9}$/, '1$&'))
    .filter((digits) => digits.length > 6)
    .map((digits) => {
      const start = digits.slice(0, 3).replace(/./g, `(?:$&${gap})?${trunk}`);
      return start + digits.slice(3).split('').join(gap);
    });
  return new RegExp(`(^|[^\\d+])((?:(?:\\+\\d{0,3}|00|011)${gap})?\\(?(?:${forms.join('|') || '$.'}))(?!\\d)`, 'g');
}

/** Writes `shown` as `written` is: its separators where the digits are as many, otherwise the national form. */
export function writeLike(written: string, { e164, national }: Shown): string {
  const form = written.replace(/^(\+\d+\s*)\(0\)\s?/, '$1');
  const count = digitsOf(form).length;
  const abroad = form.includes('+');
  let digits = digitsOf(national);
  if (abroad || digits.length !== count) digits = digitsOf(e164);
  let at = 0;
  return digits.length === count ? form.replace(/\d/g, () => digits.charAt(at++)) : abroad ? e164 : national;
}

/** The text of a marked element: its number whatever it is; words in digits' stead (1-800-…) only when `whole`. */
export function writeMarked(text: string, shown: Shown, whole: boolean): string {
  if (anyNumber.test(text)) return text.replace(anyNumber, (written) => writeLike(written, shown));
  return whole && /\d{3}/.test(text) ? shown.national : text;
}
