/** What a page is told when a visit opens and goes on; who has which number is the lease book's own suite. */
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { PoolId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, type StagePlan, stageCore, stagedAt } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const beat = { engagedSeconds: 1, pages: 1, signals: [] };
const stranger = { visitorId: null, facts: {} };

async function setup(database: Database<Tables>, plan: StagePlan = {}) {
  const staged = await stageCore(database, plan);
  const { db, website, visitDesk } = staged;
  return {
    ...staged,
    arrive: (visitorId: string | null = null, address: string | null = null) =>
      visitDesk.welcome(website, { visitorId, facts: {}, address: () => address }),
    /** The first staged number is shown to everybody who gets none. */
    async shareFirst() {
      const [first] = staged.numbers;
      if (first === undefined) throw new Error('no number is staged');
      await db
        .updateTable('pool')
        .set({ shared_number_id: first.id })
        .where('id', '=', website.poolId as PoolId)
        .execute();
      return first;
    },
    setPolicy: (policy: object) =>
      db
        .updateTable('pool')
        .set({ policy: JSON.stringify(policy) })
        .where('enterprise_id', '=', staged.enterpriseId)
        .execute(),
    /** Once all visits so far are in the record. */
    async shownNumbers() {
      await staged.leaseBook.settle(website.poolId, null);
      return db
        .selectFrom('visit')
        .select(['id', 'shown_number_id'])
        .where('enterprise_id', '=', staged.enterpriseId)
        .orderBy('id')
        .execute();
    },
  };
}

