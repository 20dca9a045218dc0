/**
 * Route plans, allowed destinations and the decision hook on the wire. The plan's own form is
 * `telephony/plan/route-plan.ts`, which routes and the hook share.
 */
import { z } from 'zod';
import { callIdField, e164Field, instantField, text } from './fields.ts';

export const planSourceField = z
  .enum(['default', 'enterprise', 'pool', 'number', 'hook'])
  .describe('whose plan; default: nobody made one');

export const hookNoteView = z
  .object({
    outcome: z
      .enum(['planned', 'no-opinion', 'late', 'unreachable', 'status', 'rubbish', 'circuit-open', 'fault'])
      .describe('planned: its answer stands; otherwise our own plan does'),
    why: z.string().nullable(),
    elapsedMs: z.int(),
  })
  .nullable()
  .describe('how asking the decision hook went; null: it was not asked');

/** What was, or would be, decided about a call. */
export const callPlanView = z.object({
  opening: z.array(z.string()).describe('said before anything else'),
  greeting: z.string().describe('empty: nothing is said'),
  menu: z.unknown().nullable(),
  dispatch: z.enum(['must', 'race']),
  raceSize: z.int(),
  ringTimeoutMs: z.int(),
  acceptTimeoutMs: z.int(),
  waitUntil: instantField,
  offersMax: z.int(),
  overflow: z.enum(['voicemail', 'failover']),
  failover: e164Field.nullable(),
  handOver: z.object({ to: z.string(), headers: z.record(z.string(), z.string()) }).nullable(),
  closed: z
    .object({ announcement: z.string().nullable(), action: z.enum(['voicemail', 'failover', 'hang-up']) })
    .nullable()
    .describe('set outside hours'),
  callbackAfterMs: z.int().nullable(),
  record: z.boolean(),
  detectMachines: z.boolean(),
  wrapUpMs: z.int(),
  product: z.string().nullable(),
});

export const effectiveQuery = z.object({ at: instantField.optional().describe('now, when left out') });

const countryField = z.string().regex(/^[A-Z]{2}$/, 'is not a country of ISO 3166-1 such as US');
const hostField = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'is not a host name such as sip.centre.example, in small letters',
  );

export function allowedDestinationsBody(most: { readonly countries: number; readonly sipHosts: number }) {
  return z.strictObject({
    countries: z.array(countryField).max(most.countries).nullable().describe('null: those of your numbers'),
    sipHosts: z.array(hostField).max(most.sipHosts).default([]).describe('where calls may be handed over by SIP'),
  });
}

export const allowedDestinationsView = z.object({
  countries: z.array(z.string()).describe('in force'),
  areNamed: z.boolean().describe('false: they are those of your numbers'),
  sipHosts: z.array(z.string()),
});

export function decisionHookBody(timeoutMs: { readonly min: number; readonly max: number; readonly usual: number }) {
  return z.strictObject({
    url: text(2_048).describe('asked before each call is planned'),
    enabled: z.boolean().default(true),
    timeoutMs: z.int().min(timeoutMs.min).max(timeoutMs.max).default(timeoutMs.usual),
  });
}

export const decisionHookView = z.object({
  url: z.string(),
  enabled: z.boolean(),
  timeoutMs: z.int(),
  circuit: z
    .enum(['closed', 'open', 'half-open'])
    .describe('as this process sees it; open: not asked for a while, because it failed again and again'),
  failures: z
    .array(z.object({ at: instantField, callId: callIdField, outcome: z.string(), why: z.string().nullable() }))
    .describe('the latest, newest first'),
  createdAt: instantField,
  changedAt: instantField,
});

export const newDecisionHookView = decisionHookView.extend({
  secret: z.string().nullable().describe('only when the hook was made just now: shown this once'),
});
