-- The first record: who owns what, who saw which number, who called and wrote, what the contact centre must hear.
-- Every row carries enterprise_id. Instants are timestamptz; ids are our own text ids.

create table enterprise (
  id text primary key,
  name text not null,
  created_at timestamptz not null
);

create table api_key (
  id text primary key,
  enterprise_id text not null references enterprise,
  kind text not null check (kind in ('publishable', 'secret')),
  digest text not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz
);

create table website (
  id text primary key,
  enterprise_id text not null references enterprise,
  name text not null,
  origins text[] not null,
  pool_id text not null
);

create table pool (
  id text primary key,
  enterprise_id text not null references enterprise,
  name text not null,
  hold_ms integer not null,
  rest_ms integer not null,
  lease_ms integer not null,
  shared_number_id text
);

create table number (
  id text primary key,
  enterprise_id text not null references enterprise,
  pool_id text references pool,
  e164 text not null unique,
  carrier text not null,
  state text not null check (state in ('active', 'quarantined', 'released')),
  failover text,
  free_at timestamptz not null,
  generation integer not null default 0,
  current_lease_id text
);
create index number_to_grant on number (pool_id, free_at) where state = 'active';

create table visit (
  id text primary key,
  enterprise_id text not null references enterprise,
  website_id text not null references website,
  visitor_id text,
  arrival jsonb not null,
  started_at timestamptz not null,
  last_beat_at timestamptz not null,
  engaged_seconds integer not null default 0,
  pages integer not null default 1
);
create index visit_by_visitor on visit (enterprise_id, visitor_id, started_at desc) where visitor_id is not null;

create table visit_signal (
  id bigint generated always as identity primary key,
  enterprise_id text not null references enterprise,
  visit_id text not null references visit,
  kind text not null,
  detail jsonb not null,
  at timestamptz not null
);
create index visit_signal_by_visit on visit_signal (visit_id, at);

create table lease (
  id text primary key,
  enterprise_id text not null references enterprise,
  pool_id text not null references pool,
  number_id text not null references number,
  visit_id text not null references visit,
  generation integer not null,
  granted_at timestamptz not null,
  hold_until timestamptz not null,
  expires_at timestamptz not null,
  unique (number_id, generation)
);
create index lease_by_number on lease (number_id, granted_at desc);
create index lease_by_visit on lease (visit_id, granted_at desc);

create table product (
  id text primary key,
  enterprise_id text not null references enterprise,
  name text not null
);

create table agent (
  id text primary key,
  enterprise_id text not null references enterprise,
  name text not null,
  phone text not null,
  presence text not null check (presence in ('offline', 'ready', 'offered', 'engaged')),
  presence_since timestamptz not null,
  unique (enterprise_id, phone)
);

create table carrier_event (
  carrier text not null,
  dedup_key text not null,
  enterprise_id text not null references enterprise,
  kind text not null,
  body jsonb not null,
  received_at timestamptz not null,
  primary key (carrier, dedup_key)
);

create table call (
  id text primary key,
  enterprise_id text not null references enterprise,
  number_id text not null references number,
  carrier text not null,
  carrier_call_id text not null,
  dnis text not null,
  ani text,
  attestation text,
  visit_id text references visit,
  state text not null,
  version integer not null,
  document jsonb not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  unique (carrier, carrier_call_id)
);
create index call_by_enterprise on call (enterprise_id, started_at desc);
create index call_live on call (carrier, started_at) where ended_at is null;

create table leg (
  id text primary key,
  enterprise_id text not null references enterprise,
  call_id text not null references call,
  agent_id text references agent,
  carrier text not null,
  carrier_call_id text,
  unique (carrier, carrier_call_id)
);
create index leg_by_call on leg (call_id);

create table offer (
  id text primary key,
  enterprise_id text not null references enterprise,
  call_id text not null references call,
  agent_id text not null references agent,
  leg_id text not null,
  state text not null check (state in ('open', 'accepted', 'declined', 'missed', 'withdrawn')),
  offered_at timestamptz not null,
  settled_at timestamptz
);
create unique index offer_one_accepted_per_call on offer (call_id) where state = 'accepted';
create unique index offer_one_open_per_agent on offer (agent_id) where state in ('open');
create index offer_by_leg on offer (leg_id);

create table attribution (
  id text primary key,
  enterprise_id text not null references enterprise,
  subject text not null,
  revision integer not null,
  number_id text not null references number,
  decision text not null check (decision in ('credited', 'ambiguous', 'nobody')),
  visit_id text references visit,
  probability double precision not null,
  candidates jsonb not null,
  at timestamptz not null,
  unique (subject, revision)
);
create index attribution_by_visit on attribution (visit_id, at desc);

create table conversation (
  id text primary key,
  enterprise_id text not null references enterprise,
  number_id text not null references number,
  customer text not null,
  state text not null check (state in ('open', 'closed')),
  visit_id text references visit,
  opened_at timestamptz not null,
  last_message_at timestamptz not null,
  unique (enterprise_id, number_id, customer)
);

create table message (
  id text primary key,
  enterprise_id text not null references enterprise,
  conversation_id text not null references conversation,
  direction text not null check (direction in ('inbound', 'outbound')),
  carrier text not null,
  carrier_message_id text,
  body text not null,
  segments integer not null,
  state text not null,
  failure text,
  author text,
  created_at timestamptz not null,
  state_at timestamptz not null,
  unique (carrier, carrier_message_id)
);
create index message_by_conversation on message (conversation_id, created_at);

create table consent (
  id bigint generated always as identity primary key,
  enterprise_id text not null references enterprise,
  address text not null,
  fingerprint text not null,
  choice text not null check (choice in ('opted-out', 'opted-in')),
  method text not null,
  wording text not null,
  source text not null,
  at timestamptz not null
);
create index consent_latest on consent (enterprise_id, fingerprint, id desc);

create table outcome (
  id text primary key,
  enterprise_id text not null references enterprise,
  call_id text not null references call,
  disposition text not null,
  value numeric(14, 2),
  currency text,
  note text,
  at timestamptz not null
);
create index outcome_by_call on outcome (call_id, at);

create table endpoint (
  id text primary key,
  enterprise_id text not null references enterprise,
  url text not null,
  secret_sealed text not null,
  enabled boolean not null,
  disabled_reason text,
  failing_since timestamptz,
  created_at timestamptz not null
);

create table event (
  id text primary key,
  enterprise_id text not null references enterprise,
  subject text not null,
  sequence integer not null,
  type text not null,
  data jsonb not null,
  at timestamptz not null,
  unique (subject, sequence)
);
create index event_by_enterprise on event (enterprise_id, at desc);

create table subject_sequence (
  subject text primary key,
  last integer not null
);

create table outbox (
  id bigint generated always as identity primary key,
  enterprise_id text not null references enterprise,
  lane text not null,
  kind text not null,
  payload jsonb not null,
  state text not null check (state in ('pending', 'done', 'dead')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  locked_until timestamptz,
  endpoint_id text references endpoint,
  event_id text references event,
  last_error text,
  created_at timestamptz not null,
  settled_at timestamptz
);
create index outbox_head on outbox (lane, id) where state = 'pending';
create index outbox_due on outbox (due_at) where state = 'pending';
create index outbox_by_endpoint on outbox (endpoint_id, id desc) where endpoint_id is not null;

create table idempotency (
  enterprise_id text not null references enterprise,
  key text not null,
  digest text not null,
  status integer not null,
  body jsonb not null,
  at timestamptz not null,
  primary key (enterprise_id, key)
);
