/**
 * What an operator does with numbers: order one, change what is known of it, take it out of use and back, give it up.
 * Each runs in the caller's transaction and answers with a value; a number that still receives calls is not given up,
 * and the answer says why.
 */
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, Ids, NumberId, PoolId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import type { ChangeNumber } from './change-number.ts';
import type { NumberEvent } from './number-machine.ts';
import type { NumberPlaces } from './number-place.file.ts';
import type { Capability, NumberSupplier } from './number-supplier.ts';
import type { NumberTrafficReader } from './number-traffic.postgres.ts';
import { defaultPolicy } from './pool-policy.ts';
import type { Pools } from './pools.postgres.ts';
import { type Residual, residualCalls } from './residual-calls.ts';
import { describedColumns, type Stock, type StockNumber } from './stock.postgres.ts';

interface World {
  readonly stock: Stock;
  readonly pools: Pools;
  readonly traffic: NumberTrafficReader;
  readonly places: NumberPlaces;
  readonly change: ChangeNumber;
  readonly suppliers: ReadonlyMap<string, NumberSupplier>;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What an operator asks for, in their words. */
export type StateWish = 'activate' | 'rest' | 'quarantine' | 'release' | 'port-out' | 'ported' | 'port-failed';

export interface Order {
  readonly enterpriseId: EnterpriseId;
  readonly e164: E164;
  readonly carrier: string;
  readonly poolId: PoolId | null;
  readonly failover: E164 | null;
  readonly monthlyCost: string | null;
  readonly currency: string | null;
}

export interface Edit {
  readonly poolId?: PoolId | null | undefined;
  readonly failover?: E164 | null | undefined;
  readonly kind?: 'did' | 'tfn' | undefined;
  readonly capabilities?: readonly Capability[] | undefined;
  readonly cost?: { readonly monthlyCost: string; readonly currency: string } | null | undefined;
}

type Own = { readonly enterpriseId: EnterpriseId; readonly id: NumberId };
type Refused = { readonly kind: 'refused'; readonly reason: string };

/** `poolIds`: the pools whose leasable numbers may have changed. */
export type Done = { readonly kind: 'done'; readonly number: StockNumber; readonly poolIds: readonly PoolId[] };
export type DeskAnswer =
  | Done
  | Refused
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-releasable'; readonly residual: Residual };

export type NumberDesk = ReturnType<typeof createNumberDesk>;

export function createNumberDesk(world: World) {
  const { stock, change } = world;

  async function again(work: Work, before: StockNumber, poolIds: readonly (PoolId | null)[]): Promise<DeskAnswer> {
    const number = await stock.read(work.tx, before.enterprise_id, before.id);
    if (number === null) return { kind: 'unknown' };
    return { kind: 'done', number, poolIds: [...new Set(poolIds)].filter((id) => id !== null) };
  }

  return Object.freeze({
    /** Whether a number may be given up now, and what stands in the way. */
    residual: (db: Db, number: StockNumber): Promise<Residual> => residualOf(world, db, number),

    /** Orders a number that a search has shown; ordered again, a failed order is tried once more. */
    async orderIn(work: Work, order: Order): Promise<DeskAnswer> {
      const { enterpriseId, e164 } = order;
      const [known] = await stock.lockAll(work.tx, [e164]);
      const columns = await orderColumns(world, order);
      if (known !== undefined) {
        if (known.enterprise_id !== enterpriseId)
          return { kind: 'refused', reason: 'this number is in another inventory' };
        const changed = await change.apply(work, known, { event: 'order', reason: null, by: 'operator', set: columns });
        return changed.kind === 'refused' ? changed : again(work, known, []);
      }
      const now = new Date(world.clock.now());
      const id = world.ids.make('num');
      const base = { id, enterprise_id: enterpriseId, e164, free_at: now, state_since: now };
      const added = await stock.insert(work.tx, [{ ...base, ...columns, state: 'ordered', task: 'buy' }]);
      if (added === 0) return { kind: 'refused', reason: 'somebody else is adding this number' };
      const number = await stock.read(work.tx, enterpriseId, id);
      if (number === null) return { kind: 'unknown' };
      await change.begin(work, number, 'order');
      return { kind: 'done', number, poolIds: [] };
    },

    /** Takes a number out of use, back into it, or gives it up; `atCarrier` says whether the carrier is told to end it. */
    async moveIn(
      work: Work,
      own: Own,
      wish: { readonly to: StateWish; readonly reason: string | null; readonly atCarrier: boolean | null },
    ): Promise<DeskAnswer> {
      const number = await stock.lock(work.tx, own.enterpriseId, own.id);
      if (number === null) return { kind: 'unknown' };
      if (leavesUse.has(wish.to) && (await world.pools.isShared(work.tx, number.id))) {
        return { kind: 'refused', reason: sharedReason };
      }
      let event: NumberEvent = wish.to;
      if (wish.to === 'release') {
        const residual = await residualOf(world, work.tx, number);
        if (!residual.releasable) return { kind: 'not-releasable', residual };
        const atCarrier = wish.atCarrier ?? number.managed;
        if (atCarrier && !world.suppliers.has(number.carrier)) return noSupplier(number.carrier);
        event = atCarrier ? 'order-release' : 'release';
      }
      const changed = await change.apply(work, number, { event, reason: wish.reason, by: 'operator' });
      return changed.kind === 'refused' ? changed : again(work, number, [number.pool_id]);
    },

    /** Changes what is known of a number. */
    async editIn(work: Work, own: Own, edit: Edit): Promise<DeskAnswer> {
      const number = await stock.lock(work.tx, own.enterpriseId, own.id);
      if (number === null) return { kind: 'unknown' };
      if (edit.failover === number.e164) return { kind: 'refused', reason: 'a number is not its own failover' };
      if (edit.poolId !== undefined && edit.poolId !== number.pool_id) {
        if (await world.pools.isShared(work.tx, number.id)) return { kind: 'refused', reason: sharedReason };
        if (edit.poolId !== null && (await world.pools.read(work.tx, own.enterpriseId, edit.poolId)) === null) {
          return { kind: 'refused', reason: 'there is no such pool' };
        }
      }
      await stock.update(work.tx, number.id, await editColumns(world, number, edit));
      return again(work, number, [number.pool_id, edit.poolId ?? null]);
    },

    /** Has the carrier point the number at us (again). */
    async provisionIn(work: Work, own: Own): Promise<DeskAnswer> {
      const number = await stock.lock(work.tx, own.enterpriseId, own.id);
      if (number === null) return { kind: 'unknown' };
      if (!world.suppliers.has(number.carrier)) return noSupplier(number.carrier);
      if (number.task !== null || number.state === 'released' || number.state === 'porting') {
        const under = number.task === null ? number.state : `under way (${number.task})`;
        return { kind: 'refused', reason: `the number is ${under}` };
      }
      await stock.update(work.tx, number.id, { task: 'provision', verdict: null });
      await change.order(work, number, 'provision');
      return again(work, number, []);
    },
  });
}

const leavesUse: ReadonlySet<StateWish> = new Set(['rest', 'quarantine', 'release', 'port-out']);
const sharedReason = 'it is its pool’s shared number: give the pool another one first';

function noSupplier(carrier: string): Refused {
  return { kind: 'refused', reason: `there is no account with ${carrier} here that numbers are had from` };
}

async function residualOf(world: World, db: Db, number: StockNumber): Promise<Residual> {
  const policy = number.pool_id === null ? null : await world.pools.policyOf(db, number.pool_id);
  const { release } = policy ?? defaultPolicy;
  const now = world.clock.now();
  return residualCalls(await world.traffic.read(db, number.id, release.quietDays, now), release, now);
}

async function orderColumns(world: World, order: Order) {
  return {
    ...describedColumns(await world.places.describe(order.e164)),
    carrier: order.carrier,
    pool_id: order.poolId,
    failover: order.failover,
    monthly_cost: order.monthlyCost,
    currency: order.currency,
    carrier_number_id: null,
    managed: true,
  };
}

async function editColumns(world: World, number: StockNumber, edit: Edit) {
  const { poolId, failover, kind, capabilities, cost } = edit;
  return {
    ...(poolId === undefined ? {} : { pool_id: poolId }),
    ...(failover === undefined ? {} : { failover }),
    ...(kind === undefined ? {} : describedColumns(await world.places.describe(number.e164, kind))),
    ...(capabilities === undefined ? {} : { capabilities: [...capabilities] }),
    ...(cost === undefined ? {} : { monthly_cost: cost?.monthlyCost ?? null, currency: cost?.currency ?? null }),
  };
}
