import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLeases, type Lease } from '../../src/numbers/leases.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, type StagedCore, type StagePlan, stageCore, stagedAt } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

async function setup(database: Database<Tables>, plan: StagePlan = {}) {
  const staged = await stageCore(database, plan);
  const leases = createLeases({ clock: staged.clock, ids: staged.ids });
  const grantTo = (
    visitId: VisitId,
    visitorId: string | null = null,
    sharedNumberId: null | Lease['numberId'] = null,
  ) => {
    const { enterpriseId, policy } = staged;
    return staged.transact(({ tx }) =>
      leases.grant(tx, { enterpriseId, policy: { ...policy, sharedNumberId }, visitId, visitorId }),
    );
  };
  return {
    ...staged,
    leases,
    grantTo,
    /** A new visit asks for a number. */
    grant: async (visitorId: string | null = null) => grantTo(await staged.addVisit(visitorId), visitorId),
    extend: (visitId: VisitId) => staged.transact(({ tx }) => leases.extend(tx, visitId, staged.policy)),
  };
}

/** Every lease ever granted of this enterprise, with what the number says of it. */
function ledger(staged: StagedCore) {
  return staged.db
    .selectFrom('lease')
    .selectAll()
    .where('enterprise_id', '=', staged.enterpriseId)
    .orderBy('number_id')
    .orderBy('generation')
    .execute();
}

