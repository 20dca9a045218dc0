/**
 * Where an enterprise lets calls be sent, in the record: the countries it has named, otherwise those of its numbers, and
 * its SIP hosts. What may be dialled by these rules is decided in `allowed-destination.ts`.
 */
import type { EnterpriseId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { DestinationRules } from './allowed-destination.ts';

export type DestinationRulesStore = typeof destinationRules;

export const destinationRules = Object.freeze({
  async read(db: Db, enterpriseId: EnterpriseId): Promise<DestinationRules> {
    const row = await db
      .selectFrom('enterprise')
      .select(['dial_countries', 'sip_hosts'])
      .where('id', '=', enterpriseId)
      .executeTakeFirst();
    const named = row?.dial_countries ?? null;
    const countries = named ?? (await countriesOfNumbers(db, enterpriseId));
    return { countries, areNamed: named !== null, sipHosts: row?.sip_hosts ?? [] };
  },

  /** `countries` null: those of its numbers, as they change. */
  async write(
    db: Db,
    enterpriseId: EnterpriseId,
    wanted: { readonly countries: readonly string[] | null; readonly sipHosts: readonly string[] },
  ): Promise<void> {
    await db
      .updateTable('enterprise')
      .set({
        dial_countries: wanted.countries === null ? null : [...wanted.countries],
        sip_hosts: [...wanted.sipHosts],
      })
      .where('id', '=', enterpriseId)
      .execute();
  },
});

async function countriesOfNumbers(db: Db, enterpriseId: EnterpriseId): Promise<string[]> {
  const rows = await db
    .selectFrom('number')
    .select('country')
    .distinct()
    .where('enterprise_id', '=', enterpriseId)
    .where('state', '!=', 'released')
    .where('country', 'is not', null)
    .orderBy('country')
    .execute();
  return rows.flatMap(({ country }) => country ?? []);
}
