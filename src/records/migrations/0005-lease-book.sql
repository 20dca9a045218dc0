-- The lease book decides from memory or from Redis; the record keeps what it decided. The columns free_at, generation
-- and current_lease_id of "number" are read no more and stay for an older program that may still run. While both run, a
-- grant of the older one may meet a generation that is taken: it then fails, and the page keeps its own number.
-- A visit without a number of its own was shown the shared one: callers of that number are looked for among these.

alter table visit add column shown_number_id text;
create index visit_by_shown_number on visit (shown_number_id, started_at desc) where shown_number_id is not null;
