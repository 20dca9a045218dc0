/**
 * Numbers on the wire: how one stands, how it is added, ordered, changed and given up.
 */
import { z } from 'zod';
import { e164Field, instantField, numberIdField, pageQuery, poolIdField, text, visitIdField } from './fields.ts';

const carrierField = z.enum(['twilio', 'vonage', 'sip', 'sandbox']);
const capability = z.enum(['voice', 'sms', 'mms']);
const stateField = z.enum(['ordered', 'active', 'resting', 'quarantined', 'porting', 'released']);
const costField = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,4})?$/, 'is not a price such as 1.15')
  .describe('a month, decimal text');
const currencyField = z
  .string()
  .regex(/^[A-Z]{3}$/, 'is not a currency such as USD')
  .describe('ISO 4217');
const costView = z.object({ amount: z.string(), currency: z.string() });
const costBody = z.strictObject({ amount: costField, currency: currencyField });
const failoverField = e164Field.describe('where callers go when nobody answers, or the record does not');

export const numberView = z.object({
  id: numberIdField,
  number: e164Field,
  carrier: z.string(),
  state: stateField,
  poolId: poolIdField.nullable(),
  failover: e164Field.nullable(),
  lease: z.object({ visitId: visitIdField, expiresAt: instantField }).nullable().describe('who holds it now'),
  kind: z.enum(['did', 'tfn']).nullable().describe('local or toll-free'),
  capabilities: z.array(z.string()),
  country: z.string().nullable(),
  areaCode: z.string().nullable(),
  region: z.string().nullable().describe('ISO 3166-2, such as US-OR'),
  place: z.string().nullable(),
  monthlyCost: costView.nullable(),
  carrierNumberId: z.string().nullable(),
  task: z.enum(['buy', 'provision', 'release']).nullable().describe('what the carrier is being asked'),
  verdict: z.record(z.string(), z.unknown()).nullable().describe('how the last thing it was asked ended badly'),
  stateSince: instantField.nullable(),
});

export const residualView = z.object({
  releasable: z.boolean(),
  reasons: z.array(z.string()),
  callsSeen: z.int(),
  lastCallAt: instantField.nullable(),
  leasesEndedAt: instantField.nullable(),
  expectedCalls: z.number(),
});

export const numberDetailView = numberView.extend({
  release: residualView.describe('whether it may be given up now, and why not'),
  history: z.array(
    z.object({
      from: z.string().nullable(),
      to: z.string(),
      event: z.string(),
      reason: z.string().nullable(),
      by: z.enum(['operator', 'watch', 'carrier']),
      at: instantField,
    }),
  ),
});

export const numberQuery = pageQuery.extend({
  limit: z.coerce.number().int().min(1).max(200).default(200).describe('items a page'),
  poolId: poolIdField.optional(),
  state: stateField.optional(),
});

export const numberBody = z
  .strictObject({
    number: e164Field,
    carrier: carrierField,
    poolId: poolIdField.optional().describe('left out: the enterprise’s first pool'),
    failover: failoverField.optional(),
  })
  .refine(({ number, failover }) => number !== failover, {
    path: ['failover'],
    message: 'is the number itself: its callers would go round in a circle',
  });

export const numberChangeBody = z.strictObject({
  poolId: poolIdField.nullable().optional().describe('null: in no pool'),
  failover: failoverField.nullable().optional(),
  kind: z.enum(['did', 'tfn']).optional(),
  capabilities: z.array(capability).max(3).optional(),
  monthlyCost: costBody.nullable().optional(),
});

export const numberStateBody = z.strictObject({
  to: z
    .enum(['activate', 'rest', 'quarantine', 'release', 'port-out', 'ported', 'port-failed'])
    .describe('what is done with it'),
  reason: text(500).optional().describe('kept in its history'),
  atCarrier: z
    .boolean()
    .optional()
    .describe('release: end it at the carrier too; left out, so is done with numbers that were bought here'),
});

export const numberOrderBody = z
  .strictObject({
    number: e164Field,
    carrier: carrierField,
    poolId: poolIdField.optional(),
    failover: failoverField.optional(),
    monthlyCost: costBody.optional(),
  })
  .refine(({ number, failover }) => number !== failover, {
    path: ['failover'],
    message: 'is the number itself: its callers would go round in a circle',
  });

export const searchQuery = z.strictObject({
  carrier: carrierField,
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not a country such as US')
    .default('US'),
  kind: z.enum(['did', 'tfn']).default('did'),
  areaCode: z
    .string()
    .regex(/^\d{1,5}$/, 'is not an area code')
    .optional(),
  contains: z
    .string()
    .regex(/^\d{1,10}$/, 'is not a row of digits')
    .optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

export const offeredView = z.object({
  items: z.array(
    z.object({
      number: e164Field,
      kind: z.enum(['did', 'tfn']),
      capabilities: z.array(capability),
      place: z.string().nullable(),
      monthlyCost: costView.nullable(),
    }),
  ),
});

export const importQuery = z.strictObject({
  poolId: poolIdField.optional().describe('for rows that name none'),
  carrier: carrierField.optional().describe('for rows that name none'),
});

export const importView = z.object({
  added: z.int(),
  kept: z.int().describe('were in the inventory, and are as they were'),
});
