/**
 * What may be asked of a call that goes on, as a contact centre writes it.
 */
import { z } from 'zod';
import { agentIdField, e164Field, text } from './fields.ts';

const number = e164Field.describe('an outside number, of a country that you may call');
const queue = text(64).describe('a queue of yours, by its slug: any agent who is ready is rung');

/** Exactly one of its fields. */
const transferTarget = z.union(
  [z.strictObject({ agentId: agentIdField }), z.strictObject({ queue }), z.strictObject({ number })],
  'does not hold exactly one of agentId, queue and number',
);

export const transferBody = z.strictObject({
  to: transferTarget,
  mode: z
    .enum(['blind', 'warm'])
    .describe('blind: the agent leaves at once; warm: they talk with the other side first, the caller hears music'),
});

export const superviseBody = z.strictObject({
  by: z.union(
    [z.strictObject({ agentId: agentIdField }), z.strictObject({ number })],
    'does not hold exactly one of agentId and number',
  ),
  mode: z
    .enum(['listen', 'coach', 'talk'])
    .describe('listen: heard by nobody; coach: heard by the agent only; talk: heard by both'),
});

export const recordingBody = z.strictObject({
  act: z
    .enum(['start', 'pause', 'resume', 'stop'])
    .describe('pause while card data are spoken; start after stop only, on a call whose plan records'),
});

export const supervisionBody = z.strictObject({ mode: superviseBody.shape.mode });
