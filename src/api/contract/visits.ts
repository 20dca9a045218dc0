/**
 * What the page sends when a visit starts and goes on, and what it is told to show.
 */
import { z } from 'zod';
import { e164Field, instantField, text, visitIdField } from './fields.ts';

const fact = text(2_048).optional();

/** Arrival facts of a visit. All optional but the URL. */
export const openVisitBody = z.strictObject({
  url: text(2_048).describe('the page’s address'),
  referrer: fact,
  visitorId: text(128)
    .optional()
    .describe('the page’s own lasting id of this visitor; the same number is given again when free'),
  utmSource: fact,
  utmMedium: fact,
  utmCampaign: fact,
  utmTerm: fact,
  utmContent: fact,
  gclid: fact,
  gbraid: fact,
  wbraid: fact,
  msclkid: fact,
  fbclid: fact,
  gaClientId: fact,
  locale: text(35).optional(),
  region: text(64).optional().describe('coarse region, such as US-OR'),
});

/** A sign of life. Counters only ever rise. */
export const beatBody = z.strictObject({
  engagedSeconds: z.int().min(0).max(86_400).default(0),
  pages: z.int().min(1).max(10_000).default(1),
  productPage: text(256).optional(),
  tap: z.enum(['tel', 'sms']).nullish().describe('the visitor tapped the number just now'),
  cartValue: z.number().min(0).max(1e9).optional(),
});

/** What to show. `shared` says the number is not this visitor’s alone. */
export const visitView = z.object({
  visit: z.object({ id: visitIdField }),
  number: z
    .object({
      e164: e164Field,
      national: z.string(),
      shared: z.boolean(),
      code: z.string().nullable().describe('on a shared number: what a caller may key to be known; null: not needed'),
    })
    .nullable()
    .describe('null: keep the page’s own number'),
  lease: z.object({ id: z.string(), expiresAt: instantField }).nullable(),
  beatEveryMs: z.int(),
});
