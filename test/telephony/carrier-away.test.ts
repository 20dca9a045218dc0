/** A carrier whose REST API is away: phones that cannot be rung make room, and the caller is told as soon as it is back. */
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { stageCore } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';

const away = { kind: 'unavailable', reason: 'away' } as const;

onEveryStore('a carrier that is away', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('is asked a few times for each phone, then the caller is for the voicemail, and told whenever it answers', async () => {
    const world = await stageCore(database);
    const asked = { dials: 0, told: 0 };
    let isAway = true;
    world.carrier.voice.dial = async () => {
      asked.dials += 1;
      return away;
    };
    world.carrier.voice.instruct = async () => {
      asked.told += 1;
      return isAway ? away : { kind: 'done' };
    };
    await world.addAgent();
    await world.addAgent();
    const taken = await world.takeCall();
    if (taken.kind !== 'taken') throw new Error('not taken');
    const stateOf = async () => (await world.calls.read(world.db, taken.call.id))?.state;
    for (let second = 0; second < 10; second += 1) {
      await world.settle();
      world.clock.at += 1_000;
    }
    expect([await stateOf(), asked.dials], 'four tries of two phones').toEqual(['voicemail', 8]);
    for (let minute = 0; minute < 3; minute += 1) {
      await world.settle();
      world.clock.at += 31_000;
    }
    isAway = false;
    const told = asked.told;
    await world.settle();
    expect(asked.told).toBe(told + 1);
    world.clock.at += 31_000;
    await world.settle();
    expect(asked.told, 'once it has been told, nothing is repeated').toBe(told + 1);
  });

  test('is not ordered to say what the caller has heard meanwhile by asking, and a call that has ended waits for nothing', async () => {
    const world = await stageCore(database, { waitsOutside: true });
    let told = 0;
    let isAway = true;
    world.carrier.voice.instruct = async () => {
      told += 1;
      return isAway ? away : { kind: 'done' };
    };
    world.carrier.voice.dial = async () => away;
    await world.addAgent();
    const taken = await world.takeCall();
    if (taken.kind !== 'taken') throw new Error('not taken');
    const { id } = taken.call;
    for (let second = 0; second < 6; second += 1) {
      await world.settle();
      world.clock.at += 1_000;
    }
    expect((await world.calls.read(world.db, id))?.state).toBe('voicemail');
    const heard = await world.callDesk.ask(id);
    expect(heard.kind === 'heard' && heard.instructions.map(({ verb }) => verb)).toEqual(['say', 'record', 'hang-up']);
    isAway = false;
    const before = told;
    world.clock.at += 31_000;
    await world.settle();
    expect(told, 'the message is not cut short').toBe(before);
    await world.runner.run(id, { type: 'caller-ended' });
    await world.settle();
    const pending = world.db
      .selectFrom('outbox')
      .select('lane')
      .where('state', '=', 'pending')
      .where('lane', 'like', `%${id}%`);
    expect((await pending.execute()).filter(({ lane }) => !lane.startsWith('hook:'))).toEqual([]);
  });

  test('keeps nobody waiting beyond the wait, whose end the caller’s own question brings about', async () => {
    const world = await stageCore(database, { waitsOutside: true });
    await world.addAgent();
    const taken = await world.takeCall();
    if (taken.kind !== 'taken') throw new Error('not taken');
    // No order is performed and no timer falls: whoever would do it hangs in a request.
    world.clock.at = taken.call.plan.waitUntil;
    const heard = await world.callDesk.ask(taken.call.id);
    expect(heard).toMatchObject({ kind: 'heard', call: { state: 'voicemail', legs: [{ ending: 'failed' }] } });
    expect(heard.kind === 'heard' && heard.instructions[0]).toMatchObject({
      text: expect.stringContaining('leave a message'),
    });
  });
});
