/**
 * Regions as callers and visits are compared by: a state or province where numbers tell it (`US-OR`, `CA-ON`), otherwise
 * the country (`DE`). A page may say more than a telephone number can (`DE-BE`), so both are brought to one measure.
 */

/** Countries whose area codes name a state or province. */
const byState = new Set(['US', 'CA']);

/** Null when the text names no region, or only a country whose callers are told apart by state. */
export function coarseRegion(text: string | null): string | null {
  const [, country = '', state = null] =
    /^([A-Z]{2})(?:-([A-Z0-9]{1,3}))?$/.exec(text?.trim().toUpperCase() ?? '') ?? [];
  if (country === '') return null;
  if (!byState.has(country)) return country;
  return state === null ? null : `${country}-${state}`;
}
