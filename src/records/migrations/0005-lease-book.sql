-- The lease book decides from memory or from Redis; the record keeps what it decided. The columns free_at, generation
-- and current_lease_id of "number" are read no more and stay for an older program that may still run. While both run, a
-- grant of the older one may meet a generation that is taken: it then fails, and the page keeps its own number.
-- A visit without a number of its own was shown the shared one: callers of that number are looked for among these.

alter table visit add column shown_number_id text;
create index visit_by_shown_number on visit (shown_number_id, started_at desc) where shown_number_id is not null;

-- The two tables that every page view writes stand alone: their rows name what the book has read from the record, and
-- visits and what leases point to are never deleted. Six look-ups a grant took as long as the grant itself (52 against
-- 25 to 30 microseconds a grant in batches of 32 to 128, PostgreSQL 15, two cores), and a lease that reaches the record
-- before its visit, as it may on its way through Redis, is no fault.
alter table lease drop constraint if exists lease_enterprise_id_fkey;
alter table lease drop constraint if exists lease_pool_id_fkey;
alter table lease drop constraint if exists lease_number_id_fkey;
alter table lease drop constraint if exists lease_visit_id_fkey;
alter table visit drop constraint if exists visit_enterprise_id_fkey;
alter table visit drop constraint if exists visit_website_id_fkey;
