/**
 * Agents, endpoints and events: what an operator sets up and looks at. Numbers stand in `numbers.ts`.
 */
import { z } from 'zod';
import { agentIdField, e164Field, endpointIdField, instantField, text } from './fields.ts';

export const agentView = z.object({
  id: agentIdField,
  name: z.string(),
  phone: e164Field,
  presence: z
    .enum(['offline', 'ready', 'offered', 'engaged', 'wrapping'])
    .describe('wrapping: left alone after a call, for as long as its plan says'),
  presenceSince: instantField,
});

export const agentBody = z.strictObject({
  name: text(100),
  phone: e164Field,
  presence: z.enum(['offline', 'ready']).default('offline'),
});

export const presenceBody = z.strictObject({ presence: z.enum(['offline', 'ready']) });

export const endpointView = z.object({
  id: endpointIdField,
  url: z.string(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  failingSince: instantField.nullable(),
  createdAt: instantField,
});

export const newEndpointView = endpointView.extend({ secret: z.string().describe('whsec_…, shown this once') });
export const endpointBody = z.strictObject({ url: text(2_048), enabled: z.boolean().default(true) });
export const endpointChangeBody = z.strictObject({ enabled: z.boolean() });

export const eventView = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  sequence: z.int(),
  timestamp: instantField,
  data: z.record(z.string(), z.unknown()),
});
