-- A rotated endpoint secret goes on signing beside the new one until its receiver has had time to change over.

alter table endpoint add column secret_previous_sealed text;
alter table endpoint add column secret_previous_until timestamptz;
