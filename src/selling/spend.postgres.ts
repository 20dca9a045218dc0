/**
 * What advertising cost, by day and campaign, as an operator's script reports it. Reporting a day again replaces it, for
 * vendors correct their bills for days afterwards.
 */
import type { Clock } from '../ports/clock.ts';
import type { EnterpriseId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';

export interface Spend {
  readonly enterpriseId: EnterpriseId;
  /** A calendar day such as `2026-05-04`, in the time zone reports are asked in. */
  readonly day: string;
  readonly campaign: string;
  readonly currency: string;
  /** Decimal text such as `129.00`. */
  readonly amount: string;
}

export type Spending = ReturnType<typeof createSpending>;

export function createSpending(world: { clock: Clock }) {
  return Object.freeze({
    async put(db: Db, spend: Spend): Promise<void> {
      const { enterpriseId, day, campaign, currency, amount } = spend;
      const recordedAt = new Date(world.clock.now());
      await db
        .insertInto('spend')
        .values({ enterprise_id: enterpriseId, day, campaign, currency, amount, recorded_at: recordedAt })
        .onConflict((clash) =>
          clash
            .columns(['enterprise_id', 'day', 'campaign', 'currency'])
            .doUpdateSet({ amount, recorded_at: recordedAt }),
        )
        .execute();
    },
  });
}
