/**
 * The record behind the lease books: what they file, and what a book that has just started must know to go on. Read per
 * number by the unique index on its generations, so the length of the history does not matter.
 */
import { type ExpressionBuilder, sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Database } from '../ports/database.ts';
import type { LeaseId, NumberId, PoolId, VisitId } from '../ports/ids.ts';
import { type Log, silentLog } from '../ports/log.ts';
import type { Tables } from '../records/schema.ts';
import { fileBeats } from './file-beats.postgres.ts';
import { fileGrants } from './file-grants.postgres.ts';
import { createJournalRecord } from './journal-record.postgres.ts';
import type { JournalledRecord, LeaseRecord, PastLease, PoolStock } from './lease-book.ts';

interface World {
  readonly database: Pick<Database<Tables>, 'kysely' | 'runPrepared'>;
  /** Carriers whose numbers can be answered here; a number of another one is never shown. All when left out. */
  readonly carriers?: () => readonly string[];
  readonly log?: Log;
}

/** The group of a number whose place nobody has looked up yet. */
const unplaced = 'any';

export function createLeaseRecord(world: World): JournalledRecord {
  const { database, log = silentLog } = world;
  return Object.freeze({
    ...createJournalRecord({ database, log }),
    fileGrants: (grants: Parameters<LeaseRecord['fileGrants']>[0]) => fileGrants(database, grants),
    fileBeats: (beats: Parameters<LeaseRecord['fileBeats']>[0]) => fileBeats(database, beats),

    async readPool(poolId: PoolId): Promise<PoolStock> {
      const stamp = await readStamp(world, poolId);
      const numbers = await given(world, poolId)
        .select(['number.id', 'number.e164', 'number.number_group'])
        .orderBy('number.id')
        .execute();
      return {
        stamp,
        numbers: numbers.map(({ id, e164, number_group }) => ({ id, e164, group: number_group ?? unplaced })),
        past: await past(world, poolId),
      };
    },

    readStamp: (poolId: PoolId) => readStamp(world, poolId),
  });
}

/** The numbers of the pool that may be given to a visit. */
function given(world: World, poolId: PoolId) {
  return world.database.kysely
    .selectFrom('number')
    .innerJoin('pool', 'pool.id', 'number.pool_id')
    .where('number.pool_id', '=', poolId)
    .where('number.state', '=', 'active')
    .where(isCarried(world))
    .where(sql<boolean>`number.id is distinct from pool.shared_number_id`);
}

function isCarried(world: World) {
  const carriers = world.carriers?.();
  return ({ lit, eb }: ExpressionBuilder<Tables, 'number'>) => {
    if (carriers === undefined) return lit(true);
    return carriers.length === 0 ? lit(false) : eb('number.carrier', 'in', [...carriers]);
  };
}

async function readStamp(world: World, poolId: PoolId): Promise<string> {
  const row = await given(world, poolId)
    .select(
      sql<string>`md5(coalesce(string_agg(number.id || number.e164 || coalesce(number.number_group, ''), ' ' order by number.id), ''))`.as(
        'stamp',
      ),
    )
    .executeTakeFirstOrThrow();
  return row.stamp;
}

async function past(world: World, poolId: PoolId): Promise<PastLease[]> {
  const latest = sql<PastRow>`(
    select * from lease where lease.number_id = number.id
    order by lease.generation desc limit ${sql.lit(limits.holdersRestoredPerNumber)}
  )`.as<'lease'>('lease');
  const rows = await given(world, poolId)
    .innerJoinLateral(latest, (join) => join.onTrue())
    .leftJoin('visit', 'visit.id', 'lease.visit_id')
    .select([
      'lease.id',
      'lease.visit_id',
      'visit.visitor_id',
      'lease.number_id',
      'number.e164',
      'lease.generation',
      'lease.granted_at',
      'lease.hold_until',
      'lease.expires_at',
      'visit.engaged_seconds',
      'visit.pages',
      sql<string | null>`visit.arrival->>'region'`.as('trait'),
    ])
    .orderBy('lease.granted_at')
    .orderBy('lease.number_id')
    .orderBy('lease.generation')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    visitId: row.visit_id,
    visitorId: row.visitor_id,
    numberId: row.number_id,
    e164: row.e164,
    generation: row.generation,
    grantedAt: row.granted_at.getTime(),
    holdUntil: row.hold_until.getTime(),
    expiresAt: row.expires_at.getTime(),
    engagedSeconds: row.engaged_seconds ?? 0,
    pages: row.pages ?? 1,
    trait: row.trait,
  }));
}

interface PastRow {
  readonly id: LeaseId;
  readonly visit_id: VisitId;
  readonly number_id: NumberId;
  readonly generation: number;
  readonly granted_at: Date;
  readonly hold_until: Date;
  readonly expires_at: Date;
}
