/**
 * Reports, and what they are fed with beside calls and texts: conversions and advertising costs.
 */
import { z } from 'zod';
import { amountField, currencyField, instantField, poolIdField, text, visitIdField } from './fields.ts';

/** A day is a midnight in `timeZone`; as `to` it is included, an instant is not. */
const dayOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'is neither a day such as 2026-05-04 nor an instant in ISO 8601',
});

const timeZoneField = z
  .string()
  .max(64)
  // An offset such as +02:00 is read the other way round by PostgreSQL.
  .regex(/^[A-Za-z]/, 'is not an IANA time zone such as America/New_York')
  .refine(isTimeZone, 'is not an IANA time zone such as America/New_York')
  .default('UTC')
  .describe('IANA name; days and hours are its own');

const rangeQuery = z.object({
  from: dayOrInstant.optional().describe('a day or an instant; left out: 30 days before to'),
  to: dayOrInstant.optional().describe('a day, included, or an instant, not included; left out: now'),
  timeZone: timeZoneField,
});

export const campaignQuery = rangeQuery.extend({
  by: z.enum(['campaign', 'source', 'medium', 'keyword', 'landingPage']).default('campaign'),
});
export const poolQuery = rangeQuery.extend({ per: z.enum(['hour', 'day']).default('day') });

const campaignRow = z.object({
  kind: z.enum(['named', 'not-set', 'none', 'total']),
  group: z.string(),
  visits: z.number(),
  visitsWithNumber: z.number(),
  calls: z.number(),
  callers: z.number(),
  expectedCalls: z.number(),
  texts: z.number(),
  expectedTexts: z.number(),
  onlineSales: z.number(),
  phoneSales: z.number(),
  expectedPhoneSales: z.number(),
  leads: z.number(),
  refunds: z.number(),
  conversionRate: z.number(),
  money: z.array(
    z.object({
      currency: z.string(),
      onlineValue: z.string(),
      phoneValue: z.string(),
      expectedPhoneValue: z.string(),
      refundedValue: z.string(),
      netValue: z.string(),
      spend: z.string(),
      numberCost: z.string(),
      costPerCall: z.string().nullable(),
    }),
  ),
});
const span = { from: instantField, to: instantField, timeZone: z.string() };

export const campaignReport = z.object({
  ...span,
  by: z.string(),
  rows: z.array(campaignRow),
  total: campaignRow,
  leftOff: z.int().describe('groups beyond the largest 1,000; the total counts them'),
});

export const poolReport = z.object({
  ...span,
  poolId: poolIdField,
  per: z.string(),
  buckets: z.array(
    z.object({
      start: instantField,
      end: instantField,
      visits: z.int(),
      overflow: z.int(),
      leases: z.int(),
      peakLeases: z.int(),
      numbersInUse: z.int(),
      calls: z.int(),
      creditedCalls: z.int(),
      averageProbability: z.number().nullable(),
    }),
  ),
});

export const spendBody = z.strictObject({
  date: z.iso.date().describe('the day, such as 2026-05-04'),
  campaign: text(256).describe('as in utm_campaign'),
  amount: amountField,
  currency: currencyField,
});

const externalId = text(128);

export const conversionBody = z
  .strictObject({
    externalId: externalId.describe('your own id of it; the same again changes nothing'),
    kind: z.enum(['sale', 'refund', 'lead']),
    visitId: visitIdField.optional(),
    visitorId: text(128).optional().describe('then it goes to the visitor’s latest visit before it'),
    orderId: externalId.optional().describe('then it goes where an earlier conversion of the order went'),
    refundOf: externalId.optional().describe('of a refund: the sale’s externalId, or the id of a call’s outcome'),
    value: amountField.optional().describe('never below zero; a refund’s too'),
    currency: currencyField.optional(),
    occurredAt: z.iso.datetime({ offset: true }).optional().describe('left out: now'),
  })
  .superRefine((body, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((body.value === undefined) !== (body.currency === undefined))
      fault(body.value === undefined ? 'value' : 'currency', 'is missing: a value and its currency go together');
    if (body.kind !== 'lead' && body.value === undefined) fault('value', `is missing: a ${body.kind} has one`);
    if (body.kind === 'refund' && body.refundOf === undefined && body.orderId === undefined)
      fault('refundOf', 'is missing: a refund names its sale, or the order');
    if (body.kind !== 'refund' && body.refundOf !== undefined) fault('refundOf', 'belongs to refunds only');
  });

export const conversionView = z.object({
  id: z.string(),
  externalId: z.string(),
  kind: z.enum(['sale', 'refund', 'lead']),
  visitId: visitIdField.nullable().describe('null: it belongs to no visit we know'),
  orderId: z.string().nullable(),
  value: z.string().nullable(),
  currency: z.string().nullable(),
  occurredAt: instantField,
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
