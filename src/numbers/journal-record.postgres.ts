/**
 * The journal of grants in the record: one row for each group commit, moved into `visit` and `lease` soon after. A fence
 * stands before it: whoever reads a pool raises its epoch, and a group with a grant decided under an earlier one is not
 * taken. The fence's row is locked while a group is written, so whoever has raised it finds all that was written before.
 *
 * Moving is one statement with taking the rows off, so it may end anywhere and come twice. What cannot be moved at once
 * is looked at grant by grant (`fileSlowly`), so that nothing is lost and nobody waits for it.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Database } from '../ports/database.ts';
import type { BatchId, LeaseId, PoolId } from '../ports/ids.ts';
import { faultFacts, type Log } from '../ports/log.ts';
import { askTogether } from '../records/ask-together.ts';
import type { Tables } from '../records/schema.ts';
import { filed, filePacked } from './file-grants.postgres.ts';
import { isRefusal } from './grant-journal.ts';
import type { GrantBatch, JournalRecord } from './lease-book.ts';
import { type PackedGrant, packedColumns, packGrant } from './pack-grant.ts';

interface World {
  readonly database: Pick<Database<Tables>, 'kysely' | 'runPrepared'>;
  readonly log: Log;
}

/** A batch is written when every one of its pools stands at its epoch. Answers with those that do. */
const writeBatch = `
  with fenced as (
    select pool_id from pool_fence
    join unnest($3::text[], $4::bigint[]) as claimed(pool, epoch) on pool_id = pool and pool_fence.epoch = claimed.epoch
    for share of pool_fence
  ), written as (
    insert into grant_journal (id, batch)
    select $1, $2 where (select count(*) from fenced) = cardinality($3::text[])
    on conflict (id) do nothing
  )
  select pool_id from fenced`;

/** A pool that stands at the epoch we have is ours still. */
const raiseFence = `
  insert into pool_fence (pool_id, epoch) values ($1, 1)
  on conflict (pool_id) do update
    set epoch = case when pool_fence.epoch = $2::bigint then pool_fence.epoch else pool_fence.epoch + 1 end
  returning epoch::float8 as epoch`;

/** Answers with those rows that hold a lease whose generation another one has. */
const moveBatches = `
  with taken as (
    select id, batch from grant_journal where id = any($1::text[]) order by id for update
  ), given as materialized (
    select taken.id as journal_id, given.*
    from taken, json_to_recordset(taken.batch::json) as given(${packedColumns})
  ), ${filed}, left_over as (
    select distinct journal_id from given
    where l is not null
      and not exists (select from leases where leases.id = given.l)
      and not exists (select from lease where lease.id = given.l)
  ), gone as (
    delete from grant_journal where id in (select id from taken) and id not in (select journal_id from left_over)
  )
  select journal_id from left_over`;

export function createJournalRecord(world: World): JournalRecord {
  const { kysely, runPrepared } = world.database;

  async function fileBatches(ids: readonly BatchId[]): Promise<void> {
    try {
      const leftOver = (await runPrepared('move-batches', moveBatches, [ids])) as readonly { journal_id: BatchId }[];
      for (const { journal_id } of leftOver) await fileSlowly(world, journal_id);
    } catch (fault) {
      if (!isRefusal(fault)) throw fault;
      const [only, ...others] = ids;
      if (only !== undefined && others.length === 0) return fileSlowly(world, only);
      for (const id of ids) await fileBatches([id]);
    }
  }

  /** What comes meanwhile is not waited for: under a rush that would have no end. */
  async function fileWhole(): Promise<void> {
    const { rows } = await sql<{ id: BatchId }>`select id from grant_journal order by id`.execute(kysely);
    for (let from = 0; from < rows.length; from += limits.batchesPerFilingMax) {
      await fileBatches(rows.slice(from, from + limits.batchesPerFilingMax).map(({ id }) => id));
    }
  }

  /** Who asks while it is looked at may have brought something since: they wait for the next look, one for all of them. */
  const fileForAll = askTogether<null, null>(async (_db, asks) => {
    await fileWhole();
    return [...asks];
  });
  const fileJournal = async (): Promise<void> => void (await fileForAll(kysely, null));

  return Object.freeze({
    async writeBatch({ id, grants, epochs }: GrantBatch): Promise<ReadonlySet<PoolId>> {
      const batch = JSON.stringify(grants.map(packGrant));
      const pools = [...epochs.keys()];
      const rows = await runPrepared('write-batch', writeBatch, [id, batch, pools, [...epochs.values()]]);
      const held = new Set((rows as readonly { pool_id: PoolId }[]).map((row) => row.pool_id));
      return new Set(pools.filter((pool) => !held.has(pool)));
    },

    async takePool(poolId: PoolId, epoch: number): Promise<number> {
      const [row] = (await runPrepared('raise-fence', raiseFence, [poolId, epoch])) as readonly { epoch: number }[];
      if (row === undefined) throw new Error(`the fence of ${poolId} was not raised`);
      return row.epoch;
    },

    fileBatches,
    fileJournal,

    async filedOf(leases: readonly LeaseId[]): Promise<ReadonlySet<LeaseId>> {
      await fileJournal();
      const rows = await kysely.selectFrom('lease').select('id').where('id', 'in', leases).execute();
      return new Set(rows.map(({ id }) => id));
    },
  });
}

/** Files what can be filed of a row, sets the rest aside, and takes the row off. */
async function fileSlowly(world: World, id: BatchId): Promise<void> {
  const { kysely } = world.database;
  const { rows } = await sql<{ batch: string }>`select batch from grant_journal where id = ${id}`.execute(kysely);
  const aside: { readonly grant: string; readonly reason: string }[] = [];
  for (const { batch } of rows) {
    for (const grant of readBatch(batch)) {
      const reason = typeof grant === 'string' ? 'it is not JSON' : await fileOne(world, grant);
      if (reason === null) continue;
      aside.push({ grant: typeof grant === 'string' ? grant : JSON.stringify(grant), reason });
      const leaseId = typeof grant === 'string' ? null : (grant.l ?? null);
      world.log.error({ batchId: id, leaseId }, 'grant-set-aside');
    }
  }
  await sql`
    with gone as (delete from grant_journal where id = ${id} returning id)
    insert into grant_set_aside (journal_id, grant_text, reason)
    select gone.id, aside."grant", aside.reason
    from gone, json_to_recordset(${JSON.stringify(aside)}::json) as aside("grant" text, reason text)`.execute(kysely);
}

/** A row that is no list of grants is one thing to set aside. */
function readBatch(batch: string): readonly (PackedGrant | string)[] {
  try {
    return JSON.parse(batch);
  } catch {
    return [batch];
  }
}

/**
 * Null once the record has it. A generation that another lease has was given twice, to two visitors: the second is filed
 * under the next free one, and attribution finds both.
 */
async function fileOne({ database, log }: World, grant: PackedGrant): Promise<string | null> {
  const { l: leaseId, d: numberId, g: generation = 0 } = grant;
  try {
    for (let lift = 0; lift <= limits.generationsTriedMax; lift += 1) {
      const kept = await filePacked(database, [{ ...grant, g: generation + lift }]);
      if (leaseId === undefined || kept.has(leaseId as LeaseId)) return null;
      log.warn({ leaseId, numberId, generation: generation + lift }, 'grant-generation-taken');
    }
    return 'no generation is free';
  } catch (fault) {
    if (!isRefusal(fault)) throw fault;
    log.warn({ err: faultFacts(fault), leaseId }, 'grant-refused');
    return fault instanceof Error ? fault.message : 'refused';
  }
}
