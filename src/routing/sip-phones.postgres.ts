/**
 * Agents' SIP phones in the record: accounts whose passwords are sealed hashes, and the registrations that outlive a
 * restart. A registration locks its account, so that two phones of one agent at once both stay on the list.
 */
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { AgentId, EnterpriseId } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Db, Row, Tx } from '../records/schema.ts';
import type { Binding, Ha1, SipAccount, SipPhones } from './sip-phones.ts';

interface World {
  readonly db: Db;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export interface SipPhoneStore extends SipPhones {
  /** Gives an agent a SIP user with this password, or a new password; false when there is no such agent. */
  setAccount(account: {
    readonly enterpriseId: EnterpriseId;
    readonly agentId: AgentId;
    readonly user: string;
    readonly realm: string;
    readonly ha1: Ha1;
  }): Promise<boolean>;
  /** Takes an agent's SIP user and its registrations away; false when there was none. */
  removeAccount(enterpriseId: EnterpriseId, agentId: AgentId): Promise<boolean>;
}

export function createSipPhones(world: World): SipPhoneStore {
  const { db, secrets, clock } = world;
  return Object.freeze({
    async findAccount(user: string): Promise<SipAccount | null> {
      const row = await db
        .selectFrom('sip_account')
        .select('ha1_sealed')
        .where('user_name', '=', user)
        .executeTakeFirst();
      return row === undefined ? null : { user, ha1: JSON.parse(secrets.open(row.ha1_sealed, user)) as Ha1 };
    },

    bindings: (user: string, now: number) => readBindings(db, user, now),

    async agentBindings({ phone, from }: { phone: E164; from: E164 }, now: number): Promise<readonly Binding[]> {
      const rows = await db
        .selectFrom('sip_binding')
        .innerJoin('sip_account', 'sip_account.user_name', 'sip_binding.user_name')
        .innerJoin('agent', 'agent.id', 'sip_account.agent_id')
        .innerJoin('number', 'number.enterprise_id', 'agent.enterprise_id')
        .selectAll('sip_binding')
        .where('agent.phone', '=', phone)
        .where('number.e164', '=', from)
        .where('number.carrier', '=', 'sip')
        .where('sip_binding.expires_at', '>', new Date(now))
        .execute();
      return rows.map(bindingOf);
    },

    changeBindings<Answer extends { readonly bindings: readonly Binding[] | null }>(
      user: string,
      change: (before: readonly Binding[]) => Answer,
    ): Promise<Answer> {
      return db.transaction().execute(async (tx) => {
        await tx.selectFrom('sip_account').select('user_name').where('user_name', '=', user).forUpdate().execute();
        const answer = change(await readBindings(tx, user, clock.now()));
        if (answer.bindings !== null) await replaceBindings(tx, user, answer.bindings);
        return answer;
      });
    },

    async setAccount({
      enterpriseId,
      agentId,
      user,
      realm,
      ha1,
    }: Parameters<SipPhoneStore['setAccount']>[0]): Promise<boolean> {
      const sealed = { realm, ha1_sealed: secrets.seal(JSON.stringify(ha1), user) };
      const agent = await db
        .selectFrom('agent')
        .select('id')
        .where('id', '=', agentId)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      if (agent === undefined) return false;
      await db
        .insertInto('sip_account')
        .values({
          user_name: user,
          enterprise_id: enterpriseId,
          agent_id: agentId,
          ...sealed,
          created_at: new Date(clock.now()),
        })
        .onConflict((clash) => clash.column('agent_id').doUpdateSet(sealed))
        .execute();
      return true;
    },

    async removeAccount(enterpriseId: EnterpriseId, agentId: AgentId): Promise<boolean> {
      const gone = await db
        .deleteFrom('sip_account')
        .where('agent_id', '=', agentId)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return gone.numDeletedRows > 0n;
    },
  });
}

async function readBindings(db: Db | Tx, user: string, now: number): Promise<readonly Binding[]> {
  const rows = await db
    .selectFrom('sip_binding')
    .selectAll()
    .where('user_name', '=', user)
    .where('expires_at', '>', new Date(now))
    .execute();
  return rows.map(bindingOf);
}

async function replaceBindings(tx: Tx, user: string, bindings: readonly Binding[]): Promise<void> {
  await tx.deleteFrom('sip_binding').where('user_name', '=', user).execute();
  if (bindings.length === 0) return;
  const rows = bindings.map(({ contact, via, callId, cseq, expiresAt }) => ({
    user_name: user,
    contact,
    via,
    call_id: callId,
    cseq,
    expires_at: new Date(expiresAt),
  }));
  await tx.insertInto('sip_binding').values(rows).execute();
}

function bindingOf(row: Row<'sip_binding'>): Binding {
  const { contact, via, call_id: callId, cseq, expires_at: expiresAt } = row;
  return { contact, via, callId, cseq: Number(cseq), expiresAt: expiresAt.getTime() };
}
