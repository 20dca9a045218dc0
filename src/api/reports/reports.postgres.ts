/**
 * The reports the API hands out, each over a bounded span and for one enterprise.
 */
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
      return { range, table: tabulateCampaigns(await inKnownZone(measureCampaigns(db, question))) };
    },

    /** The pool is known to be the enterprise's. */
    async pool(
      enterpriseId: EnterpriseId,
      poolId: PoolId,
      wish: RangeWish & { readonly per: 'hour' | 'day' },
    ): Promise<{ range: Range; buckets: PoolBucket[] }> {
      const spanMs = wish.per === 'hour' ? limits.reportHourlySpanMs : limits.reportSpanMs;
      const range = await readRange(db, wish, clock.now(), spanMs);
      return { range, buckets: await inKnownZone(measurePool(db, { enterpriseId, poolId, per: wish.per, range })) };
    },
  });
}

async function inKnownZone<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (fault) {
    throw isUnknownZone(fault) ? zoneRefusal() : fault;
  }
}
