/**
 * Writes what a lease book has learned from beats: one statement for all of them. Values only ever rise, so a beat that
 * comes late or twice does no harm; only a lease that was ended may end earlier than was written before.
 */
import type { Database } from '../ports/database.ts';
import type { LeaseId } from '../ports/ids.ts';
import type { Tables } from '../records/schema.ts';
import type { BeatRecord } from './lease-book.ts';

const updateBeats = `
  with given as (
    select * from json_to_recordset($1::json) as given(
      visit_id text, lease_id text, at float8, engaged_seconds integer, pages integer, expires_at float8, ended boolean)
  ), leases as (
    select lease_id, to_timestamp(max(expires_at)) as expires_at, bool_and(ended) as ended from given group by lease_id
  ), visits as (
    update visit set
      last_beat_at = greatest(visit.last_beat_at, to_timestamp(given.at)),
      engaged_seconds = greatest(visit.engaged_seconds, given.engaged_seconds),
      pages = greatest(visit.pages, given.pages)
    from given where visit.id = given.visit_id
  )
  update lease set
    expires_at = case when leases.ended then leases.expires_at else greatest(lease.expires_at, leases.expires_at) end
  from leases where lease.id = leases.lease_id
  returning lease.id`;

/** Writes them; resolves with those of their leases that the record knows. */
export async function fileBeats(
  { runPrepared }: Pick<Database<Tables>, 'runPrepared'>,
  beats: readonly BeatRecord[],
): Promise<ReadonlySet<LeaseId>> {
  if (beats.length === 0) return new Set();
  const rows = await runPrepared('file-beats', updateBeats, [JSON.stringify(beats.map(rowOf))]);
  return new Set((rows as readonly { id: LeaseId }[]).map(({ id }) => id));
}

function rowOf(beat: BeatRecord) {
  return {
    visit_id: beat.visitId,
    lease_id: beat.leaseId,
    at: beat.at / 1_000,
    engaged_seconds: beat.engagedSeconds,
    pages: beat.pages,
    expires_at: beat.expiresAt / 1_000,
    ended: beat.ended,
  };
}
