-- Attribution is revised when later facts arrive: each revision names its cause and the fact, and none is ever edited.
-- Rows of an older program have no figure for "nobody" and no cause but the contact itself.

alter table attribution add column nobody double precision;
alter table attribution add column others double precision;
alter table attribution add column threshold double precision;
alter table attribution add column model_version integer;
alter table attribution add column cause text not null default 'contact'
  check (cause in ('contact', 'agent-confirmed', 'agent-denied', 'code-keyed', 'purchase-matched'));
alter table attribution add column fact jsonb;
alter table attribution add column fact_key text;
create unique index attribution_by_fact on attribution (enterprise_id, fact_key) where fact_key is not null;

-- From this probability on the most probable visit is credited; null: what stands above it decides.
alter table enterprise add column credit_threshold double precision;
alter table pool add column credit_threshold double precision;

-- One row a contact (a call or a conversation): what is learned from it, and where its belief stands now. The address is
-- a keyed digest. The trace is forgotten after its window, the row stays.
create table attribution_trace (
  subject text primary key,
  enterprise_id text not null references enterprise,
  pool_id text references pool,
  address text,
  at timestamptz not null,
  latest integer not null,
  trace jsonb,
  stands jsonb not null,
  confirmed_visit_id text,
  code_tries integer not null default 0
);
create index attribution_trace_by_address on attribution_trace (enterprise_id, address, at desc) where address is not null;
create index attribution_trace_by_time on attribution_trace (enterprise_id, at) where trace is not null;
create index attribution_trace_confirmed on attribution_trace (enterprise_id, at desc) where confirmed_visit_id is not null;

-- The latest belief from the visits' side: which contacts a visit may have made already.
create table attribution_credit (
  subject text not null,
  visit_id text not null,
  enterprise_id text not null references enterprise,
  address text,
  probability double precision not null,
  at timestamptz not null,
  primary key (subject, visit_id)
);
create index attribution_credit_by_visit on attribution_credit (visit_id, at);

-- A question an agent was given, as it was: what each masked choice stands for must not change until it is answered.
create table attribution_question (
  subject text not null,
  revision integer not null,
  enterprise_id text not null references enterprise,
  choices jsonb not null,
  at timestamptz not null,
  primary key (subject, revision)
);

-- Visits that ended, by day: how many were there to call, for how long. A day is counted anew until it is over.
create table habit_day (
  enterprise_id text not null references enterprise,
  pool_id text not null references pool,
  day date not null,
  exposure jsonb not null,
  counted_at timestamptz not null,
  primary key (enterprise_id, pool_id, day)
);

-- What was learned; never edited. Without a pool: of the enterprise as a whole.
create table attribution_model (
  id bigint generated always as identity primary key,
  enterprise_id text not null references enterprise,
  pool_id text references pool,
  version integer not null,
  rates jsonb not null,
  contacts integer not null,
  confirmed integer not null,
  at timestamptz not null
);
create unique index attribution_model_version on attribution_model (enterprise_id, coalesce(pool_id, ''), version);

-- A visit that is shown a shared number may key this; unique in its pool until it runs out.
create table visit_code (
  pool_id text not null references pool,
  code text not null,
  visit_id text not null,
  expires_at timestamptz not null,
  primary key (pool_id, code)
);
create index visit_code_by_visit on visit_code (visit_id);

-- A tap counts for seconds only: those of the last seconds are looked up at once, not visit by visit.
create index visit_signal_taps on visit_signal (at) where kind = 'tap';
