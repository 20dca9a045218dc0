/**
 * The reports the API hands out, each over a bounded span and for one enterprise.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, PoolId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import { type Grouping, measureCampaigns } from './campaign-report.postgres.ts';
import { type CampaignTable, tabulateCampaigns } from './campaign-table.ts';
import { measurePool, type PoolBucket } from './pool-report.postgres.ts';
import { isUnknownZone, type Range, type RangeWish, readRange, zoneRefusal } from './report-range.postgres.ts';

export type Reports = ReturnType<typeof createReports>;

export function createReports({ db, clock }: { db: Db; clock: Clock }) {
  return Object.freeze({
    async campaigns(
      enterpriseId: EnterpriseId,
      wish: RangeWish & { readonly by: Grouping },
    ): Promise<{ range: Range; table: CampaignTable }> {
      const range = await readRange(db, wish, clock.now(), limits.reportSpanMs);
      const question = { enterpriseId, by: wish.by, range, rowsMax: limits.reportRowsMax };
      return { range, table: tabulateCampaigns(await ask(db, (tx) => measureCampaigns(tx, question))) };
    },

    /** The pool is known to be the enterprise's. */
    async pool(
      enterpriseId: EnterpriseId,
      poolId: PoolId,
      wish: RangeWish & { readonly per: 'hour' | 'day' },
    ): Promise<{ range: Range; buckets: PoolBucket[] }> {
      const spanMs = wish.per === 'hour' ? limits.reportHourlySpanMs : limits.reportSpanMs;
      const range = await readRange(db, wish, clock.now(), spanMs);
      return { range, buckets: await ask(db, (tx) => measurePool(tx, { enterpriseId, poolId, per: wish.per, range })) };
    },
  });
}

/** One long question: compiling it (jit) would take longer than answering, and it may take longer than most. */
async function ask<Answer>(db: Db, question: (tx: Db) => Promise<Answer>): Promise<Answer> {
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`select set_config('jit', 'off', true),
        set_config('statement_timeout', ${String(limits.reportStatementTimeoutMs)}, true)`.execute(tx);
      return question(tx);
    });
  } catch (fault) {
    throw isUnknownZone(fault) ? zoneRefusal() : fault;
  }
}
