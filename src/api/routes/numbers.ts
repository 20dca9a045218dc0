/**
 * The inventory of numbers over the API: look, add, change, take out of use and give up. What spends money (ordering) and
 * lists of numbers stand in `number-supply.ts`.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import type { DeskAnswer, Done } from '../../numbers/number-desk.ts';
import type { Residual } from '../../numbers/residual-calls.ts';
import type { StockNumber } from '../../numbers/stock.postgres.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError, unreachable } from '../../ports/errors.ts';
import type { NumberId, VisitId } from '../../ports/ids.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { numberIdField, pageOf } from '../contract/fields.ts';
import {
  numberBody,
  numberChangeBody,
  numberDetailView,
  numberQuery,
  numberStateBody,
  numberView,
  type residualView,
} from '../contract/numbers.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const tags = ['numbers'];
const params = z.object({ id: numberIdField });

export function registerNumberRoutes(app: App, world: ApiWorld): void {
  registerReads(app, world);
  registerChanges(app, world);

  app.post(
    '/v1/numbers',
    { schema: { tags, summary: 'Add a number', body: numberBody, response: { 201: numberView } } },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { number, carrier, failover = null } = request.body;
      const poolId = request.body.poolId ?? (await world.reads.firstPool(enterpriseId));
      if (poolId !== null && !(await world.reads.hasPool(enterpriseId, poolId))) {
        throw new AppError('not-found', { detail: 'no such pool' });
      }
      const id = world.ids.make('num');
      const added = await world.numbers.add(
        world.db,
        { id, enterpriseId, e164: number, carrier, failover, poolId },
        world.clock.now(),
      );
      if (!added) throw new AppError('conflict', { detail: 'this number is already in an inventory' });
      if (poolId !== null) await world.poolNews.tell([poolId]);
      const row = await world.stock.read(world.db, enterpriseId, id);
      if (row === null) throw new AppError('fault', { detail: `number ${id} was added and is not there` });
      return reply.code(201).send(numberViewOf(row));
    },
  );
}

function registerReads(app: App, world: ApiWorld): void {
  app.get(
    '/v1/numbers',
    {
      schema: {
        tags,
        summary: 'Numbers in their own order, and who holds them',
        querystring: numberQuery,
        response: { 200: pageOf(numberView) },
      },
    },
    async (request) => {
      const { limit, poolId, state, before } = request.query;
      const wish = { limit, poolId, state, before: before as NumberId | undefined };
      const rows = await world.stock.list(world.db, await world.authorise.secret(request), wish);
      return { items: rows.map(numberViewOf), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
    },
  );

  app.get(
    '/v1/numbers/:id',
    {
      schema: {
        tags,
        summary: 'One number: its history, and why it may not be given up yet',
        params,
        response: { 200: numberDetailView },
      },
    },
    async (request) => {
      const number = await world.stock.read(world.db, await world.authorise.secret(request), request.params.id);
      if (number === null) throw new AppError('not-found', { detail: 'no such number' });
      const residual = await world.numberDesk.residual(world.db, number);
      const history = await world.stock.history(world.db, number.id, limits.pageItemsMax);
      return {
        ...numberViewOf(number),
        release: residualViewOf(residual),
        history: history.map(({ from_state, to_state, event, reason, made_by, at }) => ({
          from: from_state,
          to: to_state,
          event,
          reason,
          by: made_by,
          at: iso(at),
        })),
      };
    },
  );
}

function registerChanges(app: App, world: ApiWorld): void {
  app.patch(
    '/v1/numbers/:id',
    {
      schema: {
        tags,
        summary: 'Change a number’s pool, failover, kind, capabilities or cost',
        params,
        body: numberChangeBody,
        response: { 200: numberView },
      },
    },
    async (request) => {
      const own = { enterpriseId: await world.authorise.secret(request), id: request.params.id };
      const { monthlyCost, ...edit } = request.body;
      const cost = monthlyCost && { monthlyCost: monthlyCost.amount, currency: monthlyCost.currency };
      if (edit.kind !== undefined) {
        const number = await world.stock.read(world.db, own.enterpriseId, own.id);
        if (number !== null) await world.places.learn([number.e164]);
      }
      const edited = await world.transact((work) => world.numberDesk.editIn(work, own, { ...edit, cost }));
      return tellAndView(world, edited);
    },
  );

  app.post(
    '/v1/numbers/:id/state',
    {
      schema: {
        tags,
        summary: 'Take a number out of use, back into it, or give it up',
        params,
        headers: idempotencyHeaders,
        body: numberStateBody,
        response: { 200: numberView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const own = { enterpriseId, id: request.params.id };
      const { to, reason = null, atCarrier = null } = request.body;
      const poolIds: Done['poolIds'][] = [];
      const answer = await answerOnce(world, request, enterpriseId, async (work) => {
        const moved = doneOrThrow(await world.numberDesk.moveIn(work, own, { to, reason, atCarrier }));
        poolIds.push(moved.poolIds);
        return { status: 200, body: numberViewOf(moved.number) };
      });
      await world.poolNews.tell(poolIds.flat());
      return answer.body as z.infer<typeof numberView>;
    },
  );

  app.post(
    '/v1/numbers/:id/provision',
    {
      schema: {
        tags,
        summary: 'Have the carrier point a number at this gateway',
        params,
        response: { 202: numberView },
      },
    },
    async (request, reply) => {
      const own = { enterpriseId: await world.authorise.secret(request), id: request.params.id };
      const answer = await world.transact((work) => world.numberDesk.provisionIn(work, own));
      return reply.code(202).send(await tellAndView(world, answer));
    },
  );
}

async function tellAndView(world: ApiWorld, answer: DeskAnswer): Promise<z.infer<typeof numberView>> {
  const { number, poolIds } = doneOrThrow(answer);
  await world.poolNews.tell(poolIds);
  return numberViewOf(number);
}

/** A refusal of the desk as the problem the sender is told. */
export function doneOrThrow(answer: DeskAnswer): Done {
  switch (answer.kind) {
    case 'done':
      return answer;
    case 'unknown':
      throw new AppError('not-found', { detail: 'no such number' });
    case 'refused':
      throw new AppError('conflict', { detail: answer.reason });
    case 'not-releasable':
      throw new AppError('not-releasable', { detail: answer.residual.reasons.join('; ') });
    default:
      return unreachable(answer);
  }
}

