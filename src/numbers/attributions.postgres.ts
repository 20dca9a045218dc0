/**
 * Reads the holders of a number that a contact may have come from, and keeps every attribution with its candidates
 * and evidence. A revision is a new row; what was believed before stays readable.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnterpriseId, Ids, NumberId } from '../ports/ids.ts';
import type { Tx } from '../records/schema.ts';
import type { Attribution, Holder } from './attribute.ts';

export type Attributions = ReturnType<typeof createAttributions>;

export function createAttributions(world: { clock: Clock; ids: Ids }) {
  return Object.freeze({
    /** Past and present holders within the look-back, latest first. */
    async holders(tx: Tx, numberId: NumberId, at: number): Promise<Holder[]> {
      const rows = await tx
        .selectFrom('lease')
        .innerJoin('visit', 'visit.id', 'lease.visit_id')
        .select((column) => [
          'lease.id',
          'lease.visit_id',
          'lease.granted_at',
          'lease.expires_at',
          'visit.last_beat_at',
          'visit.engaged_seconds',
          column
            .selectFrom('visit_signal')
            .select((signal) => signal.fn.max('visit_signal.at').as('at'))
            .whereRef('visit_signal.visit_id', '=', 'lease.visit_id')
            .where('visit_signal.kind', '=', 'tap')
            .as('tapped_at'),
        ])
        .where('lease.number_id', '=', numberId)
        .where('lease.granted_at', '<=', new Date(at))
        .where('lease.granted_at', '>=', new Date(at - limits.attributionLookBackMs))
        .orderBy('lease.granted_at', 'desc')
        .limit(limits.attributionCandidatesMax)
        .execute();
      return rows.map((row) => ({
        leaseId: row.id,
        visitId: row.visit_id,
        grantedAt: row.granted_at.getTime(),
        expiresAt: row.expires_at.getTime(),
        lastSeenAt: Math.min(row.last_beat_at.getTime(), row.expires_at.getTime()),
        tappedAt: row.tapped_at?.getTime() ?? null,
        engagedSeconds: row.engaged_seconds,
      }));
    },

    /** Keeps the first belief about a call or conversation. */
    async insert(
      tx: Tx,
      about: {
        enterpriseId: EnterpriseId;
        subject: string;
        numberId: NumberId;
        attribution: Attribution;
        revision: number;
      },
    ): Promise<void> {
      const { attribution } = about;
      await tx
        .insertInto('attribution')
        .values({
          id: world.ids.make('attr'),
          enterprise_id: about.enterpriseId,
          subject: about.subject,
          revision: about.revision,
          number_id: about.numberId,
          decision: attribution.decision,
          visit_id: attribution.visitId,
          probability: attribution.probability,
          candidates: JSON.stringify(attribution.candidates),
          at: new Date(world.clock.now()),
        })
        .execute();
    },
  });
}
