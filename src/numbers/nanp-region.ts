/**
 * States and provinces by the names libphonenumber's geocoder gives area codes, as ISO 3166-2 codes: `Oregon` and
 * `New York, NY` alike become `US-OR`, `US-NY`. The names and codes are those of ISO 3166-2:US and ISO 3166-2:CA.
 */

const states =
  'AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC Washington D.C.|' +
  'FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|' +
  'MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|' +
  'NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|' +
  'OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|' +
  'VA Virginia|WA Washington State|WV West Virginia|WI Wisconsin|WY Wyoming';
const provinces =
  'AB Alberta|BC British Columbia|BC British Colombia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|' +
  'NS Nova Scotia|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan';

const byName = new Map<string, string>();
const byCode = new Map<string, string>();
for (const [country, list] of [
  ['US', states],
  ['CA', provinces],
] as const) {
  for (const entry of list.split('|')) {
    const code = entry.slice(0, 2);
    byName.set(entry.slice(3), `${country}-${code}`);
    byCode.set(code, `${country}-${code}`);
  }
}

/** `US-OR` for `Oregon` or `Portland, OR`; null for a place in no one state, or elsewhere. */
export function nanpRegion(place: string): string | null {
  return byName.get(place) ?? byCode.get(/, ([A-Z]{2})$/.exec(place)?.[1] ?? '') ?? null;
}
