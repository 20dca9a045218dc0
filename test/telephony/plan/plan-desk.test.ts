/** Route plans in the record: whose counts, what saving refuses, and that a change changes no call. */
import { expect, test } from 'vitest';
import type { E164 } from '../../../src/ports/e164.ts';
import { type RoutePlan, routePlanSchema } from '../../../src/telephony/plan/route-plan.ts';
import type { PlanSubject } from '../../../src/telephony/plan/route-plans.postgres.ts';
import { stageCore } from '../../support/stage-core.ts';
import { onEveryStore } from '../../support/stores.ts';

const elsewhere = '+15035550177' as E164;
const plan = (parts: object): RoutePlan => routePlanSchema.parse(parts);

onEveryStore('a route plan', (store) => {
  async function setup() {
    const core = await stageCore(await store.open());
    const { enterpriseId, db, planDesk, routePlans } = core;
    const [number] = core.numbers;
    if (number === undefined) throw new Error('no number is staged');
    await db.updateTable('number').set({ country: 'US' }).where('id', '=', number.id).execute();
    const { poolId } = core.policy;
    const subjects = {
      enterprise: { enterpriseId, scope: 'enterprise' },
      pool: { enterpriseId, scope: 'pool', poolId },
      number: { enterpriseId, scope: 'number', numberId: number.id },
    } as const satisfies Record<string, PlanSubject>;
    const effective = async () => {
      const stored = await routePlans.effective(db, { id: number.id, poolId, enterpriseId });
      return stored === null ? null : { scope: stored.scope, version: stored.version, product: stored.plan.product };
    };
    const call = async () => {
      const taken = await core.takeCall();
      if (taken.kind !== 'taken') throw new Error('the number is not ours');
      return taken.call;
    };
    return { ...core, number, subjects, effective, call, save: planDesk.save };
  }

  test('of a number comes before its pool’s, and that before the enterprise’s; taken away, the next one counts', async () => {
    const { save, subjects, effective, planDesk } = await setup();
    expect(await effective()).toBeNull();
    await save(subjects.number, plan({ product: 'of-number' }));
    await save(subjects.enterprise, plan({ product: 'of-enterprise' }));
    await save(subjects.pool, plan({ product: 'of-pool' }));
    expect(await effective()).toEqual({ scope: 'number', version: 1, product: 'of-number' });
    expect(await planDesk.remove(subjects.number)).toBe(true);
    expect(await planDesk.remove(subjects.number)).toBe(false);
    expect(await effective()).toMatchObject({ scope: 'pool' });
    await planDesk.remove(subjects.pool);
    expect(await effective()).toMatchObject({ scope: 'enterprise', product: 'of-enterprise' });
    await save(subjects.number, plan({ product: 'again' }));
    expect(await effective()).toEqual({ scope: 'number', version: 3, product: 'again' });
  });

  test('is kept version by version, and the same one again is none', async () => {
    const { save, subjects, db, clock } = await setup();
    for (const product of ['one', 'two', 'two', 'three']) {
      clock.at += 1_000;
      await save(
        subjects.pool,
        plan({ product, menu: { prompt: 'P', keys: { 2: { to: 'agents' }, 1: { to: 'voicemail' } } } }),
      );
    }
    const rows = await db
      .selectFrom('route_plan')
      .select(['version', 'plan'])
      .where('subject_id', '=', subjects.pool.poolId)
      .orderBy('version')
      .execute();
    expect(rows.map((row) => [row.version, (row.plan as RoutePlan).product])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
  });

  test('saved by many at once is one version after another', async () => {
    const { save, subjects, effective } = await setup();
    const products = Array.from({ length: 8 }, (_, at) => `p${at}`);
    const saved = await Promise.all(products.map((product) => save(subjects.number, plan({ product }))));
    expect(saved.every(({ kind }) => kind === 'saved')).toBe(true);
    expect(await effective()).toMatchObject({ version: 8 });
  });

  test('decides the calls that come in from then on, each told with its plan', async () => {
    const { save, subjects, call, told } = await setup();
    const before = await call();
    await save(subjects.pool, plan({ announcement: 'Welcome.', waitMs: 9_000, product: 'solar' }));
    const after = await call();
    expect(before.plan).toMatchObject({ source: 'default', version: null, opening: [] });
    expect(after.plan).toMatchObject({ source: 'pool', version: 1, opening: ['Welcome.'], product: 'solar' });
    expect(after.plan.waitUntil).toBe(after.startedAt + 9_000);
    expect((await told(before.id)).map(({ type }) => type)).not.toContain('call.planned');
    const [, , planned] = await told(after.id);
    expect(planned).toMatchObject({
      type: 'call.planned',
      data: { source: 'pool', version: 1, hook: null, product: 'solar', closed: null, assurance: 'L0' },
    });
  });

  test('that is changed or taken away leaves calls as they were decided', async () => {
    const { save, subjects, call, calls, db, planDesk } = await setup();
    await save(subjects.number, plan({ overflow: 'voicemail', greeting: 'One.' }));
    const { id, plan: decided } = await call();
    await save(subjects.number, plan({ greeting: 'Two.' }));
    await planDesk.remove(subjects.number);
    expect((await calls.read(db, id))?.plan).toEqual(decided);
  });

  test('outside hours ends, records or sends on the call at once', async () => {
    const { save, subjects, call, told } = await setup();
    const hours = { timeZone: 'UTC', weekly: {} };
    await save(subjects.number, plan({ hours, closed: { action: 'hang-up' } }));
    const ended = await call();
    expect(ended).toMatchObject({ state: 'ended', verdict: { slug: 'closed' } });
    expect((await told(ended.id)).map(({ type }) => type)).toEqual([
      'call.received',
      'call.attributed',
      'call.planned',
      'call.ended',
    ]);
    await save(subjects.number, plan({ hours }));
    expect(await call()).toMatchObject({ state: 'voicemail' });
    await save(subjects.number, plan({ hours, closed: { action: 'failover', failover: elsewhere } }));
    expect(await call()).toMatchObject({ state: 'failover', plan: { failover: elsewhere } });
  });

  test('that names a forbidden destination is refused, by field, and nothing is saved', async () => {
    const { save, subjects, effective, db, enterpriseId, destinationRules } = await setup();
    const far = { failover: '+442079460123', handOver: { to: 'sip:a@evil.example' } };
    const refused = { kind: 'refused', why: 'destination', fields: [{ field: 'failover' }, { field: 'handOver.to' }] };
    expect(await save(subjects.enterprise, plan(far))).toMatchObject(refused);
    expect(await effective()).toBeNull();
    await destinationRules.write(db, enterpriseId, { countries: ['US', 'GB'], sipHosts: ['evil.example'] });
    expect(await save(subjects.enterprise, plan({ failover: far.failover }))).toMatchObject({ kind: 'saved' });
  });

  test('that leads back to its own number is refused', async () => {
    const { save, subjects, number } = await setup();
    expect(await save(subjects.pool, plan({ failover: number.e164 }))).toMatchObject({
      kind: 'refused',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'failover', problem: expect.stringMatching(/circle/) }),
      ]),
    });
  });

  test.each(['enterprise', 'pool', 'number'] as const)(
    'of the %s that asks too much of a number’s carrier is refused with field, carrier and capability',
    async (scope) => {
      const { save, subjects, db, enterpriseId, destinationRules } = await setup();
      await destinationRules.write(db, enterpriseId, { countries: null, sipHosts: ['centre.example'] });
      const problems = async (parts: object) => {
        const saved = await save(subjects[scope], plan(parts));
        return saved.kind === 'refused'
          ? [saved.why, ...saved.fields.map((one) => `${one.field}: ${one.problem}`)]
          : [];
      };
      expect(await problems({ record: true })).toEqual([
        'capability',
        expect.stringMatching(/^record: sandbox lacks the capability record-conversation/),
      ]);
      expect(await problems({ handOver: { to: 'sip:calls@centre.example' } })).toEqual([
        'capability',
        expect.stringMatching(/^handOver: sandbox lacks the capability hand-over-sip/),
      ]);
      expect(await problems({ handOver: { to: elsewhere } })).toEqual([]);
    },
  );

  test('does not ask carriers of numbers that it does not stand for', async () => {
    const { save, subjects, db, ids, enterpriseId } = await setup();
    const other = { id: ids.make('num'), e164: '+15035550199' as E164, carrier: 'vonage', failover: null };
    await db
      .insertInto('number')
      .values({ ...other, enterprise_id: enterpriseId, pool_id: null, state: 'active', free_at: new Date(0) })
      .execute();
    expect(await save(subjects.enterprise, plan({}))).toMatchObject({ kind: 'saved' });
  });
});
