-- Calls that we make: the customer's leg has no id at the carrier until it is dialled. From which number an enterprise calls
-- where an order does not say, how many minutes a day it may, and what it has used. Callbacks that callers have asked for:
-- a place in the queue each, kept until the call that is made for it is over.

alter table call alter column carrier_call_id drop not null;
alter table call add column direction text not null default 'inbound' check (direction in ('inbound', 'outbound'));
create index call_outbound_live on call (enterprise_id) where direction = 'outbound' and ended_at is null;

create table outbound_rule (
  enterprise_id text primary key references enterprise,
  from_number_id text references number,
  -- Null: as many as limits say.
  minutes_per_day integer
);

create table outbound_day (
  enterprise_id text not null references enterprise,
  -- In UTC.
  day date not null,
  calls integer not null default 0,
  -- Of the customers' legs, each begun minute whole.
  minutes integer not null default 0,
  primary key (enterprise_id, day)
);

create table callback (
  id text primary key,
  enterprise_id text not null references enterprise,
  -- The call on which it was asked for.
  call_id text not null unique references call,
  number_id text not null references number,
  customer text not null,
  queue text,
  product text,
  visit_id text references visit,
  state text not null check (state in ('waiting', 'calling', 'completed', 'failed', 'cancelled')),
  -- When that call came in: its place in the queue.
  queued_at timestamptz not null,
  asked_at timestamptz not null,
  -- Not tried again before then.
  next_at timestamptz not null,
  attempts integer not null default 0,
  last_call_id text references call,
  ended_at timestamptz,
  why text
);
create index callback_waiting on callback (enterprise_id, queued_at) where state = 'waiting';
create index callback_by_customer on callback (enterprise_id, customer) where state in ('waiting', 'calling');
create index callback_by_enterprise on callback (enterprise_id, id desc);

-- What a consent was given for, where somebody said so.
alter table consent add column campaign text;
