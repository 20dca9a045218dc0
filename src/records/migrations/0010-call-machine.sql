-- Agents wrap up after a call and rest after a call they missed; an offer is done when the agent's part in the call is. A
-- colleague who is asked about a call has an offer too, while the one who asks has theirs.

alter table agent drop constraint agent_presence_check;
alter table agent add constraint agent_presence_check
  check (presence in ('offline', 'ready', 'offered', 'engaged', 'wrapping'));
alter table agent add column rested_at timestamptz;

alter table offer drop constraint offer_state_check;
alter table offer add constraint offer_state_check
  check (state in ('open', 'accepted', 'done', 'declined', 'missed', 'withdrawn'));

alter table offer add column kind text not null default 'call' check (kind in ('call', 'consult'));
drop index offer_one_accepted_per_call;
create unique index offer_one_accepted_per_call on offer (call_id) where state = 'accepted' and kind = 'call';
