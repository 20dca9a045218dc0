/** Calls that only the carrier knows are found and kept, once, as what they are. */
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { routePlanSchema } from '../../src/telephony/plan/route-plan.ts';
import type { ListedCall, ListedCalls } from '../../src/telephony/voice-carrier.ts';
import { minuteMs, nextPhone, type StagedCore, stageCore, stagedAt } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

onEveryStore('comparing calls with the carrier’s', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  /** A carrier that lists what the test puts into `listed`, and says since when it was asked. */
  async function setup() {
    const world = await stageCore(database);
    const listed: ListedCall[] = [];
    const asked: number[] = [];
    let answer: ListedCalls | null = null;
    world.carrier.voice.listIncoming = async (since) => {
      asked.push(since);
      return answer ?? { kind: 'listed', calls: listed, isWhole: true };
    };
    const add = (more: Partial<ListedCall> = {}) => {
      const dnis = world.numbers[0]?.e164 ?? nextPhone();
      const call = {
        carrierCallId: `SC-lost-${nextPhone()}`,
        dnis,
        ani: nextPhone(),
        startedAt: stagedAt - 3 * minuteMs,
        endedAt: stagedAt - 2 * minuteMs,
        ...more,
      };
      listed.push(call);
      return call;
    };
    const fail = (with_: ListedCalls | null) => {
      answer = with_;
    };
    return { world, add, asked, fail };
  }
  const callsOf = async ({ db, enterpriseId }: StagedCore) => {
    const rows = await db
      .selectFrom('call')
      .select(['carrier_call_id', 'document'])
      .where('enterprise_id', '=', enterpriseId)
      .orderBy('id')
      .execute();
    return rows.map(({ carrier_call_id: id, document }) => ({ id, document }));
  };

  test('a call whose webhook was lost is kept as unseen at its own time, told once, and rings nobody', async () => {
    const { world, add } = await setup();
    const agent = await world.addAgent();
    const lost = add();
    await Promise.all([world.callComparison.look(), world.callComparison.look()]);
    await world.callComparison.look();
    const [call, ...others] = await callsOf(world);
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      id: lost.carrierCallId,
      document: {
        state: 'ended',
        verdict: { slug: 'unseen', outcome: 'missed' },
        startedAt: lost.startedAt,
        endedAt: lost.endedAt,
        legs: [],
      },
    });
    const { id } = await world.db
      .selectFrom('call')
      .select('id')
      .where('carrier_call_id', '=', lost.carrierCallId)
      .executeTakeFirstOrThrow();
    expect((await world.told(id)).map(({ type }) => type)).toEqual(['call.received', 'call.attributed', 'call.ended']);
    const { presence } = await world.db
      .selectFrom('agent')
      .select('presence')
      .where('id', '=', agent)
      .executeTakeFirstOrThrow();
    expect(presence).toBe('ready');
  });

  test('one that goes on at the carrier is kept too; one that may still be told of is not', async () => {
    const { world, add } = await setup();
    const live = add({ startedAt: stagedAt - 2 * minuteMs, endedAt: null });
    add({ startedAt: stagedAt - limits.callsComparedPatienceMs / 2, endedAt: null });
    await world.callComparison.look();
    expect((await callsOf(world)).map(({ id }) => id)).toEqual([live.carrierCallId]);
  });

  test('a call that is known, and one to a number that is not ours, are left alone', async () => {
    const { world, add } = await setup();
    const taken = await world.takeCall();
    if (taken.kind !== 'taken') throw new Error('not taken');
    const before = await callsOf(world);
    add({ carrierCallId: taken.call.carrierCallId ?? '' });
    add({ dnis: nextPhone() });
    await world.callComparison.look();
    expect(await callsOf(world)).toEqual(before);
  });

  test('the first look goes back an hour, later ones to the last that was answered, and a little more', async () => {
    const { world, asked, fail } = await setup();
    const { callsComparedBackMs: backMs, callsComparedPatienceMs: patienceMs } = limits;
    fail({ kind: 'unavailable', reason: 'away' });
    await world.callComparison.look();
    fail(null);
    await world.callComparison.look();
    world.clock.at += limits.callsComparedEveryMs;
    await world.callComparison.look();
    const first = stagedAt - backMs - 2 * patienceMs;
    expect(asked).toEqual([first, first, stagedAt - 2 * patienceMs]);
  });

  test('a caller who was sent to the failover from memory meanwhile is known to have been', async () => {
    const { world, add } = await setup();
    const { startedAt: _startedAt, endedAt: _endedAt, ...lost } = add();
    await world.callComparison.look();
    await world.callDesk.failedOver({ ...lost, carrier: 'sandbox', attestation: null, raw: {} });
    expect(await callsOf(world)).toMatchObject([{ document: { verdict: { slug: 'failover-unrecorded' } } }]);
  });

  test('outside hours, where a plan hangs up, such a call ends with the verdict of what became of it, and that is told', async () => {
    const { world, add } = await setup();
    const { enterpriseId, planDesk } = world;
    const plan = {
      hours: { timeZone: 'UTC', weekly: {} },
      closed: { announcement: null, action: 'hang-up' },
      greeting: null,
    };
    const saved = await planDesk.save({ enterpriseId, scope: 'enterprise' }, routePlanSchema.parse(plan));
    expect(saved.kind).toBe('saved');
    const unseen = add();
    await world.callComparison.look();
    const {
      startedAt: _startedAt,
      endedAt: _endedAt,
      ...away
    } = { ...unseen, carrierCallId: `SC-away-${nextPhone()}` };
    await world.callDesk.failedOver({ ...away, carrier: 'sandbox', attestation: null, raw: {} });
    const slugs = { [unseen.carrierCallId]: 'unseen', [away.carrierCallId]: 'failover-unrecorded' };
    const calls = await callsOf(world);
    expect(calls).toHaveLength(2);
    for (const { id, document } of calls) {
      expect(document).toMatchObject({ state: 'ended', verdict: { slug: slugs[id ?? ''] } });
      const told = (await world.told((document as { id: string }).id)).map(({ type }) => type);
      expect(told).toEqual(['call.received', 'call.attributed', 'call.planned', 'call.ended']);
    }
  });
});
