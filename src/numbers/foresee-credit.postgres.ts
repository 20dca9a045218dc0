/**
 * Whose contact a call is about to be, asked outside any transaction and kept nowhere: for the contact centre's decision
 * hook, which is asked before the call is recorded. It is told of a credited visit where it came from, and no more.
 */
import type { Db } from '../records/schema.ts';
import type { Credit } from './attribution/decide-credit.ts';
import { type BelievingWorld, believeContact, type NewContact } from './believe-contact.ts';

export interface Foreseen {
  readonly credit: Credit;
  /** The campaign by which the visit came: `utmSource` and the like; empty when it came by none. */
  readonly campaign: Readonly<Record<string, string>>;
}

export type ForeseeCredit = (contact: NewContact) => Promise<Foreseen>;

const campaignKeys = ['utmSource', 'utmMedium', 'utmCampaign', 'utmTerm', 'utmContent'] as const;

export function createForeseeCredit(world: BelievingWorld & { readonly db: Db }): ForeseeCredit {
  return async (contact) => {
    const { credit } = await believeContact(world, world.db, contact);
    if (credit.visitId === null) return { credit, campaign: {} };
    const visit = await world.db
      .selectFrom('visit')
      .select('arrival')
      .where('id', '=', credit.visitId)
      .executeTakeFirst();
    return { credit, campaign: campaignOf(visit?.arrival ?? {}) };
  };
}

function campaignOf(arrival: Readonly<Record<string, string>>): Record<string, string> {
  const told = campaignKeys.map((key) => [key, arrival[key]] as const);
  return Object.fromEntries(told.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
