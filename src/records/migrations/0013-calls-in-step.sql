-- Every carrier's webhook writes these tables; what its rows cost decides how many a second are taken.

-- A call is written once, as it stands after its first effects: an offer may come before the call it is for, within one
-- transaction.
alter table offer alter constraint offer_call_id_fkey deferrable initially deferred;

-- As 0005 did for visits and leases: what these rows name was read in the same transaction, and enterprises, numbers,
-- visits, pools and agents are never deleted. A call made some fifty look-ups of its enterprise alone; each also locks the
-- enterprise's row, which two transactions at once can share only through a list of holders that is written anew each time.
alter table carrier_event drop constraint if exists carrier_event_enterprise_id_fkey;
alter table event drop constraint if exists event_enterprise_id_fkey;
alter table outbox drop constraint if exists outbox_enterprise_id_fkey;
alter table call drop constraint if exists call_enterprise_id_fkey;
alter table leg drop constraint if exists leg_enterprise_id_fkey;
alter table leg drop constraint if exists leg_agent_id_fkey;
alter table offer drop constraint if exists offer_enterprise_id_fkey;
alter table offer drop constraint if exists offer_agent_id_fkey;
alter table attribution drop constraint if exists attribution_enterprise_id_fkey;
alter table attribution drop constraint if exists attribution_number_id_fkey;
alter table attribution drop constraint if exists attribution_visit_id_fkey;
alter table attribution_trace drop constraint if exists attribution_trace_enterprise_id_fkey;
alter table attribution_trace drop constraint if exists attribution_trace_pool_id_fkey;
alter table attribution_credit drop constraint if exists attribution_credit_enterprise_id_fkey;

-- A call is saved six times or more while it lives. A new version that finds room on its page needs no new entry in any of
-- the seven indexes, and the old versions are cleared away with the next.
alter table call set (fillfactor = 50);
alter table outbox set (fillfactor = 70);
alter table offer set (fillfactor = 70);
alter table leg set (fillfactor = 80);
alter table agent set (fillfactor = 50);
alter table subject_sequence set (fillfactor = 70);
