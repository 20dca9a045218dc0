/**
 * Where numbers come from: carriers are searched and ordered from, and lists are brought in, as JSON or CSV, all or
 * nothing. Ordering spends money, so it takes an Idempotency-Key.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { readNumberCsv } from '../../numbers/number-csv.ts';
import { createRowReader, type PlacedRow, type RawRow, type RowDefaults } from '../../numbers/number-row.ts';
import type { NumberSupplier } from '../../numbers/number-supplier.ts';
import { AppError, type FieldFault } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { importQuery, importView, numberOrderBody, numberView, offeredView, searchQuery } from '../contract/numbers.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';
import { doneOrThrow, numberViewOf } from './numbers.ts';

const tags = ['numbers'];
const listBody = z.strictObject({ numbers: z.array(z.unknown()).min(1).max(limits.importRowsMax) });

export function registerNumberSupplyRoutes(app: App, world: ApiWorld): void {
  registerImport(app, world);

  app.get(
    '/v1/numbers/available',
    {
      schema: {
        tags,
        summary: 'Numbers a carrier offers',
        querystring: searchQuery,
        response: { 200: offeredView },
      },
    },
    async (request) => {
      await world.authorise.secret(request);
      const { carrier, areaCode = null, contains = null, ...wish } = request.query;
      const found = await supplierOf(world, carrier).search({ ...wish, areaCode, contains });
      if (found.kind === 'unavailable') throw new AppError('carrier-unreachable', { detail: found.reason });
      if (found.kind === 'refused') throw new AppError('carrier-refused', { detail: found.reason });
      const items = found.numbers.map(({ e164, kind, capabilities, place, monthlyCost, currency }) => ({
        number: e164,
        kind,
        capabilities: [...capabilities],
        place,
        monthlyCost: monthlyCost === null || currency === null ? null : { amount: monthlyCost, currency },
      }));
      return { items };
    },
  );

  app.post(
    '/v1/numbers/order',
    {
      schema: {
        tags,
        summary: 'Buy a number and point it here; it is active when the carrier has done both',
        headers: idempotencyHeaders,
        body: numberOrderBody,
        response: { 202: numberView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { number, carrier, poolId = null, failover = null, monthlyCost } = request.body;
      supplierOf(world, carrier);
      if (carrier !== 'sandbox' && !world.hasPublicUrl) {
        throw new AppError('carrier-unavailable', { detail: `set PUBLIC_URL: ${carrier} must be able to reach us` });
      }
      if (poolId !== null && !(await world.reads.hasPool(enterpriseId, poolId))) {
        throw new AppError('not-found', { detail: 'no such pool' });
      }
      await world.places.learn([number]);
      const cost = { monthlyCost: monthlyCost?.amount ?? null, currency: monthlyCost?.currency ?? null };
      const order = { enterpriseId, e164: number, carrier, poolId, failover, ...cost };
      const answer = await answerOnce(world, request, enterpriseId, async (work) => {
        const ordered = doneOrThrow(await world.numberDesk.orderIn(work, order));
        return { status: 202, body: numberViewOf(ordered.number) };
      });
      return reply.code(202).send(answer.body as z.infer<typeof numberView>);
    },
  );
}

function registerImport(app: App, world: ApiWorld): void {
  app.register(async (scope) => {
    scope.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post(
      '/v1/numbers/import',
      {
        bodyLimit: limits.importBodyBytesMax,
        schema: {
          tags,
          summary: 'Bring in a list of numbers, { "numbers": [ … ] } or text/csv: all of them or none',
          querystring: importQuery,
          headers: idempotencyHeaders,
          response: { 200: importView },
        },
      },
      async (request) => {
        const enterpriseId = await world.authorise.secret(request);
        const rows = await readRows(rowsOf(request.body), readInput(importQuery, request.query));
        await world.places.learn(rows.map(({ row }) => row.number));
        const answer = await answerOnce(world, request, enterpriseId, async (work) => {
          const imported = await world.importNumbers(work, enterpriseId, rows);
          return { status: 200, body: imported };
        });
        const { added, kept, poolIds } = answer.body as Awaited<ReturnType<typeof world.importNumbers>>;
        await world.poolNews.tell(poolIds);
        return { added, kept };
      },
    );
  });
}

function rowsOf(body: unknown): AsyncIterable<RawRow> | Iterable<RawRow> {
  if (typeof body === 'string') return readNumberCsv(body, { rowsMax: limits.importRowsMax });
  const { numbers } = readInput(listBody, body ?? {});
  return numbers.map((fields, index) => ({ where: `numbers.${index}`, fields }));
}

/** All rows, checked. @throws AppError `invalid-request` naming each row and field at fault. */
async function readRows(
  rows: AsyncIterable<RawRow> | Iterable<RawRow>,
  defaults: RowDefaults,
): Promise<readonly PlacedRow[]> {
  const read = createRowReader(defaults);
  const good: PlacedRow[] = [];
  const faults: FieldFault[] = [];
  for await (const raw of rows) {
    const one = read(raw);
    if ('placed' in one) good.push(one.placed);
    else faults.push(...one.faults);
  }
  if (faults.length === 0) return good;
  const more = faults.length - limits.importFaultsMax;
  const detail = `nothing was imported${more > 0 ? `; ${more} more faults are not shown` : ''}`;
  throw new AppError('invalid-request', { detail, fields: faults.slice(0, limits.importFaultsMax) });
}

function supplierOf(world: ApiWorld, carrier: string): NumberSupplier {
  const supplier = world.suppliers.get(carrier);
  if (supplier === undefined) {
    throw new AppError('carrier-unavailable', {
      detail: `there is no account with ${carrier} that sells numbers here`,
    });
  }
  return supplier;
}
