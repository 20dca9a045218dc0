/**
 * What one visitor will do, decided beforehand from the seed and the visitor's place in the day. So the same seed sends
 * the same people with the same intentions, however fast the gateway is.
 */
import type { Arrival } from './gateway-client.ts';
import { createRandom } from './random.ts';

/** A visitor's day. Times are scripted milliseconds. */
export interface VisitPlan {
  readonly arrival: Arrival;
  /** The visitor's own telephone. */
  readonly phone: string;
  readonly arriveAfterMs: number;
  readonly beats: number;
  readonly intent: 'calls' | 'texts' | 'leaves';
  /** Somebody who has never been on the page calls as well: truth is nobody. */
  readonly stranger: string | null;
  readonly stirVerstat: string;
  readonly patienceMs: number;
  readonly talkMs: number;
  readonly voicemailSeconds: number;
  readonly hangsUpInVoicemail: boolean;
  readonly buys: boolean;
  readonly text: string;
}

const areaCodes = [206, 212, 213, 303, 305, 312, 404, 415, 512, 602, 617, 702, 713, 720, 808, 816, 907, 919, 952, 971];
const sources = [
  { utmSource: 'google', utmMedium: 'cpc', referrer: 'https://www.google.com/' },
  { utmSource: 'bing', utmMedium: 'cpc', referrer: 'https://www.bing.com/' },
  { utmSource: 'newsletter', utmMedium: 'email' },
  {},
] as const;
const pages = ['/', '/pricing', '/boilers', '/service-plans', '/contact'] as const;
const questions = ['Are you open on Sunday?', 'Can someone look at my boiler?', 'What does a service cost?'] as const;
const attestations = ['TN-Validation-Passed-A', 'TN-Validation-Passed-B', 'TN-Validation-Passed-C', 'No-TN-Validation'];

/** Telephone `index` of those reserved for fiction (555-0100 to 555-0199); 2,000 before they repeat. */
export function fictionalPhone(index: number): string {
  const areaCode = areaCodes[Math.floor(index / 100) % areaCodes.length];
  return `+1${areaCode}55501${String(index % 100).padStart(2, '0')}`;
}

/** How many tracking numbers there can be. */
export const trackingNumbersMax = 180;

/** Tracking number `index`, reserved for fiction; the tens below 555-0110 are left to the demo. */
export function trackingNumber(index: number): string {
  const areaCode = index < 90 ? 503 : 541;
  return `+1${areaCode}55501${(index % 90) + 10}`;
}

/** Visitor number `index` of the day that `seed` makes. */
export function planVisit(seed: number, index: number, origin: string): VisitPlan {
  const random = createRandom(seed, index + 1);
  const source = random.pick(sources);
  const paid = 'utmMedium' in source && source.utmMedium === 'cpc';
  const draw = random.integer(1, 100);
  return Object.freeze({
    arrival: {
      url: `${origin}${random.pick(pages)}`,
      ...source,
      ...(paid ? { utmCampaign: random.pick(['winter', 'emergency']), gclid: `gclid-${random.hex(16)}` } : {}),
      visitorId: `visitor-${seed}-${index}`,
      locale: random.chance(0.9) ? 'en-US' : 'es-US',
    },
    phone: fictionalPhone(index * 2),
    arriveAfterMs: random.integer(0, 20_000),
    beats: random.integer(1, 4),
    intent: draw <= 35 ? 'calls' : draw <= 50 ? 'texts' : 'leaves',
    stranger: random.chance(0.04) ? fictionalPhone(index * 2 + 1) : null,
    stirVerstat: random.pick(attestations),
    patienceMs: random.integer(90_000, 240_000),
    talkMs: random.integer(30_000, 180_000),
    voicemailSeconds: random.integer(5, 40),
    hangsUpInVoicemail: random.chance(0.5),
    buys: random.chance(0.3),
    text: random.pick(questions),
  });
}
