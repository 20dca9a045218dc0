import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { attribute, type Holder } from '../../src/numbers/attribute.ts';
import type { Database } from '../../src/ports/database.ts';
import type { LeaseId, VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, stagedAt as now, stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

/** A visit that has the number on its screen now; `change` says otherwise. */
function holder(name: string, change: Partial<Holder> = {}): Holder {
  return {
    leaseId: `lease_${name}` as LeaseId,
    visitId: `visit_${name}` as VisitId,
    grantedAt: now - minuteMs,
    expiresAt: now + minuteMs,
    lastSeenAt: now - 5_000,
    tappedAt: null,
    engagedSeconds: 30,
    ...change,
  };
}

/** A visit that had the number until `minutesAgo`. */
const past = (name: string, minutesAgo: number, change: Partial<Holder> = {}) =>
  holder(name, {
    grantedAt: now - (minutesAgo + 5) * minuteMs,
    expiresAt: now - minutesAgo * minuteMs,
    lastSeenAt: now - minutesAgo * minuteMs,
    ...change,
  });

describe('whose call it is', () => {
  test('the one who has the number on the screen', () => {
    expect(attribute([holder('ada')], now)).toMatchObject({ decision: 'credited', visitId: 'visit_ada' });
    expect(attribute([holder('ada'), past('bob', 10)], now)).toMatchObject({
      decision: 'credited',
      visitId: 'visit_ada',
    });
  });

  test('the last who had it, soon after', () => {
    expect(attribute([past('ada', 5), past('bob', 180)], now)).toMatchObject({
      decision: 'credited',
      visitId: 'visit_ada',
    });
  });

  test('nobody’s for certain, when it may be either of two', () => {
    const { decision, visitId, candidates } = attribute([past('ada', 20), past('bob', 22)], now);
    expect([decision, visitId]).toEqual(['ambiguous', null]);
    expect(candidates.map((candidate) => candidate.visitId)).toEqual(['visit_ada', 'visit_bob']);
  });

  test.each([0, 10_000, 30_000])('the one who tapped it %i ms ago, even though another has it now', (agoMs) => {
    const tapped = past('ada', 1, { tappedAt: now - agoMs });
    expect(attribute([holder('bob'), tapped], now)).toMatchObject({ decision: 'credited', visitId: 'visit_ada' });
  });

  test.each([30_001, -1])('a tap %i ms ago says nothing', (agoMs) => {
    const tapped = holder('ada', { tappedAt: now - agoMs });
    expect(attribute([tapped], now).candidates[0]?.terms).toMatchObject({ tap: 1 });
  });

  test('nobody’s, when nobody ever had the number or all long ago', () => {
    expect(attribute([], now)).toEqual({ decision: 'nobody', visitId: null, probability: 1, candidates: [] });
    expect(attribute([past('ada', 24 * 60)], now)).toMatchObject({ decision: 'nobody', visitId: null });
  });

  test('of one visit’s two leases the later one speaks', () => {
    const { candidates } = attribute([past('ada', 60), holder('ada', { leaseId: 'lease_later' as LeaseId })], now);
    expect(candidates).toMatchObject([{ leaseId: 'lease_later' }]);
  });

  test('the longer reader’s, other things equal', () => {
    const [first] = attribute([past('ada', 20), past('bob', 20, { engagedSeconds: 600 })], now).candidates;
    expect(first?.visitId).toBe('visit_bob');
  });
});

describe('any holders', () => {
  const instant = fc.integer({ min: now - limits.attributionLookBackMs, max: now + 60 * minuteMs });
  const anyHolder = fc.record({
    name: fc.constantFrom('ada', 'bob', 'cy', 'dee', 'eve'),
    grantedAt: instant,
    expiresAt: instant,
    lastSeenAt: instant,
    tappedAt: fc.option(instant),
    engagedSeconds: fc.nat({ max: 86_400 }),
  });
  const anyHolders = fc.array(
    anyHolder.map(({ name, ...change }) => holder(name, change)),
    { maxLength: 50 },
  );

  test('share one probability with nobody, most probable first, each visit once', () => {
    fc.assert(
      fc.property(anyHolders, (holders) => {
        const { candidates, decision, probability, visitId } = attribute(holders, now);
        const shares = candidates.map((candidate) => candidate.probability);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
        expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
        expect(shares).toEqual(shares.toSorted((left, right) => right - left));
        expect(new Set(candidates.map((candidate) => candidate.visitId)).size).toBe(candidates.length);
        expect(visitId !== null).toBe(decision === 'credited');
        expect(probability).toBeGreaterThan(0);
        if (decision !== 'nobody') expect(probability).toBe(shares[0]);
      }),
    );
  });

  test('give the same answer in whatever order they are read', () => {
    const shuffled = anyHolders.chain((holders) =>
      fc.tuple(fc.constant(holders), fc.shuffledSubarray(holders, { minLength: holders.length })),
    );
    fc.assert(
      fc.property(shuffled, ([holders, others]) => {
        const distinct = new Set(holders.map(({ visitId, grantedAt }) => `${visitId} ${grantedAt}`)).size;
        fc.pre(distinct === holders.length);
        const [one, other] = [attribute(holders, now), attribute(others, now)];
        expect([one.decision, one.visitId]).toEqual([other.decision, other.visitId]);
        expect(one.probability).toBeCloseTo(other.probability, 9);
      }),
    );
  });
});

onEveryStore('attribution', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  const rowsOf = (world: Awaited<ReturnType<typeof stageCore>>) =>
    world.db.selectFrom('attribution').selectAll().where('enterprise_id', '=', world.enterpriseId).execute();

  test('of a call is kept with its candidates and told once', async () => {
    const world = await stageCore(database);
    const shown = await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
    const taken = await world.takeCall();
    const call = taken.kind === 'taken' ? taken.call : null;
    expect(call?.visitId).toBe(shown.visitId);
    const rows = await rowsOf(world);
    expect(rows).toMatchObject([
      {
        subject: call?.id,
        revision: 1,
        decision: 'credited',
        visit_id: shown.visitId,
        number_id: world.numbers[0]?.id,
      },
    ]);
    expect(rows[0]?.candidates).toMatchObject([
      { visitId: shown.visitId, leaseId: shown.lease?.id, terms: { live: 8 } },
    ]);
    const told = (await world.told(call?.id ?? '')).filter(({ type }) => type === 'call.attributed');
    expect(told).toMatchObject([
      { data: { callId: call?.id, decision: 'credited', visitId: shown.visitId, candidates: 1 } },
    ]);
  });

  test('goes to the visitor who tapped, though the number is another’s by now', async () => {
    const world = await stageCore(database, { holdMs: minuteMs, leaseMs: minuteMs, restMs: 0 });
    const tapper = await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
    world.clock.at += minuteMs;
    const next = await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
    expect(next.number).toBe(tapper.number);
    const tap = { engagedSeconds: 50, pages: 1, signals: [{ kind: 'tap', detail: {} }] };
    await world.transact(({ tx }) =>
      world.visits.beat(tx, world.website, tapper.visitId, { ...tap, at: world.clock.at }),
    );
    world.clock.at += 10_000;
    expect(await world.takeCall()).toMatchObject({ call: { visitId: tapper.visitId } });
  });

  test('of a call to a number nobody had is nobody’s, and kept as that', async () => {
    const world = await stageCore(database);
    expect(await world.takeCall()).toMatchObject({ call: { visitId: null } });
    expect(await rowsOf(world)).toMatchObject([{ decision: 'nobody', visit_id: null, probability: 1, candidates: [] }]);
  });

  test('looks back 30 days and no further', async () => {
    const world = await stageCore(database);
    await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
    world.clock.at = now + limits.attributionLookBackMs;
    await world.takeCall();
    world.clock.at += 1;
    await world.takeCall();
    expect((await rowsOf(world)).map(({ candidates }) => (candidates as unknown[]).length)).toEqual([1, 0]);
  });

  test('of a conversation is made with its first text only', async () => {
    const world = await stageCore(database);
    const shown = await world.visitDesk.welcome(world.website, { visitorId: null, facts: {} });
    const text = {
      carrier: 'sandbox',
      to: world.numbers[0]?.e164 ?? shown.number,
      from: '24273',
      body: 'hello',
      raw: {},
    };
    for (const carrierMessageId of [world.ids.make('msg'), world.ids.make('msg')]) {
      await world.messageDesk.take({ ...text, carrierMessageId, carrierAnswersConsentWords: false } as never);
    }
    expect(await rowsOf(world)).toMatchObject([{ decision: 'credited', visit_id: shown.visitId }]);
  });
});
