/**
 * Visitors who load pages of a real gateway over HTTP, stay for two beats and go, as many at once as one likes. What was
 * answered is kept and held against the record afterwards: each lease is in it, and its number is nobody else's before
 * the last instant that was promised.
 */
import { setTimeout as pass } from 'node:timers/promises';
import pg from 'pg';
import type { ChildGateway } from '../support/child-gateway.ts';

export interface PromisedLease {
  readonly visitId: string;
  readonly leaseId: string;
  readonly number: string;
  /** The last instant that any answer has named. */
  until: number;
}

interface Recorded {
  readonly id: string;
  readonly visit_id: string;
  readonly number_id: string;
  readonly e164: string;
  readonly generation: number;
  readonly granted_at: Date;
}

export function createPageLoad(gateway: ChildGateway, key: string) {
  const promised: PromisedLease[] = [];
  const waiting: { readonly at: number; readonly resolve: () => void }[] = [];
  const told = { refused: 0, unanswered: 0 };
  const headers = { origin: 'https://shop.example' };
  let isOn = false;
  let visitors: Promise<void>[] = [];

  async function post(path: string, body: object) {
    return gateway.ask(path, { method: 'POST', key, headers, body });
  }

  async function visit(): Promise<void> {
    const opened = await post('/v1/visits', { url: 'https://shop.example/pricing', human: true });
    if (opened.status !== 201) throw new Error(`answered ${opened.status}`);
    const { visit: own, number, lease } = opened.body;
    if (lease === null) return void (await pass(20));
    const one = { visitId: own.id, leaseId: lease.id, number: number.e164, until: Date.parse(lease.expiresAt) };
    promised.push(one);
    for (const { at, resolve } of waiting) if (promised.length >= at) resolve();
    for (let beats = 1; beats <= 2 && isOn; beats += 1) {
      await pass(30);
      const beaten = await post(`/v1/visits/${own.id}/beat`, { engagedSeconds: beats });
      if (beaten.body.lease?.id === one.leaseId)
        one.until = Math.max(one.until, Date.parse(beaten.body.lease.expiresAt));
    }
  }

  async function keepVisiting(): Promise<void> {
    while (isOn) {
      try {
        await visit();
      } catch (fault) {
        if (fault instanceof Error && fault.message.startsWith('answered')) told.refused += 1;
        else told.unanswered += 1;
        await gateway.up();
        await pass(10);
      }
    }
  }

  return Object.freeze({
    promised,

    start(count: number): void {
      isOn = true;
      visitors = Array.from({ length: count }, keepVisiting);
    },

    /** Resolves when so many more leases have been answered. */
    untilGranted(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ at: promised.length + count, resolve });
      return promise;
    },

    async stop(): Promise<void> {
      isOn = false;
      await Promise.all(visitors);
    },

    /** What is wrong, one line each, and the whole in a sentence. */
    async audit(databaseUrl: string): Promise<{ readonly faults: readonly string[]; readonly summary: string }> {
      const rows = await readLeases(databaseUrl);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const lost = promised.filter(({ leaseId, visitId, number }) => {
        const row = byId.get(leaseId);
        return row?.visit_id !== visitId || row.e164 !== number;
      });
      const doubled = overlaps(rows, new Map(promised.map((one) => [one.leaseId, one.until])));
      const faults = [...lost.map(({ leaseId }) => `lost: ${leaseId}`), ...doubled];
      const summary =
        `${promised.length} leases answered, ${lost.length} lost, ${doubled.length} numbers given twice; ` +
        `${rows.length} leases in the record; ${told.refused} pages told to come back, ${told.unanswered} not answered`;
      return { faults, summary };
    },
  });
}

async function readLeases(databaseUrl: string): Promise<Recorded[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Recorded>(
      `select lease.id, lease.visit_id, lease.number_id, number.e164, lease.generation, lease.granted_at
       from linekeeper.lease join linekeeper.number on number.id = lease.number_id
       order by lease.number_id, lease.generation`,
    );
    return rows;
  } finally {
    await client.end();
  }
}

/** Leases of one number of which the later began before an earlier one's promise had run out. */
function overlaps(rows: readonly Recorded[], promises: ReadonlyMap<string, number>): string[] {
  let [numberId, until, holder] = ['', 0, ''];
  return rows.flatMap((row) => {
    if (row.number_id !== numberId) [numberId, until, holder] = [row.number_id, 0, ''];
    const isFine = row.granted_at.getTime() >= until;
    const fault = `given twice: ${row.id} on the number of ${holder}`;
    const promise = promises.get(row.id) ?? 0;
    if (promise > until) [until, holder] = [promise, row.id];
    return isFine ? [] : [fault];
  });
}
