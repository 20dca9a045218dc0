/**
 * The Idempotency-Key of routes that spend, send or append: read, bounded, and handed to the record's `once`.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnterpriseId } from '../ports/ids.ts';
import { once, type StoredAnswer } from '../records/idempotency.postgres.ts';
import type { Transact, Work } from '../records/transact.ts';

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(limits.idempotencyKeyCharactersMax)
    .regex(/^[\x21-\x7e]+$/, 'holds something else than printable ASCII')
    .optional()
    .describe('the same key within 24 h gets the same answer and one effect'),
});

/** Does `act` in a transaction, once for the request's Idempotency-Key. */
export function answerOnce(
  world: { transact: Transact; clock: Clock },
  request: FastifyRequest<{ Body: unknown; Headers: unknown; Params: unknown; Querystring: unknown }>,
  enterpriseId: EnterpriseId,
  act: (work: Work) => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const headers = request.headers as Record<string, unknown>;
  const key = typeof headers['idempotency-key'] === 'string' ? headers['idempotency-key'] : null;
  const wish = { enterpriseId, key, request: [request.method, request.url, request.body], now: world.clock.now() };
  return world.transact((work) => once(work, wish, () => act(work)));
}
