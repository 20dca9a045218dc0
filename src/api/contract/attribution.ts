/**
 * Whose call or text it is, as a contact centre reads it, asks about it and says what it knows.
 */
import { z } from 'zod';
import { callIdField, conversationIdField, instantField, poolIdField, text, visitIdField } from './fields.ts';

const decisionField = z.enum(['credited', 'ambiguous', 'nobody']);
const causeField = z.enum(['contact', 'agent-confirmed', 'agent-denied', 'code-keyed', 'purchase-matched']);
const share = z.number().min(0).max(1);

/** In the view of a call: no candidates, who might be somebody else’s visit. */
export const attributionView = z.object({
  decision: decisionField,
  visitId: visitIdField.nullable(),
  probability: share,
  revision: z.int(),
  cause: causeField,
});

const candidateView = z.object({
  visitId: visitIdField,
  leaseId: z.string().nullable(),
  probability: share,
  terms: z.array(z.object({ name: z.string(), factor: z.number(), says: z.string() })),
});

export const beliefView = attributionView.extend({
  at: instantField,
  nobody: share.nullable(),
  others: share.nullable().describe('visits too improbable to name, together'),
  threshold: share.nullable().describe('from this probability on the most probable visit is credited'),
  modelVersion: z.int().nullable().describe('0: nothing was learned yet'),
  candidates: z.array(candidateView).describe('for your own servers: never show one caller another’s visit'),
});

export const beliefsView = z.object({
  subject: z.union([callIdField, conversationIdField]),
  revisions: z.array(beliefView).describe('oldest first'),
});

export const questionView = z.object({
  revision: z.int(),
  choices: z
    .array(z.object({ choice: z.string(), says: z.string() }))
    .describe('up to three, in no order of probability; what an agent’s screen may show'),
  none: z.string().describe('the choice “none of these”'),
});

export const confirmBody = z.strictObject({
  choice: text(64).describe('a choice of the question, its none, or a visit’s id when you know it'),
  sure: z
    .boolean()
    .default(false)
    .describe('the agent knows, by more than the caller’s word; then the belief is certain'),
});

export const codeBody = z.strictObject({
  code: z.string().regex(/^\d{4,6}$/, 'is not a code of 4 to 6 digits'),
});

export const codeView = z.object({
  matched: z.boolean(),
  triesLeft: z.int().nullable().describe('null: the code matched'),
  attribution: attributionView,
});

export const thresholdBody = z.strictObject({
  threshold: z.number().min(0.2).max(0.99).nullable().describe('null: the usual one, or the enterprise’s'),
  poolId: poolIdField.optional().describe('of this pool only'),
});

export const thresholdView = z.object({ threshold: z.number().nullable(), poolId: poolIdField.nullable() });

export const modelQuery = z.strictObject({ poolId: poolIdField.optional().describe('a pool’s own rates') });

export const modelView = z.object({
  version: z.int().describe('0: nothing was learned yet; the figures are what is usual'),
  at: instantField.nullable(),
  contacts: z.int().describe('contacts it was fitted to'),
  confirmed: z.int().describe('of them those whose visit is certain'),
  figures: z.object({
    callsPer100Visits: z.array(
      z.object({ engagedSecondsUpTo: z.number().nullable(), visits: z.int(), calls: z.number() }),
    ),
    callsWithin: z.object({ oneHour: share, fiveHours: share, oneDay: share }),
    homeShare: share,
    tapShare: share,
    repeatShare: z.number(),
    strangersPerNumberAndDay: z.number(),
  }),
  reliability: z
    .array(
      z.object({
        from: share,
        to: share,
        contacts: z.int(),
        foretold: share.nullable(),
        right: share.nullable(),
      }),
    )
    .describe(
      'of confirmed contacts: what the first belief foretold of its most probable visit, and how often rightly',
    ),
});
