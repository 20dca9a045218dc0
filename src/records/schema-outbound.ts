/**
 * The tables of migration 0015 as Kysely sees them: rules and minutes of calls that we make, and callbacks. `Tables` in
 * `schema.ts` extends this, and says how columns are written.
 */
import type { ColumnType, Generated } from 'kysely';
import type { E164 } from '../ports/e164.ts';
import type { CallbackId, CallId, EnterpriseId, NumberId, VisitId } from '../ports/ids.ts';

type Unset<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export interface OutboundTables {
  outbound_rule: {
    enterprise_id: EnterpriseId;
    from_number_id: NumberId | null;
    minutes_per_day: number | null;
  };
  outbound_day: {
    enterprise_id: EnterpriseId;
    day: ColumnType<string, string, never>;
    calls: Generated<number>;
    minutes: Generated<number>;
  };
  callback: {
    id: CallbackId;
    enterprise_id: EnterpriseId;
    call_id: CallId;
    number_id: NumberId;
    customer: E164;
    queue: string | null;
    product: string | null;
    visit_id: VisitId | null;
    state: 'waiting' | 'calling' | 'completed' | 'failed' | 'cancelled';
    queued_at: Date;
    asked_at: Date;
    next_at: Date;
    attempts: Generated<number>;
    last_call_id: Unset<CallId>;
    ended_at: Unset<Date>;
    why: Unset<string>;
  };
}
