/**
 * The tables of attribution as Kysely sees them: beliefs, what is learned from contacts and visits, and short codes. The
 * SQL in `migrations/` is the truth.
 */
import type { ColumnType, Generated } from 'kysely';
import type { AttributionId, EnterpriseId, NumberId, PoolId, VisitId } from '../ports/ids.ts';

type Json<Value> = ColumnType<Value, string, string>;
type JsonOrNull<Value> = ColumnType<Value | null, string | null | undefined, string | null>;
/** Null in rows of a program before 0006. */
type Later<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export type AttributionCause = 'contact' | 'agent-confirmed' | 'agent-denied' | 'code-keyed' | 'purchase-matched';

export interface AttributionTables {
  attribution: {
    id: AttributionId;
    enterprise_id: EnterpriseId;
    /** The call or conversation. */
    subject: string;
    revision: number;
    number_id: NumberId;
    decision: 'credited' | 'ambiguous' | 'nobody';
    visit_id: VisitId | null;
    probability: number;
    candidates: Json<unknown>;
    at: Date;
    nobody: Later<number>;
    others: Later<number>;
    threshold: Later<number>;
    /** 0: nothing was learned yet. */
    model_version: Later<number>;
    cause: ColumnType<AttributionCause, AttributionCause | undefined, AttributionCause>;
    fact: JsonOrNull<unknown>;
    /** What makes a repeated fact the same; null where the facts themselves are compared. */
    fact_key: Later<string>;
  };
  attribution_trace: {
    subject: string;
    enterprise_id: EnterpriseId;
    pool_id: PoolId | null;
    /** Keyed digest; null when the number was withheld. */
    address: string | null;
    at: Date;
    latest: number;
    trace: JsonOrNull<unknown>;
    stands: Json<unknown>;
    confirmed_visit_id: VisitId | null;
    code_tries: Generated<number>;
  };
  attribution_credit: {
    subject: string;
    visit_id: VisitId;
    enterprise_id: EnterpriseId;
    address: string | null;
    probability: number;
    at: Date;
  };
  attribution_question: {
    subject: string;
    revision: number;
    enterprise_id: EnterpriseId;
    choices: Json<unknown>;
    at: Date;
  };
  habit_day: { enterprise_id: EnterpriseId; pool_id: PoolId; day: string; exposure: Json<unknown>; counted_at: Date };
  attribution_model: {
    id: Generated<number>;
    enterprise_id: EnterpriseId;
    pool_id: PoolId | null;
    version: number;
    rates: Json<unknown>;
    contacts: number;
    confirmed: number;
    at: Date;
  };
  visit_code: { pool_id: PoolId; code: string; visit_id: VisitId; expires_at: Date };
}
