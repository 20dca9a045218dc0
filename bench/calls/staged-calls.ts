/**
 * A record for the calls benchmark, on either database: one enterprise whose numbers live with Twilio and one whose
 * numbers live with the sandbox, each with agents who are ready and visits that were shown its numbers, so that every
 * call is attributed among holders. Nothing is ever dialled here.
 */
import { sql } from 'kysely';
import { openEmbeddedDatabase } from '../../src/ports/database.pglite.ts';
import { openServerDatabase } from '../../src/ports/database.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import { sha256Hex } from '../../src/ports/secrets.ts';
import { migrate } from '../../src/records/migrate.postgres.ts';
import type { Db, Tables } from '../../src/records/schema.ts';
import { storeSchemas } from '../../test/support/store-settings.ts';

/** Where a record lives: a folder of the embedded database, or a database on a server. */
export type RecordPlace =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'server'; readonly url: string };

/** What is staged for each of the two enterprises. */
export const staged = Object.freeze({ numbers: 1_000, agents: 200, holdersPerNumber: 20 });
/** The sandbox enterprise's key. */
export const secretKey = `sk_${'b'.repeat(43)}`;

const idDigits = 7;
/** A hundred telephones that ring nobody in each area code from these on. */
const areaCodes = { twilio: 501, sandbox: 561, agents: { twilio: 301, sandbox: 351 } } as const;

function phoneIn(firstAreaCode: number, index: number): string {
  return `+1${firstAreaCode + Math.floor(index / 100)}55501${String(index % 100).padStart(2, '0')}`;
}

export function numberOf(carrier: 'twilio' | 'sandbox', index: number): string {
  return phoneIn(areaCodes[carrier], index);
}

export function agentPhone(carrier: 'twilio' | 'sandbox', index: number): string {
  return phoneIn(areaCodes.agents[carrier], index);
}

export function agentId(carrier: 'twilio' | 'sandbox', index: number): string {
  return `${idStem('agent', carrier)}${String(index).padStart(idDigits, '0')}`;
}

/** An id's beginning; its last digits count the things of that kind. */
function idStem(kind: string, carrier: 'twilio' | 'sandbox'): string {
  return `${kind}_01k9${carrier === 'twilio' ? '1' : '2'}${'0'.repeat(14)}`;
}

export function openPlace(place: RecordPlace): Promise<Database<Tables>> {
  if (place.kind === 'embedded') return openEmbeddedDatabase<Tables>({ folder: place.folder, ...storeSchemas });
  const policy = { poolSize: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 120_000 };
  return openServerDatabase<Tables>({ url: place.url, ...policy, ...storeSchemas });
}

/** Fills a new record and closes it again. */
export async function stageCalls(place: RecordPlace): Promise<void> {
  const database = await openPlace(place);
  try {
    await migrate(database);
    for (const carrier of ['twilio', 'sandbox'] as const) await fill(database.kysely, carrier);
    await sql`analyze`.execute(database.kysely);
  } finally {
    await database.close();
  }
}

/** What the record holds once the load is over and the gateway has ended. */
export interface Audit {
  /** Webhooks stored, those of Twilio. */
  readonly webhooks: number;
  /** Calls of the sandbox that ended as answered. */
  readonly answeredCalls: number;
  /** Calls of Twilio that ended as answered. */
  readonly answeredTwilioCalls: number;
  /** Subjects whose events have a gap or a double in their sequence, or do not end where the counter stands. */
  readonly brokenSequences: number;
}

export async function auditCalls(place: RecordPlace): Promise<Audit> {
  const database = await openPlace(place);
  try {
    const { rows } = await sql<Audit>`
      select
        (select count(*)::int from carrier_event where carrier = 'twilio') as webhooks,
        (select count(*)::int from call where carrier = 'sandbox' and state = 'ended'
          and document #>> '{verdict,slug}' = 'answered') as "answeredCalls",
        (select count(*)::int from call where carrier = 'twilio' and state = 'ended'
          and document #>> '{verdict,slug}' = 'answered') as "answeredTwilioCalls",
        (select count(*)::int from (
          select subject from event group by subject
          having max(sequence) <> count(*)
            or max(sequence) <> (select last from subject_sequence where subject_sequence.subject = event.subject)
        ) as broken) as "brokenSequences"`.execute(database.kysely);
    if (rows[0] === undefined) throw new Error('the record did not answer');
    return rows[0];
  } finally {
    await database.close();
  }
}

async function fill(db: Db, carrier: 'twilio' | 'sandbox'): Promise<void> {
  const { numbers, agents, holdersPerNumber } = staged;
  const holders = numbers * holdersPerNumber;
  const one = '1'.padStart(idDigits, '0');
  const [ent, pool, site, key] = ['ent', 'pool', 'site', 'key'].map((kind) => `${idStem(kind, carrier)}${one}`);
  const phones = Array.from({ length: agents }, (_, index) => ({
    id: agentId(carrier, index),
    phone: agentPhone(carrier, index),
  }));
  const own = Array.from({ length: numbers }, (_, index) => ({
    id: `${idStem('num', carrier)}${String(index).padStart(idDigits, '0')}`,
    e164: numberOf(carrier, index),
  }));
  const nth = (kind: string, index = sql`i`) =>
    sql`${idStem(kind, carrier)}::text || lpad((${index})::text, ${idDigits}::int, '0')`;
  const visit = nth('visit');
  const steps = [
    sql`insert into enterprise (id, name, created_at) values (${ent}, ${carrier}, now())`,
    sql`insert into api_key (id, enterprise_id, kind, digest, created_at)
      values (${key}, ${ent}, 'secret', ${sha256Hex(carrier === 'sandbox' ? secretKey : carrier)}, now())`,
    sql`insert into pool (id, enterprise_id, name, hold_ms, rest_ms, lease_ms)
      values (${pool}, ${ent}, ${carrier}, 60000, 0, 60000)`,
    sql`insert into website (id, enterprise_id, name, origins, pool_id)
      values (${site}, ${ent}, ${carrier}, array['https://shop.example'], ${pool})`,
    sql`insert into agent (id, enterprise_id, name, phone, presence, presence_since)
      select id, ${ent}, id, phone, 'ready', now() from jsonb_to_recordset(${JSON.stringify(phones)}::jsonb) as one(id text, phone text)`,
    sql`insert into number (id, enterprise_id, pool_id, e164, carrier, state, free_at, number_group)
      select id, ${ent}, ${pool}, e164, ${carrier}, 'active', now(), '1-503'
      from jsonb_to_recordset(${JSON.stringify(own)}::jsonb) as one(id text, e164 text)`,
    sql`insert into visit (id, enterprise_id, website_id, visitor_id, arrival, started_at, last_beat_at, engaged_seconds, pages)
      select ${visit}, ${ent}, ${site}, 'visitor-' || i, '{"url":"https://shop.example/"}',
        now() - i * interval '4 seconds', now() - i * interval '4 seconds' + interval '30 seconds', 30, 1 + i % 5
      from generate_series(1, ${holders}::int) as i`,
    sql`insert into lease (id, enterprise_id, pool_id, number_id, visit_id, generation, granted_at, hold_until, expires_at)
      select ${nth('lease')}, ${ent}, ${pool}, ${nth('num', sql`i % ${numbers}::int`)}, ${visit},
        1 + i / ${numbers}::int, now() - i * interval '4 seconds', now() - i * interval '4 seconds' + interval '90 seconds',
        now() - i * interval '4 seconds' + interval '90 seconds'
      from generate_series(1, ${holders}::int) as i`,
  ];
  for (const step of steps) await step.execute(db);
}
