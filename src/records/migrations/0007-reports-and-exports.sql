-- What reports add up beside calls and texts: sales and refunds from elsewhere, advertising costs; and where phone
-- conversions are exported to, with one row for each conversion at each destination, so that none is sent twice.

create table conversion (
  id text primary key,
  enterprise_id text not null references enterprise,
  external_id text not null,
  kind text not null check (kind in ('sale', 'refund', 'lead')),
  visit_id text references visit,
  visitor_id text,
  order_id text,
  -- What a refund takes back: a sale recorded here, or what came of a call.
  refund_of_conversion_id text references conversion,
  refund_of_outcome_id text references outcome,
  value numeric(14, 2),
  currency text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  unique (enterprise_id, external_id),
  check ((value is null) = (currency is null))
);
create index conversion_by_time on conversion (enterprise_id, occurred_at);
create index conversion_by_order on conversion (enterprise_id, order_id, recorded_at) where order_id is not null;
create index conversion_refund_of_conversion on conversion (refund_of_conversion_id) where refund_of_conversion_id is not null;
create index conversion_refund_of_outcome on conversion (refund_of_outcome_id) where refund_of_outcome_id is not null;

create table spend (
  enterprise_id text not null references enterprise,
  day date not null,
  campaign text not null,
  currency text not null,
  amount numeric(14, 2) not null,
  recorded_at timestamptz not null,
  primary key (enterprise_id, day, campaign, currency)
);

create table destination (
  id text primary key,
  enterprise_id text not null references enterprise,
  kind text not null check (kind in ('ga4', 'google-ads', 'meta')),
  name text not null,
  enabled boolean not null,
  min_probability double precision not null,
  config jsonb not null,
  credentials_sealed text not null,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index destination_by_enterprise on destination (enterprise_id, id);

create table conversion_export (
  id text primary key,
  enterprise_id text not null references enterprise,
  destination_id text not null references destination,
  call_id text not null references call,
  -- The call itself, or one outcome of it: with the destination, what makes an export one and the same.
  conversion_key text not null,
  kind text not null check (kind in ('call', 'sale')),
  state text not null check (state in ('waiting', 'sending', 'sent', 'skipped', 'dead')),
  attempts integer not null default 0,
  last_error text,
  -- What the vendor holds of it: the message, its value, and how often it was taken back and sent anew.
  held jsonb,
  -- What is being sent just now, to know after a crash what may have arrived.
  sending jsonb,
  generation integer not null default 0,
  probability double precision,
  sent_at timestamptz,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  unique (destination_id, conversion_key)
);
create index conversion_export_list on conversion_export (enterprise_id, id desc);
create index conversion_export_by_call on conversion_export (call_id);

create index visit_by_start on visit (enterprise_id, started_at);
create index visit_by_website on visit (website_id, started_at);
create index call_by_start on call (enterprise_id, started_at);
create index outcome_by_time on outcome (enterprise_id, at);
create index message_inbound_by_time on message (enterprise_id, created_at) where direction = 'inbound';
create index lease_by_pool on lease (pool_id, granted_at);
