/**
 * Calls that we make, callbacks and consents as a contact centre writes and reads them.
 */
import { z } from 'zod';
import {
  agentIdField,
  callbackIdField,
  callIdField,
  conversationIdField,
  e164Field,
  instantField,
  pageQuery,
  text,
  visitIdField,
} from './fields.ts';

/** Bounds that the body shows; `config/limits.ts` has them. */
interface CallBounds {
  readonly ringTimeoutMs: { readonly min: number; readonly max: number; readonly usual: number };
  readonly metadataEntries: number;
  readonly metadataCharacters: number;
}

/** Exactly one of its fields. */
const about = z
  .union(
    [
      z.strictObject({ visitId: visitIdField }),
      z.strictObject({ callId: callIdField }),
      z.strictObject({ conversationId: conversationIdField }),
    ],
    'does not hold exactly one of visitId, callId and conversationId',
  )
  .describe('the contact it follows from: says whose visit it is about, and which number of yours the customer knows');

export function callBody(
  most: CallBounds,
  fields: { readonly slug: z.ZodType<string>; readonly spoken: z.ZodType<string> },
) {
  const { ringTimeoutMs, metadataEntries, metadataCharacters } = most;
  return z
    .strictObject({
      to: e164Field.describe('whom to call'),
      from: e164Field
        .optional()
        .describe('one of your numbers; left out: the one the customer knows, or that of PUT /v1/outbound'),
      first: z
        .enum(['agent', 'customer'])
        .default('agent')
        .describe('whose phone is rung first; customer: they are offered to agents once they pick up'),
      purpose: z.enum(['service', 'marketing']).describe('marketing needs written consent and waking hours'),
      agentId: agentIdField.optional().describe('rung first, and nobody else; or offered the call before others'),
      queue: fields.slug.optional(),
      product: fields.slug.optional(),
      announcement: fields.spoken.optional().describe('said to the customer when they pick up'),
      about: about.optional(),
      ringTimeoutMs: z
        .int()
        .min(ringTimeoutMs.min)
        .max(ringTimeoutMs.max)
        .default(ringTimeoutMs.usual)
        .describe('how long the customer’s phone rings'),
      metadata: z
        .record(text(64), text(metadataCharacters))
        .refine((entries) => Object.keys(entries).length <= metadataEntries, {
          message: `has more than ${metadataEntries} entries`,
          params: { cure: `send at most ${metadataEntries}` },
        })
        .default({})
        .describe('words of your own, handed back with the call'),
    })
    .refine(({ agentId, queue }) => agentId === undefined || queue === undefined, {
      path: ['queue'],
      message: 'an agent and a queue exclude each other',
      params: { cure: 'send agentId or queue' },
    });
}

export function outboundBody(minutesPerDayMax: number) {
  return z.strictObject({
    from: e164Field.nullable().default(null).describe('called from where an order does not say; null: none'),
    minutesPerDay: z
      .int()
      .min(0)
      .max(minutesPerDayMax)
      .nullable()
      .default(null)
      .describe('minutes with customers a day, in UTC; 0: no calls; null: the usual'),
  });
}

export const outboundRuleView = z.object({
  from: e164Field.nullable(),
  minutesPerDay: z.int(),
  today: z.object({ calls: z.int(), minutes: z.int().describe('of calls that have ended') }),
});

export const callbackView = z.object({
  id: callbackIdField,
  state: z.enum(['waiting', 'calling', 'completed', 'failed', 'cancelled']),
  customer: e164Field,
  askedOn: callIdField.describe('the call on which it was asked for'),
  queue: z.string().nullable(),
  product: z.string().nullable(),
  visitId: visitIdField.nullable(),
  queuedAt: instantField.describe('its place: when that call came in'),
  askedAt: instantField,
  nextAt: instantField.describe('not tried before'),
  attempts: z.int().describe('at the customer'),
  callId: callIdField.nullable().describe('the latest call that was made for it'),
  endedAt: instantField.nullable(),
  why: z.string().nullable().describe('how its latest call, or itself, ended'),
});

export const callbackQuery = pageQuery.extend({ state: callbackView.shape.state.optional() });

export const consentBody = z.strictObject({
  number: e164Field,
  choice: z.enum(['opted-in', 'opted-out']),
  method: z.enum(['written', 'spoken']).describe('written: signed, on paper or electronically, as a ticked box is'),
  wording: text(1_000).describe('what they agreed to, word for word'),
  source: text(500).describe('where: a page, a form, a call'),
  campaign: text(100).optional(),
});

export const consentView = z.object({
  number: e164Field,
  optedOut: z.boolean(),
  writtenConsent: z.boolean().describe('marketing calls may be made'),
});
