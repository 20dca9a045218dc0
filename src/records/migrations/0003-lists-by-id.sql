-- Lists go newest first by id within an enterprise; one that shares the record with a busy neighbour had every row of
-- theirs read. A call is looked up by the carrier's id alone, too.

create index call_list on call (enterprise_id, id desc);
create index event_list on event (enterprise_id, id desc);
create index conversation_list on conversation (enterprise_id, id desc);
create index call_by_carrier_call on call (carrier_call_id);
drop index call_by_enterprise;
drop index event_by_enterprise;
create index leg_by_agent on leg (agent_id, id desc);
