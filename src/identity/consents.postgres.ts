/**
 * Who may be texted and called. Every choice is kept with its wording, method and source; the latest one for the address rules.
 * Addresses are looked up by a keyed fingerprint, so an opt-out still holds after the person's data is erased.
 */
import type { TextAddress } from '../ports/e164.ts';
import type { EnterpriseId } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Db, Tx } from '../records/schema.ts';

export interface ConsentChoice {
  readonly enterpriseId: EnterpriseId;
  readonly address: TextAddress;
  readonly choice: 'opted-out' | 'opted-in';
  readonly method: string;
  readonly wording: string;
  readonly source: string;
  readonly campaign?: string | null;
  readonly at: number;
}

/** How an address stands by all its choices. */
export interface ConsentStanding {
  readonly isOptedOut: boolean;
  /** They have consented in writing, and not opted out since: what marketing calls need. */
  readonly isWritten: boolean;
}

export type Consents = ReturnType<typeof createConsents>;

export function createConsents(world: { secrets: Secrets }) {
  return Object.freeze({
    async isOptedOut(db: Db, enterpriseId: EnterpriseId, address: TextAddress): Promise<boolean> {
      const latest = await db
        .selectFrom('consent')
        .select('choice')
        .where('enterprise_id', '=', enterpriseId)
        .where('fingerprint', '=', world.secrets.fingerprint(address))
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return latest?.choice === 'opted-out';
    },

    async standing(db: Db, enterpriseId: EnterpriseId, address: TextAddress): Promise<ConsentStanding> {
      const choices = await db
        .selectFrom('consent')
        .select(['choice', 'method'])
        .where('enterprise_id', '=', enterpriseId)
        .where('fingerprint', '=', world.secrets.fingerprint(address))
        .orderBy('id', 'desc')
        .execute();
      const out = choices.findIndex(({ choice }) => choice === 'opted-out');
      const since = out === -1 ? choices : choices.slice(0, out);
      return { isOptedOut: out === 0, isWritten: since.some(({ method }) => method === 'written') };
    },

    async record(tx: Tx, choice: ConsentChoice): Promise<void> {
      await tx
        .insertInto('consent')
        .values({
          enterprise_id: choice.enterpriseId,
          address: choice.address,
          fingerprint: world.secrets.fingerprint(choice.address),
          choice: choice.choice,
          method: choice.method,
          wording: choice.wording,
          source: choice.source,
          campaign: choice.campaign ?? null,
          at: new Date(choice.at),
        })
        .execute();
    },
  });
}
