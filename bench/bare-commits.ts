/**
 * One-row commits and nothing else, as a process: so many at once, each an insert into a table of its own that commits by
 * itself, through the product's own database code and the same query builder. On a server in the benchmark's own
 * database; on the embedded one in a folder beside the record's, because a folder has one process. Prints how many a second.
 */
import { sql } from 'kysely';
import { openPlace, type RecordPlace } from './calls/staged-calls.ts';

export interface CommitFiring {
  readonly place: RecordPlace;
  readonly seconds: number;
  readonly connections: number;
}

export interface Committed {
  readonly perSecond: number;
  readonly commits: number;
}

const { place, seconds, connections }: CommitFiring = JSON.parse(process.argv[2] ?? '{}');
const database = await openPlace(place);
const db = database.kysely;
await sql`create table if not exists bare_commit (
  id text primary key, enterprise_id text not null, kind text not null, body jsonb not null, at timestamptz not null
)`.execute(db);
// As many columns and bytes as a webhook's own row.
const body = JSON.stringify({ CallSid: `CA${'0'.repeat(32)}`, CallStatus: 'in-progress', From: '+12125550142' });
const run = Date.now().toString(36);
let commits = 0;

async function commitUntil(deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    commits += 1;
    const row = sql`insert into bare_commit values (${`${run}-${commits}`}, 'ent', 'call.status', ${body}, ${new Date()})`;
    await row.execute(db);
  }
}

const together = (ms: number) =>
  Promise.all(Array.from({ length: connections }, () => commitUntil(performance.now() + ms)));
await together(500);
const [firstOfRun, beganAt] = [commits, performance.now()];
await together(seconds * 1_000);
const elapsedSeconds = (performance.now() - beganAt) / 1_000;
await database.close();
const committed: Committed = { perSecond: (commits - firstOfRun) / elapsedSeconds, commits: commits - firstOfRun };
process.stdout.write(`${JSON.stringify(committed)}\n`);
