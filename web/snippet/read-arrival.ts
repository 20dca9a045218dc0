/**
 * What is known of an arrival when a visit begins: where the visitor landed, what brought them, and their language.
 * Everything is cut to what `POST /v1/visits` takes, so an odd address never costs the visit.
 */
import type { z } from 'zod';
import type { openVisitBody } from '../../src/api/contract/visits.ts';
import { options } from './script-tag.ts';

export type Arrival = Partial<z.input<typeof openVisitBody>>;

const marks = 'gclid gbraid wbraid msclkid fbclid utm_source utm_medium utm_campaign utm_term utm_content';

/** The arrival as the page shows it, without anything that is stored in the browser. Empty values are left out. */
export function readArrival(): Arrival {
  const query = new URLSearchParams(location.search.slice(0, 2e3));
  const arrival: Record<string, string | null | undefined> = {
    url: location.href,
    referrer: document.referrer,
    locale: navigator.language,
    region: options.region,
  };
  for (const name of marks.split(' ')) {
    arrival[name.replace(/_(.)/, (_all, letter: string) => letter.toUpperCase())] = query.get(name);
  }
  for (const name in arrival) arrival[name] = (arrival[name] || '').replace(/\0/g, '').slice(0, 2e3) || undefined;
  return arrival as Arrival;
}

/** The Google Analytics client id, from the cookie Analytics keeps. */
export function readGaClientId(): string | undefined {
  try {
    return (/\b_ga=GA\d+\.\d+\.(\d+\.\d+)/.exec(document.cookie) || [])[1];
  } catch {
    return;
  }
}
