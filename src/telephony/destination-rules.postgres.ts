/**
 * Where an enterprise lets calls be sent, in the record: the countries of its numbers. What may be dialled by these rules
 * is decided in `allowed-destination.ts`.
 */
import type { EnterpriseId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { DestinationRules } from './allowed-destination.ts';

export const destinationRules = Object.freeze({
  async read(db: Db, enterpriseId: EnterpriseId): Promise<DestinationRules> {
    const rows = await db
      .selectFrom('number')
      .select('country')
      .distinct()
      .where('enterprise_id', '=', enterpriseId)
      .where('state', '!=', 'released')
      .where('country', 'is not', null)
      .orderBy('country')
      .execute();
    return { countries: rows.flatMap(({ country }) => country ?? []), areNamed: false, sipHosts: [] };
  },
});
