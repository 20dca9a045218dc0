/**
 * Reports, as JSON or as CSV for whoever asks with `Accept: text/csv`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { poolIdField } from '../contract/fields.ts';
import { campaignQuery, campaignReport, poolQuery, poolReport } from '../contract/reports.ts';
import { campaignCsv, poolCsv } from '../reports/report-csv.ts';
import type { Range } from '../reports/report-range.postgres.ts';

const tags = ['reports'];

export function registerReportRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/reports/campaigns',
    {
      schema: {
        tags,
        summary: 'Visits, calls, texts, sales and costs by campaign; CSV with Accept: text/csv',
        querystring: campaignQuery,
        response: { 200: campaignReport },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { range, table } = await world.reports.campaigns(enterpriseId, request.query);
      if (wantsCsv(request)) return sendCsv(reply, campaignCsv(table), table.leftOff);
      const { rows, total, leftOff } = table;
      return reply.send({
        ...spanOf(range),
        by: request.query.by,
        rows: rows.map((row) => ({ ...row, money: [...row.money] })),
        total: { ...total, money: [...total.money] },
        leftOff,
      });
    },
  );

  app.get(
    '/v1/reports/pools/:id',
    {
      schema: {
        tags,
        summary: 'How a pool is used, by hour or day; CSV with Accept: text/csv',
        params: z.object({ id: poolIdField }),
        querystring: poolQuery,
        response: { 200: poolReport },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const poolId = request.params.id;
      if (!(await world.reads.hasPool(enterpriseId, poolId)))
        throw new AppError('not-found', { detail: 'no such pool' });
      const { range, buckets } = await world.reports.pool(enterpriseId, poolId, request.query);
      if (wantsCsv(request)) return sendCsv(reply, poolCsv(buckets), 0);
      return reply.send({
        ...spanOf(range),
        poolId,
        per: request.query.per,
        buckets: buckets.map(({ start, end, ...counts }) => ({
          start: toIso(start.getTime()),
          end: toIso(end.getTime()),
          ...counts,
        })),
      });
    },
  );
}

function spanOf({ from, to, timeZone }: Range) {
  return { from: toIso(from.getTime()), to: toIso(to.getTime()), timeZone };
}

/** The first of the two that is named; anything else is JSON. */
function wantsCsv(request: Pick<FastifyRequest, 'headers'>): boolean {
  return /text\/csv|application\/json/.exec(request.headers.accept ?? '')?.[0] === 'text/csv';
}

function sendCsv(reply: unknown, text: string, leftOff: number): FastifyReply {
  return (reply as FastifyReply)
    .header('x-left-off', leftOff)
    .header('vary', 'accept')
    .type('text/csv; charset=utf-8')
    .serializer((body: unknown) => String(body))
    .send(text);
}
