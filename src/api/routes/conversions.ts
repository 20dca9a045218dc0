/**
 * What other systems report so that reports are whole: sales, refunds and leads, and what advertising cost.
 */
import type { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError, type FieldFault } from '../../ports/errors.ts';
import type { EnterpriseId } from '../../ports/ids.ts';
import type { Row } from '../../records/schema.ts';
import type { NewConversion, Recorded } from '../../selling/conversions.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { conversionBody, conversionView, spendBody } from '../contract/reports.ts';

const tags = ['reports'];

export function registerConversionRoutes(app: App, world: ApiWorld): void {
  app.post(
    '/v1/conversions',
    {
      schema: {
        tags,
        summary: 'Report a sale, refund or lead; once for each externalId',
        body: conversionBody,
        response: { 200: conversionView, 201: conversionView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const wanted = conversionOf(enterpriseId, request.body, world.clock.now());
      await world.settleVisits();
      const recorded = await world.transact((work) => world.conversions.record(work, wanted));
      if (recorded.kind === 'refused') throw refusal(recorded);
      return reply.code(recorded.kind === 'recorded' ? 201 : 200).send(conversionViewOf(recorded.conversion));
    },
  );

  app.post(
    '/v1/spend',
    {
      schema: {
        tags,
        summary: 'Report what a campaign cost on a day; the same day again replaces it',
        body: spendBody,
        response: { 200: spendBody },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { date, ...cost } = request.body;
      await world.spending.put(world.db, { enterpriseId, day: date, ...cost });
      return request.body;
    },
  );
}

function conversionOf(enterpriseId: EnterpriseId, body: z.infer<typeof conversionBody>, now: number): NewConversion {
  const occurredAt = body.occurredAt === undefined ? now : Date.parse(body.occurredAt);
  if (occurredAt > now + limits.conversionAheadMs)
    throw fieldRefusal({ field: 'occurredAt', problem: 'lies in the future', cure: 'report it once it has happened' });
  return {
    enterpriseId,
    externalId: body.externalId,
    kind: body.kind,
    visitId: body.visitId ?? null,
    visitorId: body.visitorId ?? null,
    orderId: body.orderId ?? null,
    refundOf: body.refundOf ?? null,
    value: body.value ?? null,
    currency: body.currency ?? null,
    occurredAt,
  };
}

function refusal({ reason }: Extract<Recorded, { kind: 'refused' }>): AppError {
  switch (reason) {
    case 'no-visit':
      return new AppError('not-found', { detail: 'no such visit' });
    case 'no-sale':
      return new AppError('not-found', { detail: 'the sale is not recorded: report it before its refund' });
    case 'other-content':
      return new AppError('conflict', { detail: 'this externalId was reported with other content' });
    case 'other-currency':
      return fieldRefusal({
        field: 'currency',
        problem: 'is not the sale’s',
        cure: 'refund in the currency it was sold in',
      });
    default:
      return new AppError('conflict', { detail: 'the refunds of this sale would add up to more than it' });
  }
}

function fieldRefusal(fault: FieldFault): AppError {
  return new AppError('invalid-request', { fields: [fault] });
}

function conversionViewOf(row: Row<'conversion'>): z.infer<typeof conversionView> {
  return {
    id: row.id,
    externalId: row.external_id,
    kind: row.kind,
    visitId: row.visit_id,
    orderId: row.order_id,
    value: row.value,
    currency: row.currency,
    occurredAt: toIso(row.occurred_at.getTime()),
  };
}
