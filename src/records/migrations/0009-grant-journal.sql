-- The lease book in memory commits grants to a journal, one row for each group of them, and answers; a moment later they
-- are moved into visit and lease. Two rows with eight index entries a grant kept the pages waiting: now they wait for one.
-- A row holds grants of several enterprises and lives for seconds. The text is not compressed: that took longer than the
-- rest of the commit.

create table grant_journal (
  id text primary key,
  batch text not null
);
alter table grant_journal alter column batch set storage external;

-- Who may give a pool's numbers: each process that reads a pool raises its epoch, and grants decided under an earlier one
-- are not taken into the journal.
create table pool_fence (
  pool_id text primary key,
  epoch bigint not null
);

-- Beats write to visits and leases again and again: with room on the page no index is touched.
alter table visit set (fillfactor = 70);
alter table lease set (fillfactor = 80);

-- Grants that could not be filed, for somebody to look at; see docs/failure-modes.md.
create table grant_set_aside (
  id bigint generated always as identity primary key,
  journal_id text not null,
  grant_text text not null,
  reason text not null,
  set_aside_at timestamptz not null default now()
);
