/**
 * Destinations of phone conversions, and what became of each conversion there. Credentials go in and never come out.
 */
import { z } from 'zod';
import { callIdField, destinationIdField, exportIdField, instantField, text } from './fields.ts';

const digits = (what: string) => z.string().regex(/^\d{1,20}$/, `is not ${what}: digits only`);
const sends = z
  .array(z.enum(['call', 'sale']))
  .min(1)
  .max(2)
  .default(['call', 'sale'])
  .describe('call: a caller reached somebody; sale: an outcome with the disposition sale');
const hashedPhone = z.boolean().default(true).describe('send the caller’s number as a SHA-256');
const withoutClick = z
  .boolean()
  .default(false)
  .describe('send visits without a click of this vendor too, by the hashed number alone');

export const ga4Config = z.strictObject({
  measurementId: z.string().regex(/^G-[A-Z0-9]{4,20}$/, 'is not a measurement id such as G-ABC123DEF4'),
  sends,
});
export const googleAdsConfig = z.strictObject({
  customerId: digits('a Google Ads account').describe('without dashes'),
  loginCustomerId: digits('a Google Ads manager account').nullable().default(null),
  callActionId: digits('a conversion action').nullable().default(null).describe('null: calls are not sent'),
  saleActionId: digits('a conversion action').nullable().default(null).describe('null: sales are not sent'),
  hashedPhone,
  withoutClick,
});
export const metaConfig = z.strictObject({
  datasetId: digits('a dataset'),
  testEventCode: text(64).nullable().default(null),
  sends,
  hashedPhone,
  withoutClick,
});

export const ga4Credentials = z.strictObject({ apiSecret: text(200) });
export const googleAdsCredentials = z.strictObject({
  clientEmail: z.email().max(320).describe('client_email of the service account’s key file'),
  privateKey: text(8_000).describe('private_key of the service account’s key file'),
});
export const metaCredentials = z.strictObject({ accessToken: text(1_000) });

const common = {
  name: text(100),
  enabled: z.boolean().default(true),
  minProbability: z.number().min(0.5).max(1).default(0.8).describe('attributions below it are not exported'),
};

export const destinationBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ga4'), ...common, config: ga4Config, credentials: ga4Credentials }),
  z.strictObject({
    kind: z.literal('google-ads'),
    ...common,
    config: googleAdsConfig,
    credentials: googleAdsCredentials,
  }),
  z.strictObject({ kind: z.literal('meta'), ...common, config: metaConfig, credentials: metaCredentials }),
]);

/** `config` and `credentials` replace the whole; their form is that of the destination’s kind. */
export const destinationChangeBody = z.strictObject({
  name: common.name.optional(),
  enabled: z.boolean().optional(),
  minProbability: z.number().min(0.5).max(1).optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  credentials: z.record(z.string(), z.unknown()).optional(),
});

export const destinationView = z.object({
  id: destinationIdField,
  kind: z.enum(['ga4', 'google-ads', 'meta']),
  name: z.string(),
  enabled: z.boolean(),
  minProbability: z.number(),
  config: z.record(z.string(), z.unknown()),
  createdAt: instantField,
});

const states = z.enum(['waiting', 'sending', 'sent', 'skipped', 'dead']);

export const exportQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: exportIdField.optional(),
  state: states.optional(),
  destinationId: destinationIdField.optional(),
});

export const exportView = z.object({
  id: exportIdField,
  destinationId: destinationIdField,
  callId: callIdField,
  kind: z.enum(['call', 'sale']),
  conversion: z.string().describe('the call’s or the outcome’s id'),
  state: states,
  attempts: z.int(),
  lastError: z.string().nullable().describe('why it was not sent, or what the vendor could not be told'),
  probability: z.number().nullable(),
  value: z.string().nullable().describe('what the vendor holds'),
  sentAt: instantField.nullable(),
  changedAt: instantField,
});
