/**
 * The lease book, in its plain form: one row lock per grant in PostgreSQL. A number carries the instant from which it
 * may be given again, so nothing has to run for a lease to end, and the free number that has rested longest goes first.
 * Every lease is kept: the history is what makes a late call answerable.
 */
import type { ExpressionBuilder } from 'kysely';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, Ids, LeaseId, NumberId, PoolId, VisitId } from '../ports/ids.ts';
import type { Db, Row, Tables, Tx } from '../records/schema.ts';

/** A pool's rules, in milliseconds: kept at least `hold`, shown `lease` after the last beat, quiet for `rest`. */
export interface PoolPolicy {
  readonly poolId: PoolId;
  readonly holdMs: number;
  readonly leaseMs: number;
  readonly restMs: number;
  readonly sharedNumberId: NumberId | null;
}

export interface Lease {
  readonly id: LeaseId;
  readonly e164: E164;
  readonly numberId: NumberId;
  readonly generation: number;
  readonly expiresAt: number;
}

export interface GrantWish {
  readonly enterpriseId: EnterpriseId;
  readonly policy: PoolPolicy;
  readonly visitId: VisitId;
  readonly visitorId: string | null;
}

export type Leases = ReturnType<typeof createLeases>;

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Carriers whose numbers can be answered here; a number of another one is never shown. All when left out. */
  readonly carriers?: () => readonly string[];
}

export function createLeases(world: World) {
  return Object.freeze({
    async policyOf(db: Db, poolId: PoolId): Promise<PoolPolicy | null> {
      const row = await db.selectFrom('pool').selectAll().where('id', '=', poolId).executeTakeFirst();
      if (row === undefined) return null;
      return {
        poolId,
        holdMs: row.hold_ms,
        leaseMs: row.lease_ms,
        restMs: row.rest_ms,
        sharedNumberId: row.shared_number_id,
      };
    },

    /** Grants a free number to a visit: the visitor's former one when it is free, else the longest idle. Null: none. */
    async grant(tx: Tx, wish: GrantWish): Promise<Lease | null> {
      const now = world.clock.now();
      const number = (await formerNumber(world, tx, wish)) ?? (await oldestIdle(world, tx, wish));
      if (number === undefined) return null;
      const { holdMs, leaseMs, restMs, poolId } = wish.policy;
      const id = world.ids.make('lease');
      const expiresAt = now + Math.max(holdMs, leaseMs);
      const generation = number.generation + 1;
      await tx
        .insertInto('lease')
        .values({
          id,
          enterprise_id: wish.enterpriseId,
          pool_id: poolId,
          number_id: number.id,
          visit_id: wish.visitId,
          generation,
          granted_at: new Date(now),
          hold_until: new Date(now + holdMs),
          expires_at: new Date(expiresAt),
        })
        .execute();
      await tx
        .updateTable('number')
        .set({ generation, current_lease_id: id, free_at: new Date(expiresAt + restMs) })
        .where('id', '=', number.id)
        .execute();
      return { id, e164: number.e164, numberId: number.id, generation, expiresAt };
    },

    /** Extends the visit's lease while it still has the number. Null when the lease has ended: ask for a new one. */
    async extend(tx: Tx, visitId: VisitId, policy: PoolPolicy): Promise<Lease | null> {
      const now = world.clock.now();
      const held = await tx
        .selectFrom('lease')
        .innerJoin('number', 'number.current_lease_id', 'lease.id')
        .select([
          'lease.id',
          'lease.number_id',
          'lease.generation',
          'lease.expires_at',
          'lease.hold_until',
          'number.e164',
        ])
        .where('lease.visit_id', '=', visitId)
        .where('lease.expires_at', '>', new Date(now))
        .orderBy('lease.granted_at', 'desc')
        .limit(1)
        .forUpdate()
        .executeTakeFirst();
      if (held === undefined) return null;
      const expiresAt = Math.max(held.expires_at.getTime(), held.hold_until.getTime(), now + policy.leaseMs);
      await tx
        .updateTable('lease')
        .set({ expires_at: new Date(expiresAt) })
        .where('id', '=', held.id)
        .execute();
      await tx
        .updateTable('number')
        .set({ free_at: new Date(expiresAt + policy.restMs) })
        .where('id', '=', held.number_id)
        .where('current_lease_id', '=', held.id)
        .execute();
      return { id: held.id, e164: held.e164, numberId: held.number_id, generation: held.generation, expiresAt };
    },

    /** The number shown to everybody who could not get one of their own. */
    async sharedNumber(db: Db, policy: PoolPolicy): Promise<E164 | null> {
      if (policy.sharedNumberId === null) return null;
      const row = await db
        .selectFrom('number')
        .select('e164')
        .where('id', '=', policy.sharedNumberId)
        .where(isCarried(world))
        .executeTakeFirst();
      return row?.e164 ?? null;
    },
  });
}

type FreeNumber = Pick<Row<'number'>, 'id' | 'e164' | 'generation'>;

function isCarried(world: World) {
  const carriers = world.carriers?.();
  return ({ lit, eb }: ExpressionBuilder<Tables, 'number'>) => {
    if (carriers === undefined) return lit(true);
    return carriers.length === 0 ? lit(false) : eb('number.carrier', 'in', [...carriers]);
  };
}

function freeNumbers(world: World, tx: Tx, wish: GrantWish) {
  const free = tx
    .selectFrom('number')
    .select(['number.id', 'number.e164', 'number.generation'])
    .where('number.pool_id', '=', wish.policy.poolId)
    .where('number.state', '=', 'active')
    .where('number.free_at', '<=', new Date(world.clock.now()))
    .where(isCarried(world));
  return wish.policy.sharedNumberId === null ? free : free.where('number.id', '!=', wish.policy.sharedNumberId);
}

async function formerNumber(world: World, tx: Tx, wish: GrantWish): Promise<FreeNumber | undefined> {
  if (wish.visitorId === null) return undefined;
  const former = await tx
    .selectFrom('lease')
    .innerJoin('visit', 'visit.id', 'lease.visit_id')
    .select('lease.number_id')
    .where('visit.enterprise_id', '=', wish.enterpriseId)
    .where('visit.visitor_id', '=', wish.visitorId)
    .orderBy('lease.granted_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (former === undefined) return undefined;
  return freeNumbers(world, tx, wish)
    .where('number.id', '=', former.number_id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

function oldestIdle(world: World, tx: Tx, wish: GrantWish): Promise<FreeNumber | undefined> {
  return freeNumbers(world, tx, wish)
    .orderBy('number.free_at')
    .orderBy('number.id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}
