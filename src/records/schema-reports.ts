/**
 * The tables of migration 0007 as Kysely sees them: conversions, advertising costs, and exports to advertising vendors.
 * `Tables` in `schema.ts` extends this; it stands apart because that file is near its size.
 */
import type { ColumnType, Generated } from 'kysely';
import type { CallId, ConversionId, DestinationId, EnterpriseId, ExportId, OutcomeId, VisitId } from '../ports/ids.ts';

type Json<Value> = ColumnType<Value, string, string>;

export interface ReportTables {
  conversion: {
    id: ConversionId;
    enterprise_id: EnterpriseId;
    external_id: string;
    kind: 'sale' | 'refund' | 'lead';
    visit_id: VisitId | null;
    visitor_id: string | null;
    order_id: string | null;
    refund_of_conversion_id: ConversionId | null;
    refund_of_outcome_id: OutcomeId | null;
    /** A decimal amount as text, never below zero; what a refund takes back stands here too. */
    value: string | null;
    currency: string | null;
    occurred_at: Date;
    recorded_at: Date;
  };
  spend: {
    enterprise_id: EnterpriseId;
    /** A calendar day such as `2026-05-04`. */
    day: ColumnType<Date, string, string>;
    campaign: string;
    currency: string;
    amount: string;
    recorded_at: Date;
  };
  destination: {
    id: DestinationId;
    enterprise_id: EnterpriseId;
    kind: 'ga4' | 'google-ads' | 'meta';
    name: string;
    enabled: boolean;
    min_probability: number;
    config: Json<Record<string, unknown>>;
    credentials_sealed: string;
    created_at: Date;
    changed_at: Date;
  };
  conversion_export: {
    id: ExportId;
    enterprise_id: EnterpriseId;
    destination_id: DestinationId;
    call_id: CallId;
    conversion_key: string;
    kind: 'call' | 'sale';
    state: 'waiting' | 'sending' | 'sent' | 'skipped' | 'dead';
    attempts: Generated<number>;
    last_error: string | null;
    held: ColumnType<unknown, string | null, string | null>;
    sending: ColumnType<unknown, string | null, string | null>;
    generation: Generated<number>;
    probability: number | null;
    sent_at: Date | null;
    created_at: Date;
    changed_at: Date;
  };
}
