-- What is to be done with calls: one document a version and subject, never changed; where calls may be sent; and the
-- contact centre's hook that may decide instead.

create table route_plan (
  enterprise_id text not null references enterprise,
  scope text not null check (scope in ('enterprise', 'pool', 'number')),
  -- The enterprise, pool or number whose calls it is for.
  subject_id text not null,
  version integer not null,
  -- Null: with this version the subject has no plan of its own any more.
  plan jsonb,
  made_at timestamptz not null,
  primary key (subject_id, version)
);

-- Null: the countries of its numbers.
alter table enterprise add column dial_countries text[];
alter table enterprise add column sip_hosts text[] not null default '{}';

create table decision_hook (
  enterprise_id text primary key references enterprise,
  url text not null,
  enabled boolean not null,
  timeout_ms integer not null,
  secret_sealed text not null,
  secret_previous_sealed text,
  secret_previous_until timestamptz,
  -- The latest, newest first.
  failures jsonb not null default '[]',
  created_at timestamptz not null,
  changed_at timestamptz not null
);
