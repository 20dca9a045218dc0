/**
 * Calls and their outcomes as a contact centre reads and writes them.
 */
import { z } from 'zod';
import { attributionView } from './attribution.ts';
import {
  agentIdField,
  amountField,
  callIdField,
  currencyField,
  e164Field,
  instantField,
  text,
  visitIdField,
} from './fields.ts';
import { hookNoteView, planSourceField } from './route-plans.ts';

const verdictView = z.object({
  outcome: z.string(),
  fault: z.enum(['none', 'caller', 'callee', 'carrier', 'us']),
  retry: z.boolean().describe('whether the same call, made again, may go better'),
  slug: z.string(),
});

export const outcomeView = z.object({
  id: z.string(),
  disposition: z.string(),
  value: z.string().nullable(),
  currency: z.string().nullable(),
  note: z.string().nullable(),
  at: instantField,
});

/** What a call that we make has beside what every call has. */
const outboundView = z.object({
  first: z.enum(['agent', 'customer']),
  purpose: z.enum(['service', 'marketing']),
  agentId: agentIdField.nullable(),
  about: z.string().nullable().describe('the call or conversation it follows from'),
  callbackId: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  answeredAt: instantField.nullable().describe('when the customer picked up'),
});

export const callView = z.object({
  id: callIdField,
  carrier: z.string(),
  carrierCallId: z.string().nullable().describe('null: the customer has not been dialled yet'),
  direction: z.enum(['inbound', 'outbound']),
  from: e164Field.nullable().describe('null: withheld'),
  to: e164Field.nullable(),
  attestation: z.enum(['A', 'B', 'C', 'failed', 'none']).nullable(),
  state: z.enum([
    'preparing',
    'calling',
    'menu',
    'waiting',
    'bridged',
    'held',
    'consulting',
    'voicemail',
    'failover',
    'ended',
  ]),
  startedAt: instantField,
  bridgedAt: instantField.nullable(),
  endedAt: instantField.nullable(),
  talkMs: z.int(),
  visitId: visitIdField.nullable(),
  verdict: verdictView.nullable(),
  voicemail: z.object({ seconds: z.number(), recordingId: z.string().nullable() }).nullable(),
  recording: z.enum(['off', 'on', 'paused']),
  recordings: z
    .array(z.object({ id: z.string(), seconds: z.number() }))
    .describe('conversations on file, for GET /v1/calls/:id/recordings/:rid'),
  queue: z.string().nullable().describe('the queue it was moved to'),
  outbound: outboundView.nullable().describe('null: it came in'),
  legs: z.array(
    z.object({
      id: z.string(),
      role: z.enum(['agent', 'target', 'supervisor']).describe('target: an outside number that the call was moved to'),
      agentId: agentIdField.nullable(),
      state: z.string(),
      mode: z.enum(['listen', 'coach', 'talk']).nullable().describe('how a supervisor takes part'),
      ending: z.string().nullable(),
    }),
  ),
});

export const callDetailView = callView.extend({
  plan: z
    .object({ source: planSourceField, version: z.int().nullable(), hook: hookNoteView })
    .describe('who decided what is done with it'),
  attribution: attributionView.nullable(),
  outcomes: z.array(outcomeView),
});

export const outcomeBody = z.strictObject({
  disposition: text(64).describe('what came of it, such as sale, lead, support, spam'),
  value: amountField.optional(),
  currency: currencyField.optional(),
  note: text(500).optional(),
});
