/**
 * The terms of a candidate's weight in words, so that a person can follow why a contact was credited as it was. Factors
 * above 1 speak for the candidate, below 1 against; intent and delay together are the rate at which such visits call.
 */

export interface SaidTerm {
  readonly name: string;
  readonly factor: number;
  readonly says: string;
}

type Say = (factor: number) => string;

const neutral = 'Says nothing here.';

const sayings: Readonly<Record<string, Say>> = {
  intent: (calls) =>
    calls === 1
      ? 'The visit was still open: how often such visits call is in the delay’s figure.'
      : `Of 100 visits that looked so long at so many pages, ${figure(calls * 100)} call after they end.`,
  delayPerHour: (perHour) => `At this time after such a visit, calls come at a rate of ${figure(perHour)} an hour.`,
  tap: (factor) => {
    if (factor > 1) return 'The visitor tapped the number seconds before.';
    return factor < 1 ? 'The page was open, and no tap on the number was seen.' : neutral;
  },
  region: (factor) => {
    if (factor > 1) return 'The caller’s number is at home where the visit came from.';
    return factor < 1 ? 'The caller’s number is at home elsewhere than the visit.' : neutral;
  },
  contacted: (factor) => (factor < 1 ? 'This visit has probably called already, from another number.' : neutral),
  sameVisitor: (factor) =>
    factor < 1 ? 'This number has called before, and then it was probably another visitor.' : neutral,
  repeat: (share) =>
    share > 0
      ? `This number has called before: ${figure(share * 100)} % of the weight is that the same visitor calls again.`
      : neutral,
};

/** Terms of an older model have no words. */
export function sayTerms(terms: Readonly<Record<string, number>>): SaidTerm[] {
  return Object.entries(terms).map(([name, factor]) => ({ name, factor, says: sayings[name]?.(factor) ?? '' }));
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}