type Held = StockNumber & { visit_id?: VisitId | null; expires_at?: Date | null };

/** A number as the wire shows it. */
export function numberViewOf(row: Held): z.infer<typeof numberView> {
  const { visit_id: visitId = null, expires_at: expiresAt = null } = row;
  return {
    id: row.id,
    number: row.e164,
    carrier: row.carrier,
    state: row.state,
    poolId: row.pool_id,
    failover: row.failover,
    lease: visitId === null || expiresAt === null ? null : { visitId, expiresAt: iso(expiresAt) },
    kind: row.kind,
    capabilities: row.capabilities,
    country: row.country,
    areaCode: row.area_code,
    region: row.region,
    place: row.place,
    monthlyCost:
      row.monthly_cost === null || row.currency === null ? null : { amount: row.monthly_cost, currency: row.currency },
    carrierNumberId: row.carrier_number_id,
    task: row.task,
    verdict: row.verdict,
    stateSince: row.state_since === null ? null : iso(row.state_since),
  };
}

function residualViewOf(residual: Residual): z.infer<typeof residualView> {
  const { releasable, reasons, callsSeen, lastCallAt, leasesEndedAt, expectedCalls } = residual;
  return {
    releasable,
    reasons: [...reasons],
    callsSeen,
    lastCallAt: lastCallAt === null ? null : toIso(lastCallAt),
    leasesEndedAt: leasesEndedAt === null ? null : toIso(leasesEndedAt),
    expectedCalls: Number(expectedCalls.toFixed(3)),
  };
}

function iso(at: Date): string {
  return toIso(at.getTime());
}
