/**
 * The ledger in TypeScript and the scripts in Lua are told the same stories and must decide alike, visit by visit: same
 * number, same generation, same instants, same refusals. The suite of every book says what is right; this says that the two
 * do not drift apart where it does not look.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer, GrantRecord, LeaseRecord, PoolStock } from '../../src/numbers/lease-book.ts';
import { createLeaseLedger } from '../../src/numbers/lease-ledger.ts';
import { expectedCalls } from '../../src/numbers/visit-intent.ts';
import type { E164 } from '../../src/ports/e164.ts';
import { createIds, type EnterpriseId, type NumberId, type VisitId, type WebsiteId } from '../../src/ports/ids.ts';
import { openRedisBook } from '../support/redis-books.ts';
import { onRedis } from '../support/stores.ts';

const terms = { holdMs: 60_000, leaseMs: 30_000, restMs: 10_000, stickyMs: 600_000 };
const runs = Number(process.env.LINEKEEPER_MODEL_RUNS ?? 15);

const arrival = fc.record({
  visitor: fc.option(fc.nat(6)),
  trait: fc.option(fc.constantFrom('US-OR', 'US-NY')),
  groups: fc.option(fc.constantFrom(['a'], ['b'], ['c', 'b', 'a'], ['a', 'b'])),
  address: fc.option(fc.constantFrom('here', 'there')),
  proven: fc.boolean(),
});
const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      // One alone, or a crowd that a single script decides, each after the other.
      arrivals: fc.oneof(
        fc.array(arrival, { minLength: 1, maxLength: 1 }),
        fc.array(arrival, { minLength: 2, maxLength: 12 }),
      ),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('beat' as const), pick: fc.nat(), engaged: fc.nat(900) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), pick: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 90_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stock' as const), left: fc.integer({ min: 3, max: 8 }) }) },
);
type Act = typeof act extends fc.Arbitrary<infer Kind> ? Kind : never;
type Arrival = typeof arrival extends fc.Arbitrary<infer Kind> ? Kind : never;
const story = fc.record({
  isGrouped: fc.boolean(),
  acts: fc.array(act, { minLength: 10, maxLength: 80, size: 'max' }),
});

onRedis('the ledger and the scripts', (redis) => {
  test('told the same decide alike', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ isGrouped, acts }) => {
        const stage = await setUp(isGrouped);
        try {
          for (const one of acts) await stage.play(one);
        } finally {
          await stage.book.close();
        }
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });

  async function setUp(isGrouped: boolean) {
    const clock = { at: Date.UTC(2026, 0, 5, 9), now: () => clock.at };
    const ids = createIds({ clock, randomBytes });
    const [poolId, websiteId, enterpriseId] = [ids.make('pool'), 'site' as WebsiteId, 'ent' as EnterpriseId];
    const numbers = Array.from({ length: 8 }, (_, index) => ({
      id: `num_${index}` as NumberId,
      e164: `+1503555010${index}` as E164,
      group: isGrouped && index % 3 === 0 ? 'b' : 'a',
    }));
    let stock: PoolStock = { numbers, past: [], stamp: '' };
    const record: LeaseRecord = {
      fileGrants: async (grants: readonly GrantRecord[]) =>
        new Set(grants.flatMap(({ lease }) => (lease === null ? [] : [lease.id]))),
      fileBeats: async () => undefined,
      readPool: async () => stock,
      readStamp: async () => '',
    };
    const book = openRedisBook({ record, clock, ids }, redis);
    const ledger = createLeaseLedger({ visitorsMax: 1_000 });
    ledger.setNumbers(numbers, 0);
    const visits: { id: VisitId; visitorId: string | null }[] = [];

    /** The same question to both. */
    async function ask(visit: (typeof visits)[number], one: Arrival | null) {
      const { groups = null, trait = null, address = null, proven = true } = one ?? {};
      const guard = { address, proven, livePerAddressMax: 3, provenAboveShare: 0.5 };
      const wanted = { groups, trait, terms, guard };
      const want = { ...wanted, enterpriseId, poolId };
      const opened = { ...visit, enterpriseId, websiteId, arrival: {}, startedAt: clock.at, sharedNumberId: null };
      const asked = one === null ? book.grant(visit, want) : book.open(opened, want);
      const ours = ledger.grant(
        { ...wanted, leaseId: ids.make('lease'), visitId: visit.id, visitorId: visit.visitorId },
        clock.at,
      );
      expect(told(await asked)).toEqual(ours.kind === 'granted' ? { ...ours.lease, id: '' } : ours.kind);
    }

    async function play(one: Act): Promise<void> {
      const visit = 'pick' in one ? visits[one.pick % Math.max(1, visits.length)] : undefined;
      switch (one.kind) {
        case 'arrive': {
          const asking = one.arrivals.map((arrived) => {
            const visitorId = arrived.visitor === null ? null : `visitor ${arrived.visitor}`;
            const newcomer = { id: ids.make('visit'), visitorId };
            visits.push(newcomer);
            return ask(newcomer, arrived);
          });
          return void (await Promise.all(asking));
        }
        case 'again':
          return visit === undefined ? undefined : ask(visit, null);
        case 'beat': {
          if (visit === undefined) return;
          const shown = { engagedSeconds: one.engaged, pages: 1 + (one.engaged % 7) };
          const theirs = await book.beat({ poolId, visitId: visit.id, terms, ...shown });
          const ours = ledger.beat(visit.id, terms, expectedCalls(shown), clock.at);
          expect(theirs && { ...theirs, id: '' }).toEqual(ours && { ...ours, id: '' });
          return;
        }
        case 'leave': {
          if (visit === undefined) return;
          await book.end({ poolId, visitId: visit.id, terms });
          ledger.end(visit.id, terms, clock.at);
          return;
        }
        case 'pass':
          clock.at += one.ms;
          return;
        case 'stock':
          // One that came back would go on where the record says; this record says nothing.
          stock = { ...stock, numbers: stock.numbers.slice(0, one.left) };
          ledger.setNumbers(stock.numbers, 0);
          return book.refresh(poolId);
      }
    }

    return { book, play };
  }
});

function told(answer: Answer | null) {
  return answer?.kind === 'granted' ? { ...answer.lease, id: '' } : answer?.reason;
}