onEveryStore('a visit', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('keeps its number from beat to beat and is given one again after its lease ran out', async () => {
    const { arrive, visitDesk, website, clock } = await setup(database);
    const shown = await arrive('ada');
    clock.at += minuteMs;
    expect((await visitDesk.beat(website, shown.visitId, beat))?.lease?.id).toBe(shown.lease?.id);
    clock.at += 60 * minuteMs;
    const later = await visitDesk.beat(website, shown.visitId, beat);
    expect(later).toMatchObject({ number: shown.number, shared: false, lease: { generation: 2 } });
  });

  test('is shown the shared number, and told so, when none is left; the record says who was', async () => {
    const world = await setup(database, { numbers: 2 });
    const shared = await world.shareFirst();
    const own = await world.arrive();
    const second = await world.arrive();
    expect(own).toMatchObject({ shared: false, number: world.numbers[1]?.e164 });
    expect(second).toMatchObject({ shared: true, number: shared.e164, lease: null });
    world.clock.at += 3 * minuteMs;
    const later = await world.visitDesk.beat(world.website, own.visitId, beat);
    expect(later).toMatchObject({ shared: true, number: shared.e164 });
    expect(await world.shownNumbers()).toEqual([
      { id: own.visitId, shown_number_id: shared.id },
      { id: second.visitId, shown_number_id: shared.id },
    ]);
  });

  test('is shown no number of a carrier that is not there, own or shared', async () => {
    const world = await setup(database, { numbers: 2 });
    await world.shareFirst();
    await world.db
      .updateTable('number')
      .set({ carrier: 'elsewhere' })
      .where('enterprise_id', '=', world.enterpriseId)
      .execute();
    expect(await world.arrive()).toMatchObject({ number: null, shared: false, lease: null });
  });

  test('of another website is not found', async () => {
    const [one, other] = [await setup(database), await setup(database)];
    const shown = await one.arrive();
    for (const signals of [[], [{ kind: 'tap', detail: {} }]]) {
      expect(await one.visitDesk.beat(other.website, shown.visitId, { ...beat, signals })).toBeNull();
    }
  });

  test('whose page beats five times at once has one lease', async () => {
    const world = await setup(database, { numbers: 6 });
    const shown = await world.arrive();
    world.clock.at += 60 * minuteMs;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => world.visitDesk.beat(world.website, shown.visitId, beat)),
    );
    expect(new Set(answers.map((answer) => answer?.lease?.id)).size).toBe(1);
    await world.leaseBook.settle(world.website.poolId, null);
    const leases = await world.db
      .selectFrom('lease')
      .select('granted_at')
      .where('enterprise_id', '=', world.enterpriseId)
      .orderBy('granted_at')
      .execute();
    expect(leases.map(({ granted_at }) => granted_at.getTime())).toEqual([stagedAt, world.clock.at]);
  });

  test('that taps its number is in the record with the tap before the page is answered', async () => {
    const world = await setup(database);
    const { visitId } = await world.arrive();
    world.clock.at += 1_000;
    await world.visitDesk.beat(world.website, visitId, {
      engagedSeconds: 9,
      pages: 2,
      signals: [{ kind: 'tap', detail: { of: 'tel' } }],
    });
    const [signal] = await world.db.selectFrom('visit_signal').selectAll().where('visit_id', '=', visitId).execute();
    expect(signal).toMatchObject({ kind: 'tap', at: new Date(world.clock.at) });
    const [visit] = await world.db.selectFrom('visit').selectAll().where('id', '=', visitId).execute();
    expect(visit).toMatchObject({ engaged_seconds: 9, pages: 2 });
  });

  test('is one of ten a minute from its address, or is kept without a number of its own', async () => {
    const world = await setup(database, { numbers: 14 });
    await world.setPolicy({ abuse: { livePerAddressMax: 100, provenAboveShare: 1 } });
    const shown = [];
    for (let count = 0; count < 11; count += 1) shown.push(await world.arrive(null, `digest ${world.enterpriseId}`));
    expect(shown.map(({ lease }) => lease !== null)).toEqual([...Array<boolean>(10).fill(true), false]);
    expect((await world.arrive(null, `another ${world.enterpriseId}`)).lease).not.toBeNull();
    expect((await world.visitDesk.welcome(world.website, stranger)).lease).not.toBeNull();
    expect(await world.shownNumbers()).toHaveLength(13);
  });

  test('is one of five at once from its address, and of a scarce pool only with a human sign', async () => {
    const world = await setup(database, { numbers: 10 });
    const address = `digest ${world.enterpriseId}`;
    const shown = [];
    for (let count = 0; count < 6; count += 1) shown.push(await world.arrive(null, address));
    expect(shown.map(({ lease }) => lease !== null)).toEqual([true, true, true, true, true, false]);
    for (let count = 0; count < 3; count += 1) await world.arrive();
    const { visitId, lease } = await world.arrive();
    expect(lease).toBeNull();
    expect((await world.visitDesk.beat(world.website, visitId, { ...beat, human: true }))?.lease).not.toBeNull();
  });

  test('keeps the number on its page until it deserves another one by the pool’s policy', async () => {
    const world = await setup(database);
    await world.setPolicy({ deserves: 'human', arrivals: { clickIds: ['gclid'] } });
    const arrive = (facts: Record<string, string>) =>
      world.visitDesk.welcome(world.website, { visitorId: null, facts: { url: 'https://shop.example/', ...facts } });
    const [plain, paid] = [await arrive({}), await arrive({ gclid: 'g1' })];
    const none = { number: null, shared: false, lease: null };
    expect([plain, paid]).toMatchObject([none, none]);
    const moved = { ...beat, human: true };
    expect(await world.visitDesk.beat(world.website, plain.visitId, moved)).toMatchObject(none);
    expect((await world.visitDesk.beat(world.website, paid.visitId, moved))?.lease).not.toBeNull();
  });

  test('is among the holders of its number, as of now, before a call to it is attributed', async () => {
    const world = await setup(database);
    const { visitId } = await world.arrive();
    world.clock.at += minuteMs;
    await world.visitDesk.beat(world.website, visitId, { ...beat, engagedSeconds: 60 });
    const taken = await world.takeCall();
    expect(taken).toMatchObject({ kind: 'taken', call: { visitId } });
    const [visit] = await world.db.selectFrom('visit').selectAll().where('id', '=', visitId).execute();
    expect(visit).toMatchObject({ engaged_seconds: 60, last_beat_at: new Date(world.clock.at) });
  });
});
