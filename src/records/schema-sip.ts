/** The tables of migration 0012 as Kysely sees them: agents' SIP phones. `Tables` in `schema.ts` extends this. */
import type { AgentId, EnterpriseId } from '../ports/ids.ts';

export interface SipTables {
  sip_account: {
    user_name: string;
    enterprise_id: EnterpriseId;
    agent_id: AgentId;
    /** The domain the hashes were made for. */
    realm: string;
    ha1_sealed: string;
    created_at: Date;
  };
  sip_binding: {
    user_name: string;
    contact: string;
    via: string;
    call_id: string;
    cseq: number;
    expires_at: Date;
  };
}
