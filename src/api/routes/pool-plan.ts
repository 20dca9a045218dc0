/**
 * How many numbers a pool needs: as JSON, as CSV, or drawn. The plan is made beside the process that answers telephones
 * and ends with the request that asked for it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { drawPlan } from '../../numbers/draw-plan.ts';
import type { PoolPlan } from '../../numbers/pool-planner.ts';
import { planCsv } from '../../numbers/print-plan.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { poolIdField } from '../contract/fields.ts';
import { planView } from '../contract/plans.ts';
import { boundedPlanQuery, planViewOf, readPlanQuery } from '../read-plan-query.ts';

export function registerPoolPlanRoute(app: App, world: ApiWorld): void {
  app.addHook('preClose', async () => world.poolPlanner.stop());
  app.get(
    '/v1/pools/:id/plan',
    {
      schema: {
        tags: ['numbers'],
        summary: 'How many numbers the pool needs; takes seconds; CSV with Accept: text/csv, drawn with image/svg+xml',
        params: z.object({ id: poolIdField }),
        querystring: boundedPlanQuery,
        response: { 200: planView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { traffic, wish } = readPlanQuery(request.query);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const of = { enterpriseId, poolId: request.params.id };
      const watch = { signal: gone.signal, progress: () => undefined };
      const plan = await world.poolPlanner.plan(of, traffic, wish, watch).catch((fault: unknown) => {
        if (gone.signal.aborted) return null;
        throw fault;
      });
      if (plan === null) return reply.hijack();
      reply.header('vary', 'accept').header('cache-control', 'no-store');
      const form = formOf(request);
      if (form === 'application/json') return reply.send(planViewOf(plan));
      return sendText(reply, form, plan);
    },
  );
}

type Form = 'application/json' | 'text/csv' | 'image/svg+xml';

/** The first of the three that is named; anything else is JSON. */
function formOf(request: Pick<FastifyRequest, 'headers'>): Form {
  const named = /application\/json|text\/csv|image\/svg\+xml/.exec(request.headers.accept ?? '')?.[0];
  return (named as Form | undefined) ?? 'application/json';
}

function sendText(reply: unknown, form: Exclude<Form, 'application/json'>, plan: PoolPlan): FastifyReply {
  return (reply as FastifyReply)
    .type(`${form}; charset=utf-8`)
    .serializer((body: unknown) => String(body))
    .send(form === 'text/csv' ? planCsv(plan) : drawPlan(plan));
}
