-- Agents' SIP phones. A password is kept as two hashes under the gateway's seal, never as itself. Registrations are kept
-- here and not in memory: a phone says where it is once an hour, and a restart must not leave agents unreachable till then.

create table sip_account (
  user_name text primary key,
  enterprise_id text not null references enterprise (id),
  agent_id text not null unique references agent (id),
  realm text not null,
  ha1_sealed text not null,
  created_at timestamptz not null
);

create table sip_binding (
  user_name text not null references sip_account (user_name) on delete cascade,
  contact text not null,
  via text not null,
  call_id text not null,
  cseq bigint not null,
  expires_at timestamptz not null,
  primary key (user_name, contact)
);
