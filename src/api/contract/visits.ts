/**
 * What the page sends when a visit starts and goes on, and what it is told to show.
 */
import { z } from 'zod';
import { e164Field, instantField, text, visitIdField } from './fields.ts';

const fact = text(2_048).optional();

const visitorIdField = text(128)
  .optional()
  .describe('the page’s own lasting id of this visitor; the same number is given again when free');
const humanField = z.boolean().optional().describe('somebody has moved a pointer, touched the page or pressed a key');
const replacesField = text(64)
  .optional()
  .describe('the number on the page that would be replaced, as it is written there');

/** Arrival facts of a visit. All optional but the URL. */
export const openVisitBody = z.strictObject({
  url: text(2_048).describe('the page’s address'),
  referrer: fact,
  visitorId: visitorIdField,
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
  consent: z
    .enum(['granted', 'denied'])
    .optional()
    .describe('whether the visitor allowed advertising vendors to be told; left out counts as denied'),
  locale: text(35).optional(),
  region: text(64).optional().describe('coarse region, such as US-OR'),
  human: humanField,
  replaces: replacesField,
});

/** A sign of life. Counters only ever rise. */
export const beatBody = z.strictObject({
  engagedSeconds: z.int().min(0).max(86_400).default(0),
  pages: z.int().min(1).max(10_000).default(1),
  productPage: text(256).optional(),
  tap: z.enum(['tel', 'sms']).nullish().describe('the visitor tapped the number just now'),
  cartValue: z.number().min(0).max(1e9).optional(),
  visitorId: visitorIdField.describe('known only since consent was given: kept when the visit has none yet'),
  gaClientId: fact.describe('Google Analytics sets it after the visit was opened: kept when the visit has none yet'),
  human: humanField,
  replaces: replacesField,
});

/** What to show. `shared` says the number is not this visitor’s alone. */
export const visitView = z.object({
  visit: z.object({ id: visitIdField }),
  number: z
    .object({ e164: e164Field, national: z.string(), shared: z.boolean() })
    .nullable()
    .describe('null: keep the page’s own number'),
  lease: z.object({ id: z.string(), expiresAt: instantField }).nullable(),
  beatEveryMs: z.int(),
});

/** What goes into the ready tag of `GET /v1/snippet`. */
export const snippetQuery = z.strictObject({
  key: z
    .string()
    .regex(/^pk_[\w-]{10,100}$/, 'is not a publishable key of the form pk_…')
    .optional()
    .describe('the publishable key to write into the tag; only its digest is kept here'),
  numbers: text(1_000).optional().describe('the numbers on the pages, separated by commas'),
  consent: z.enum(['required']).optional().describe('store nothing in the browser before consent'),
});

/** The page snippet as this gateway serves it. */
export const snippetView = z.object({
  version: z.string().describe('names the exact bytes'),
  src: z.string(),
  integrity: z.string().describe('sha384, for the integrity attribute'),
  bytes: z.int(),
  gzippedBytes: z.int(),
  tag: z.string().describe('ready to paste; pinned to these bytes'),
});
