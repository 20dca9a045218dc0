/**
 * Callbacks that callers have asked for: who waits for one, how they ended, and one that is not wanted any more.
 */
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { Callback } from '../../telephony/callbacks.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { callbackIdField, pageOf } from '../contract/fields.ts';
import { callbackQuery, callbackView } from '../contract/outbound.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const tags = ['callbacks'];
const params = z.object({ id: callbackIdField });

export function registerCallbackRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/callbacks',
    {
      schema: {
        tags,
        summary: 'Callbacks, newest first',
        querystring: callbackQuery,
        response: { 200: pageOf(callbackView) },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const rows = await world.callbacks.list(world.db, enterpriseId, request.query);
      const next = rows.length < request.query.limit ? null : (rows.at(-1)?.id ?? null);
      return { items: rows.map(callbackViewOf), next };
    },
  );

  app.post(
    '/v1/callbacks/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Do not call them back',
        params,
        headers: idempotencyHeaders,
        response: { 200: callbackView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const answer = await answerOnce(world, request, enterpriseId, async (work) => {
        const cancelled = await world.callbackLedger.cancel(work, enterpriseId, request.params.id);
        if (cancelled === 'unknown') throw new AppError('not-found', { detail: 'no such callback' });
        if (cancelled === 'calling')
          throw new AppError('call-state', {
            detail: 'they are being called: end that call with POST /v1/calls/:id/hang-up',
          });
        if (cancelled === 'over') throw new AppError('call-state', { detail: 'the callback is over' });
        return { status: 200, body: callbackViewOf(cancelled) };
      });
      return answer.body as z.infer<typeof callbackView>;
    },
  );
}

function callbackViewOf(row: Callback): z.infer<typeof callbackView> {
  const { id, state, customer, queue, product, attempts, why } = row;
  return {
    id,
    state,
    customer,
    askedOn: row.call_id,
    queue,
    product,
    visitId: row.visit_id,
    queuedAt: toIso(row.queued_at.getTime()),
    askedAt: toIso(row.asked_at.getTime()),
    nextAt: toIso(row.next_at.getTime()),
    attempts,
    callId: row.last_call_id,
    endedAt: row.ended_at === null ? null : toIso(row.ended_at.getTime()),
    why,
  };
}
