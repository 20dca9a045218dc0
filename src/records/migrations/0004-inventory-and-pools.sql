-- Numbers get a life of their own (ordered, resting, porting), what they can do, where they are and what they cost; pools
-- get their policy as one document. The old columns stay and stay written: an older program may still be running.

alter table number drop constraint number_state_check;
alter table number add constraint number_state_check
  check (state in ('ordered', 'active', 'resting', 'quarantined', 'porting', 'released'));
alter table number add column kind text check (kind in ('did', 'tfn'));
alter table number add column capabilities text[] not null default '{voice,sms}';
alter table number add column country text;
alter table number add column area_code text;
alter table number add column number_group text;
alter table number add column region text;
alter table number add column place text;
alter table number add column time_zones text[] not null default '{}';
alter table number add column monthly_cost numeric(10, 4);
alter table number add column currency text;
alter table number add column carrier_number_id text;
alter table number add column managed boolean not null default false;
alter table number add column state_since timestamptz;
update number set state_since = now();
alter table number add column task text check (task in ('buy', 'provision', 'release'));
alter table number add column verdict jsonb;
create index number_by_pool on number (pool_id);
create index number_list on number (enterprise_id, e164);

create table number_change (
  id bigint generated always as identity primary key,
  enterprise_id text not null references enterprise,
  number_id text not null references number,
  from_state text,
  to_state text not null,
  event text not null,
  reason text,
  made_by text not null check (made_by in ('operator', 'watch', 'carrier')),
  at timestamptz not null
);
create index number_change_by_number on number_change (number_id, id desc);

alter table pool add column policy jsonb not null default '{}';
update pool set policy = jsonb_build_object('holdMs', hold_ms, 'restMs', rest_ms, 'leaseMs', lease_ms);
create index pool_by_enterprise on pool (enterprise_id, id);
create index website_by_enterprise on website (enterprise_id, id);

-- Which calls a number has had: asked before it is released, and when strangers' calls are counted.
create index call_by_number on call (number_id, started_at desc);
