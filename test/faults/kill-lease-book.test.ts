/**
 * kill -9 of the gateway and of PostgreSQL while pages load: no lease that was answered is lost, nobody is given a number
 * that another one was promised, and a call afterwards finds its true holder among the candidates.
 *
 * `LINEKEEPER_KILLS=30` plays that many rounds; a run of the suite plays two.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/simulate/random.ts';
import { type ChildGateway, createChildGateway, freePort } from '../support/child-gateway.ts';
import { createOwnPostgres, findPostgresPrograms, type OwnPostgres } from '../support/own-postgres.ts';
import { nextPhone } from '../support/stage-core.ts';
import { newFolder } from '../support/template-copies.ts';
import { createPageLoad, type PromisedLease } from './page-load.ts';

const rounds = Number(process.env.LINEKEEPER_KILLS ?? 2);
const visitorsAtOnce = 24;
const callsPerRound = 3;

const bin = await findPostgresPrograms();
const skipped = bin === null ? ' SKIPPED: no PostgreSQL programs in /usr/lib/postgresql' : '';

describe.skipIf(bin === null)(`kill -9 under the lease book${skipped}`, () => {
  test('loses no answered lease and no caller’s visit', { timeout: 120_000 + rounds * 20_000 }, async () => {
    const postgres = await createOwnPostgres(bin ?? '');
    await postgres.start();
    const { gateway, keys } = await openGateway(postgres);
    const load = createPageLoad(gateway, keys.publishableKey);
    const random = createRandom(rounds);
    let calls = 0;
    const strangers: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      load.start(visitorsAtOnce);
      await load.untilGranted(random.integer(20, 400));
      if (round % 2 === 0) await gateway.killAndRestart();
      else {
        await postgres.kill();
        await postgres.start();
      }
      await load.untilGranted(20);
      await load.stop();
      for (const lease of latestOf(load.promised).slice(-callsPerRound)) {
        calls += 1;
        // Each from a telephone of its own: one that has called before is taken for its first visitor's.
        const phone = `+121255501${String(calls % 100).padStart(2, '0')}`;
        const candidates = await candidatesOfCall(gateway, keys.secretKey, lease.number, phone);
        if (!candidates.includes(lease.visitId)) strangers.push(`round ${round}: ${lease.number} of ${lease.visitId}`);
      }
    }
    const { faults, summary } = await load.audit(postgres.url);
    process.stdout.write(
      `kill -9 of gateway and PostgreSQL in turn: ${rounds} rounds; ${summary}; ` +
        `${calls} calls, ${strangers.length} without their holder among the candidates\n`,
    );
    expect([...faults, ...strangers]).toEqual([]);
    expect(load.promised.length).toBeGreaterThan(rounds * 40);
  });
});

/** The demo shop on that server, with a hundred numbers that come round within seconds. */
async function openGateway(postgres: OwnPostgres) {
  const { folder } = newFolder();
  const gateway = createChildGateway({ folder, port: await freePort(), env: { DATABASE_URL: postgres.url } });
  await gateway.start();
  const keys: { publishableKey: string; secretKey: string } = JSON.parse(
    await readFile(join(folder, 'practice.json'), 'utf8'),
  );
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('update linekeeper.pool set hold_ms = 1500, lease_ms = 1000, rest_ms = 100');
  await client.query(
    `insert into linekeeper.number (id, enterprise_id, pool_id, e164, carrier, state, free_at)
     select 'num_' || lpad(i::text, 26, '0'), enterprise_id, pool.id, phone, 'sandbox', 'active', now()
     from linekeeper.pool, unnest($1::text[]) with ordinality as given(phone, i)`,
    [Array.from({ length: 100 }, nextPhone)],
  );
  await client.end();
  await gateway.killAndRestart();
  return { gateway, keys };
}

/** The latest lease of each number, the earliest first. */
function latestOf(promised: readonly PromisedLease[]): PromisedLease[] {
  const latest = new Map<string, PromisedLease>();
  for (const one of promised) {
    latest.delete(one.number);
    latest.set(one.number, one);
  }
  return [...latest.values()];
}

/** Calls the number and answers with the visits that may have made the call. */
async function candidatesOfCall(gateway: ChildGateway, key: string, number: string, from: string): Promise<string[]> {
  const body = { from, to: number, attestation: 'A' };
  const placed = await gateway.ask('/carriers/sandbox/calls', { method: 'POST', key, body });
  expect(placed.status).toBe(201);
  const list = await gateway.ask('/v1/calls?limit=1', { key });
  const beliefs = await gateway.ask(`/v1/calls/${list.body.items[0].id}/attribution`, { key });
  await gateway.ask(`/carriers/sandbox/calls/${placed.body.id}/hang-up`, { method: 'POST', key, body: {} });
  return beliefs.body.revisions.at(-1).candidates.map((candidate: { visitId: string }) => candidate.visitId);
}
