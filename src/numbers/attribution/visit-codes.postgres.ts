/**
 * Short codes for visits that are shown a shared number: a caller who keys theirs is known for certain. A code belongs to
 * one visit of its pool until it runs out, and may then be given to another.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, NumberId, PoolId, RandomBytes, VisitId } from '../../ports/ids.ts';
import type { Db, Tx } from '../../records/schema.ts';

export type VisitCodes = ReturnType<typeof createVisitCodes>;

export function createVisitCodes(world: { clock: Clock; randomBytes: RandomBytes }) {
  const expiry = () => new Date(world.clock.now() + limits.visitCodeLifeMs);
  return Object.freeze({
    /** The visit's code in this pool, which now lasts longer; null when none is free after a few draws. */
    async issue(db: Db, { visitId, poolId }: { visitId: VisitId; poolId: PoolId }): Promise<string | null> {
      const own = await db
        .updateTable('visit_code')
        .set({ expires_at: expiry() })
        .where('visit_id', '=', visitId)
        .where('pool_id', '=', poolId)
        .returning('code')
        .execute();
      if (own[0] !== undefined) return own[0].code;
      for (let tries = 0; tries < limits.visitCodeTriesMax; tries += 1) {
        const drawn = await db
          .insertInto('visit_code')
          .values({ pool_id: poolId, code: drawCode(world.randomBytes), visit_id: visitId, expires_at: expiry() })
          .onConflict((clash) =>
            clash
              .columns(['pool_id', 'code'])
              .doUpdateSet({ visit_id: visitId, expires_at: expiry() })
              .where('visit_code.expires_at', '<=', new Date(world.clock.now())),
          )
          .returning('code')
          .executeTakeFirst();
        if (drawn !== undefined) return drawn.code;
      }
      return null;
    },

    /** Whose code it is among those who were shown this number; null when nobody's. */
    async find(
      tx: Tx,
      wish: { readonly enterpriseId: EnterpriseId; readonly numberId: NumberId; readonly code: string },
    ): Promise<VisitId | null> {
      const row = await tx
        .selectFrom('visit_code')
        .innerJoin('visit', 'visit.id', 'visit_code.visit_id')
        .innerJoin('pool', 'pool.id', 'visit_code.pool_id')
        .select('visit_code.visit_id')
        .where('pool.enterprise_id', '=', wish.enterpriseId)
        .where('visit_code.code', '=', wish.code)
        .where('visit.shown_number_id', '=', wish.numberId)
        .where('visit_code.expires_at', '>', new Date(world.clock.now()))
        .executeTakeFirst();
      return row?.visit_id ?? null;
    },
  });
}

/** Evenly drawn, never with a leading zero: people leave those out. */
function drawCode(randomBytes: RandomBytes): string {
  const least = 10 ** (limits.visitCodeDigits - 1);
  const drawn = new DataView(Uint8Array.from(randomBytes(4)).buffer).getUint32(0);
  return String(least + (drawn % (9 * least)));
}
