/**
 * The tables as Kysely sees them. The SQL in `migrations/` is the truth; this file follows it column by column.
 * jsonb columns are written as JSON text and read as values; instants are `Date`.
 */
import type { ColumnType, Generated, Kysely, Selectable, Transaction } from 'kysely';
import type { E164, TextAddress } from '../ports/e164.ts';
import type {
  AgentId,
  ApiKeyId,
  CallId,
  ConversationId,
  EndpointId,
  EnterpriseId,
  EventId,
  LeaseId,
  LegId,
  MessageId,
  NumberId,
  OfferId,
  OutcomeId,
  PoolId,
  ProductId,
  VisitId,
  WebsiteId,
} from '../ports/ids.ts';
import type { AttributionTables } from './schema-attribution.ts';
import type { NumberTables } from './schema-numbers.ts';
import type { OutboundTables } from './schema-outbound.ts';
import type { ReportTables } from './schema-reports.ts';
import type { RoutePlanTables } from './schema-route-plans.ts';
import type { SipTables } from './schema-sip.ts';

type Json<Value> = ColumnType<Value, string, string>;
type Unset<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export interface Tables
  extends AttributionTables,
    NumberTables,
    OutboundTables,
    ReportTables,
    RoutePlanTables,
    SipTables {
  enterprise: {
    id: EnterpriseId;
    name: string;
    created_at: Date;
    credit_threshold: Unset<number>;
    /** Countries calls may be sent to; null: those of its numbers. */
    dial_countries: Unset<string[]>;
    sip_hosts: Generated<string[]>;
  };
  api_key: {
    id: ApiKeyId;
    enterprise_id: EnterpriseId;
    kind: 'publishable' | 'secret';
    digest: string;
    created_at: Date;
    revoked_at: Date | null;
  };
  visit: {
    id: VisitId;
    enterprise_id: EnterpriseId;
    website_id: WebsiteId;
    visitor_id: string | null;
    arrival: Json<Record<string, string>>;
    started_at: Date;
    last_beat_at: Date;
    engaged_seconds: Generated<number>;
    pages: Generated<number>;
    /** The shared number that the visit was shown for want of one of its own. */
    shown_number_id: ColumnType<NumberId | null, NumberId | null | undefined>;
  };
  visit_signal: {
    id: Generated<number>;
    enterprise_id: EnterpriseId;
    visit_id: VisitId;
    kind: string;
    detail: Json<Record<string, unknown>>;
    at: Date;
  };
  lease: {
    id: LeaseId;
    enterprise_id: EnterpriseId;
    pool_id: PoolId;
    number_id: NumberId;
    visit_id: VisitId;
    generation: number;
    granted_at: Date;
    hold_until: Date;
    expires_at: Date;
  };
  product: { id: ProductId; enterprise_id: EnterpriseId; name: string };
  agent: {
    id: AgentId;
    enterprise_id: EnterpriseId;
    name: string;
    phone: E164;
    presence: 'offline' | 'ready' | 'offered' | 'engaged' | 'wrapping';
    presence_since: Date;
    /** Did not pick up, and is not offered a call before then. */
    rested_at: Unset<Date>;
  };
  carrier_event: {
    carrier: string;
    dedup_key: string;
    enterprise_id: EnterpriseId;
    kind: string;
    body: Json<unknown>;
    received_at: Date;
  };
  call: {
    id: CallId;
    enterprise_id: EnterpriseId;
    number_id: NumberId;
    carrier: string;
    /** Null while a customer whom we call has not been dialled. */
    carrier_call_id: string | null;
    direction: Generated<'inbound' | 'outbound'>;
    dnis: E164;
    ani: string | null;
    attestation: string | null;
    visit_id: VisitId | null;
    state: string;
    version: number;
    document: Json<unknown>;
    started_at: Date;
    ended_at: Date | null;
  };
  leg: {
    id: LegId;
    enterprise_id: EnterpriseId;
    call_id: CallId;
    agent_id: AgentId | null;
    carrier: string;
    carrier_call_id: string | null;
  };
  offer: {
    id: OfferId;
    enterprise_id: EnterpriseId;
    call_id: CallId;
    agent_id: AgentId;
    leg_id: LegId;
    /** `done`: accepted, and the agent's part in the call is over. */
    state: 'open' | 'accepted' | 'done' | 'declined' | 'missed' | 'withdrawn';
    /** `consult`: by a colleague who still has the call; only one `call` of a call is accepted at a time. */
    kind: Generated<'call' | 'consult'>;
    offered_at: Date;
    settled_at: Date | null;
  };
  conversation: {
    id: ConversationId;
    enterprise_id: EnterpriseId;
    number_id: NumberId;
    customer: TextAddress;
    state: 'open' | 'closed';
    visit_id: VisitId | null;
    opened_at: Date;
    last_message_at: Date;
  };
  message: {
    id: MessageId;
    enterprise_id: EnterpriseId;
    conversation_id: ConversationId;
    direction: 'inbound' | 'outbound';
    carrier: string;
    carrier_message_id: string | null;
    body: string;
    segments: number;
    state: string;
    failure: string | null;
    author: string | null;
    created_at: Date;
    state_at: Date;
  };
  consent: {
    id: Generated<number>;
    enterprise_id: EnterpriseId;
    address: TextAddress;
    fingerprint: string;
    choice: 'opted-out' | 'opted-in';
    method: string;
    wording: string;
    source: string;
    campaign: Unset<string>;
    at: Date;
  };
  outcome: {
    id: OutcomeId;
    enterprise_id: EnterpriseId;
    call_id: CallId;
    disposition: string;
    value: string | null;
    currency: string | null;
    note: string | null;
    at: Date;
  };
  endpoint: {
    id: EndpointId;
    enterprise_id: EnterpriseId;
    url: string;
    secret_sealed: string;
    /** The secret before the last rotation; it signs too until `secret_previous_until`. */
    secret_previous_sealed: string | null;
    secret_previous_until: Date | null;
    enabled: boolean;
    disabled_reason: string | null;
    failing_since: Date | null;
    created_at: Date;
  };
  event: {
    id: EventId;
    enterprise_id: EnterpriseId;
    subject: string;
    sequence: number;
    type: string;
    data: Json<Record<string, unknown>>;
    at: Date;
  };
  subject_sequence: { subject: string; last: number };
  outbox: {
    id: Generated<number>;
    enterprise_id: EnterpriseId;
    lane: string;
    kind: string;
    payload: Json<Record<string, unknown>>;
    state: 'pending' | 'done' | 'dead';
    attempts: Generated<number>;
    due_at: Date;
    locked_until: Date | null;
    endpoint_id: EndpointId | null;
    event_id: EventId | null;
    last_error: string | null;
    created_at: Date;
    settled_at: Date | null;
  };
  idempotency: {
    enterprise_id: EnterpriseId;
    key: string;
    digest: string;
    status: number;
    body: Json<unknown>;
    at: Date;
  };
}

/** The query builder over our tables; a transaction is one too. */
export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
