/**
 * Takes numbers into the stock, all or none: new ones are in use at once, those we have stay as they are (so an import
 * may be repeated), and one that is somebody else's refuses the whole list by name. The caller's transaction holds it.
 */

import type { Clock } from '../ports/clock.ts';
import { AppError, type FieldFault } from '../ports/errors.ts';
import type { EnterpriseId, Ids, PoolId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { ChangeNumber } from './change-number.ts';
import type { NumberPlaces } from './number-place.file.ts';
import type { NumberRow, PlacedRow } from './number-row.ts';
import type { Pools } from './pools.postgres.ts';
import { describedColumns, type NewStock, type Stock, type StockNumber } from './stock.postgres.ts';

interface World {
  readonly stock: Stock;
  readonly pools: Pools;
  readonly places: NumberPlaces;
  readonly change: ChangeNumber;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface Imported {
  /** Numbers that are new in the stock. */
  readonly added: number;
  /** Numbers that were in it before, and are as they were. */
  readonly kept: number;
  /** The pools that have new numbers. */
  readonly poolIds: readonly PoolId[];
}

export type ImportNumbers = ReturnType<typeof createImportNumbers>;

export function createImportNumbers(world: World) {
  /** @throws AppError naming each row that cannot be taken; then nothing is. */
  return async (work: Work, enterpriseId: EnterpriseId, rows: readonly PlacedRow[]): Promise<Imported> => {
    await refuseUnknownPools(world, work, enterpriseId, rows);
    const known = new Map(
      (
        await world.stock.lockAll(
          work.tx,
          rows.map(({ row }) => row.number),
        )
      ).map((number) => [number.e164, number]),
    );
    refuseOthers(enterpriseId, rows, known);
    const fresh = rows.filter(({ row }) => !known.has(row.number));
    const again = rows.filter(({ row }) => known.get(row.number)?.state === 'released');
    await addNew(world, work, enterpriseId, fresh);
    for (const { row } of again) await takeBack(world, work, row, known.get(row.number));
    const added = [...fresh, ...again];
    const poolIds = [...new Set(added.flatMap(({ row }) => row.poolId ?? []))];
    const imported = { added: added.length, kept: rows.length - added.length, poolIds };
    if (added.length > 0) {
      const event = { enterpriseId, subject: enterpriseId, type: 'numbers.imported', data: { ...imported } };
      await world.outbox.appendEvent(work, event);
    }
    return imported;
  };
}

async function refuseUnknownPools(
  world: World,
  work: Work,
  enterpriseId: EnterpriseId,
  rows: readonly PlacedRow[],
): Promise<void> {
  const unknown = new Set<PoolId>();
  for (const id of new Set(rows.flatMap(({ row }) => row.poolId ?? []))) {
    if ((await world.pools.read(work.tx, enterpriseId, id)) === null) unknown.add(id);
  }
  const faults = rows.flatMap(({ where, row }): FieldFault[] =>
    row.poolId !== undefined && unknown.has(row.poolId)
      ? [{ field: `${where}: poolId`, problem: 'there is no such pool', cure: 'send the id of one of your pools' }]
      : [],
  );
  if (faults.length > 0) throw new AppError('invalid-request', { fields: faults });
}

function refuseOthers(
  enterpriseId: EnterpriseId,
  rows: readonly PlacedRow[],
  known: ReadonlyMap<string, StockNumber>,
): void {
  const faults = rows.flatMap(({ where, row }): FieldFault[] => {
    const owner = known.get(row.number)?.enterprise_id;
    if (owner === undefined || owner === enterpriseId) return [];
    return [{ field: `${where}: number`, problem: 'is in another inventory', cure: 'leave it out' }];
  });
  if (faults.length > 0) throw new AppError('conflict', { detail: 'some numbers are not yours', fields: faults });
}

async function addNew(world: World, work: Work, enterpriseId: EnterpriseId, rows: readonly PlacedRow[]): Promise<void> {
  const now = new Date(world.clock.now());
  const fresh: NewStock[] = [];
  for (const { row } of rows) {
    const columns = await columnsOf(world, row);
    const base = { id: world.ids.make('num'), enterprise_id: enterpriseId, e164: row.number };
    fresh.push({ ...base, ...columns, state: 'active', free_at: now, state_since: now });
  }
  if ((await world.stock.insert(work.tx, fresh)) < fresh.length) {
    throw new AppError('conflict', { detail: 'some of these numbers are being added just now: send the list again' });
  }
  const about = { from: null, to: 'active', event: 'import', reason: null, by: 'operator' } as const;
  await world.stock.noteChanges(
    work.tx,
    fresh.map((number) => ({ number, ...about })),
  );
}

/** A number that was released before is ours again; its former visitors are still known. */
async function takeBack(world: World, work: Work, row: NumberRow, number: StockNumber | undefined): Promise<void> {
  if (number === undefined) return;
  const set = { ...(await columnsOf(world, row)), managed: false };
  await world.change.apply(work, number, { event: 'import', reason: null, by: 'operator', set });
}

async function columnsOf(world: World, row: NumberRow) {
  return {
    ...describedColumns(await world.places.describe(row.number, row.kind)),
    pool_id: row.poolId ?? null,
    carrier: row.carrier,
    failover: row.failover ?? null,
    capabilities: [...row.capabilities],
    monthly_cost: row.monthlyCost ?? null,
    currency: row.currency ?? null,
    carrier_number_id: row.carrierNumberId ?? null,
  };
}