onEveryStore('leases', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  describe('a grant', () => {
    test('gives the number that has rested longest', async () => {
      const world = await setup(database, { numbers: 0 });
      await world.addNumber(stagedAt - 1_000);
      const oldest = await world.addNumber(stagedAt - 3_000);
      const second = await world.addNumber(stagedAt - 2_000);
      expect((await world.grant())?.e164).toBe(oldest.e164);
      expect((await world.grant())?.e164).toBe(second.e164);
    });

    test('gives nothing while every number is held or rests', async () => {
      const world = await setup(database, { numbers: 2 });
      expect([await world.grant(), await world.grant()]).not.toContain(null);
      expect(await world.grant()).toBeNull();
    });

    test('gives no number of a carrier that is not there, not even the shared one', async () => {
      const world = await setup(database, { numbers: 2 });
      const [shared = null] = world.numbers;
      const visitId = await world.addVisit();
      const policy = { ...world.policy, sharedNumberId: shared?.id ?? null };
      for (const carriers of [['twilio'], []]) {
        const leases = createLeases({ clock: world.clock, ids: world.ids, carriers: () => carriers });
        const wish = { enterpriseId: world.enterpriseId, policy, visitId, visitorId: null };
        expect(await world.transact(({ tx }) => leases.grant(tx, wish))).toBeNull();
        expect(await leases.sharedNumber(world.db, policy)).toBeNull();
      }
      expect(await world.leases.sharedNumber(world.db, policy)).toBe(shared?.e164);
    });

    test('lasts the hold when that is longer than the lease, and the lease when that is', async () => {
      const held = await setup(database, { holdMs: 3 * minuteMs, leaseMs: minuteMs });
      const leased = await setup(database, { holdMs: minuteMs, leaseMs: 3 * minuteMs });
      for (const world of [held, leased]) expect((await world.grant())?.expiresAt).toBe(stagedAt + 3 * minuteMs);
    });

    test('comes again only after lease and rest, to the millisecond', async () => {
      const world = await setup(database, { holdMs: 3 * minuteMs, restMs: 5 * minuteMs });
      await world.grant();
      world.clock.at = stagedAt + 8 * minuteMs - 1;
      expect(await world.grant()).toBeNull();
      world.clock.at += 1;
      expect((await world.grant())?.generation).toBe(2);
    });

    test('counts the number’s generation up and keeps every lease before it', async () => {
      const world = await setup(database);
      for (let turn = 1; turn <= 3; turn += 1) {
        expect((await world.grant())?.generation).toBe(turn);
        world.clock.at += 8 * minuteMs;
      }
      expect((await ledger(world)).map(({ generation }) => generation)).toEqual([1, 2, 3]);
    });

    test('gives a visitor who returns the number they had, when it is free', async () => {
      const world = await setup(database, { numbers: 3 });
      const first = await world.grant('ada');
      world.clock.at += 60 * minuteMs;
      await world.grant('bob');
      expect((await world.grant('ada'))?.numberId).toBe(first?.numberId);
    });

    test('gives a visitor who returns another number while theirs is taken or rests', async () => {
      const world = await setup(database, { numbers: 2 });
      const first = await world.grant('ada');
      const again = await world.grant('ada');
      expect(again?.numberId).not.toBe(first?.numberId);
    });

    test('knows no visitor of another enterprise by the same name', async () => {
      const [one, other] = [await setup(database, { numbers: 1 }), await setup(database, { numbers: 1 })];
      await one.grant('ada');
      expect((await other.grant('ada'))?.numberId).toBe(other.numbers[0]?.id);
    });

    test('never gives the pool’s shared number away', async () => {
      const world = await setup(database, { numbers: 1 });
      const shared = world.numbers[0];
      expect(await world.grantTo(await world.addVisit(), null, shared?.id)).toBeNull();
      const policy = { ...world.policy, sharedNumberId: shared?.id ?? null };
      expect(await world.leases.sharedNumber(world.db, policy)).toBe(shared?.e164);
      expect(await world.leases.sharedNumber(world.db, world.policy)).toBeNull();
    });

    test.each(['quarantined', 'released'] as const)('never gives a %s number', async (state) => {
      const world = await setup(database);
      await world.db.updateTable('number').set({ state }).where('enterprise_id', '=', world.enterpriseId).execute();
      expect(await world.grant()).toBeNull();
    });

    test('gives twelve visitors at once eight different numbers, and nothing to the others', async () => {
      const world = await setup(database, { numbers: 8 });
      const visits = await Promise.all(Array.from({ length: 12 }, () => world.addVisit()));
      const granted = (await Promise.all(visits.map((visit) => world.grantTo(visit)))).filter(
        (lease) => lease !== null,
      );
      expect(new Set(granted.map(({ numberId }) => numberId)).size).toBe(granted.length);
      expect(granted).toHaveLength(8);
    });
  });

  describe('a beat', () => {
    test('extends the lease and pushes the rest behind it', async () => {
      const world = await setup(database, { holdMs: minuteMs, leaseMs: minuteMs, restMs: 5 * minuteMs });
      const visit = await world.addVisit();
      await world.grantTo(visit);
      world.clock.at += 45_000;
      expect((await world.extend(visit))?.expiresAt).toBe(stagedAt + 105_000);
      world.clock.at = stagedAt + 105_000 + 5 * minuteMs - 1;
      expect(await world.grant()).toBeNull();
      world.clock.at += 1;
      expect(await world.grant()).not.toBeNull();
    });

    test('never shortens a lease', async () => {
      const world = await setup(database, { holdMs: 10 * minuteMs, leaseMs: minuteMs });
      const visit = await world.addVisit();
      await world.grantTo(visit);
      world.clock.at += 1_000;
      expect((await world.extend(visit))?.expiresAt).toBe(stagedAt + 10 * minuteMs);
    });

    test('extends nothing at the instant the lease is over, nor after', async () => {
      const world = await setup(database, { holdMs: minuteMs, leaseMs: minuteMs });
      const visit = await world.addVisit();
      await world.grantTo(visit);
      world.clock.at = stagedAt + minuteMs;
      expect(await world.extend(visit)).toBeNull();
    });

    test('extends nothing for a visit that never had a number', async () => {
      const world = await setup(database);
      expect(await world.extend(await world.addVisit())).toBeNull();
    });
  });

  describe('a visit', () => {
    const beat = { engagedSeconds: 1, pages: 1, signals: [] };

    test('keeps its number from beat to beat and is given one again after its lease ran out', async () => {
      const { visitDesk, website, clock } = await setup(database);
      const shown = await visitDesk.welcome(website, { visitorId: 'ada', facts: {} });
      clock.at += minuteMs;
      expect((await visitDesk.beat(website, shown.visitId, beat))?.lease?.id).toBe(shown.lease?.id);
      clock.at += 60 * minuteMs;
      const later = await visitDesk.beat(website, shown.visitId, beat);
      expect(later).toMatchObject({ number: shown.number, shared: false, lease: { generation: 2 } });
    });

    test('is shown the shared number, and told so, when none is left', async () => {
      const world = await setup(database, { numbers: 2 });
      const shared = world.numbers[0];
      await world.db
        .updateTable('pool')
        .set({ shared_number_id: shared?.id ?? null })
        .where('id', '=', world.policy.poolId)
        .execute();
      const { visitDesk, website } = world;
      expect(await visitDesk.welcome(website, { visitorId: null, facts: {} })).toMatchObject({ shared: false });
      const second = await visitDesk.welcome(website, { visitorId: null, facts: {} });
      expect(second).toMatchObject({ shared: true, number: shared?.e164, lease: null });
    });

    test('of another website is not found', async () => {
      const [one, other] = [await setup(database), await setup(database)];
      const shown = await one.visitDesk.welcome(one.website, { visitorId: null, facts: {} });
      expect(await one.visitDesk.beat(other.website, shown.visitId, beat)).toBeNull();
    });

    test('whose page beats five times at once has one lease', async () => {
      const world = await setup(database, { numbers: 6 });
      const shown = await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
      world.clock.at += 60 * minuteMs;
      await Promise.all(Array.from({ length: 5 }, () => world.visitDesk.beat(world.website, shown.visitId, beat)));
      expect((await ledger(world)).filter(({ granted_at }) => granted_at.getTime() > stagedAt)).toHaveLength(1);
    });
  });

  test('no number is ever with two visits, nor given again within its rest, whatever the clock does', async () => {
    const acts = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('arrive' as const), visitor: fc.option(fc.constantFrom('ada', 'bob')) }),
        fc.record({ kind: fc.constant('beat' as const), pick: fc.nat() }),
        fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -2 * minuteMs, max: 10 * minuteMs }) }),
      ),
      { minLength: 5, maxLength: 25 },
    );
    const property = fc.asyncProperty(acts, async (list) => {
      const world = await setup(database, { numbers: 3 });
      const visits: VisitId[] = [];
      for (const act of list) {
        if (act.kind === 'jump') world.clock.at += act.ms;
        else if (act.kind === 'arrive') {
          const visit = await world.addVisit(act.visitor);
          visits.push(visit);
          await world.grantTo(visit, act.visitor);
        } else {
          const visit = visits[act.pick % Math.max(1, visits.length)];
          if (visit !== undefined) await world.extend(visit);
        }
      }
      const leases = await ledger(world);
      for (const [at, lease] of leases.entries()) {
        expect(lease.expires_at.getTime()).toBeGreaterThanOrEqual(lease.hold_until.getTime());
        const before = leases[at - 1];
        if (before === undefined || before.number_id !== lease.number_id) continue;
        expect(lease.generation).toBe(before.generation + 1);
        expect(lease.granted_at.getTime()).toBeGreaterThanOrEqual(before.expires_at.getTime() + world.policy.restMs);
      }
    });
    await fc.assert(property, { numRuns: 25 });
  });
});
