/**
 * The tables of migration 0008 as Kysely sees them: versions of route plans, and decision hooks. `Tables` in `schema.ts`
 * extends this, and says how columns are written.
 */
import type { ColumnType } from 'kysely';
import type { CallId, EnterpriseId } from '../ports/ids.ts';

/** One time the hook's answer did not stand. */
export interface HookFailure {
  /** ISO 8601. */
  readonly at: string;
  readonly callId: CallId;
  readonly outcome: string;
  readonly why: string | null;
}

export interface RoutePlanTables {
  route_plan: {
    enterprise_id: EnterpriseId;
    scope: 'enterprise' | 'pool' | 'number';
    subject_id: string;
    version: number;
    plan: ColumnType<unknown, string | null, never>;
    made_at: Date;
  };
  decision_hook: {
    enterprise_id: EnterpriseId;
    url: string;
    enabled: boolean;
    timeout_ms: number;
    secret_sealed: string;
    secret_previous_sealed: ColumnType<string | null, string | null | undefined>;
    secret_previous_until: ColumnType<Date | null, Date | null | undefined>;
    failures: ColumnType<readonly HookFailure[], string | undefined, string>;
    created_at: Date;
    changed_at: Date;
  };
}
