import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import { createIds, type EndpointId, type EnterpriseId } from '../../src/ports/ids.ts';
import { silentLog } from '../../src/ports/log.ts';
import { createSecrets } from '../../src/ports/secrets.ts';
import { createDeliverEvent } from '../../src/records/deliver-event.ts';
import { createDeliveries } from '../../src/records/deliveries.postgres.ts';
import { createEndpoints } from '../../src/records/endpoints.postgres.ts';
import { createOutbox } from '../../src/records/outbox.postgres.ts';
import { createLaneRunner } from '../../src/records/run-lane.ts';
import type { Tables } from '../../src/records/schema.ts';
import { createTransact } from '../../src/records/transact.ts';
import { onEveryStore } from '../support/stores.ts';

const start = Date.parse('2026-05-04T10:00:00Z');
const hourMs = 60 * 60 * 1_000;

/** An enterprise of its own in the suite's database, a clock that stands still until moved, an endpoint whose answers the test chooses. */
async function setup(database: Database<Tables>) {
  const db = database.kysely;
  const clock = { at: start, now: () => clock.at };
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const ids = createIds({ clock, randomBytes });
  const enterpriseId = ids.make('ent');
  await db
    .insertInto('enterprise')
    .values({ id: enterpriseId, name: 'Acme', created_at: new Date(start) })
    .execute();
  const woken: string[] = [];
  const jobs = {
    wake: async (wakes: readonly { lane: string }[]) => void woken.push(...wakes.map(({ lane }) => lane)),
  };
  const transact = createTransact({ database, jobs, log: silentLog });
  const outbox = createOutbox({ clock, ids });
  const secrets = createSecrets({ masterKey: new Uint8Array(32), randomBytes });
  const endpoints = createEndpoints({ clock, ids, secrets, randomBytes, outbox });
  const deliveries = createDeliveries({ clock });
  const answer = { status: 200 };
  const sent: string[] = [];
  const deliver = createDeliverEvent({
    db,
    transact,
    clock,
    random: () => 0.5,
    log: silentLog,
    outbox,
    endpoints,
    poster: {
      async post(_url, headers) {
        sent.push(headers['webhook-id'] ?? '');
        return { kind: 'answered', status: answer.status, retryAfterMs: null };
      },
    },
  });
  const runner = createLaneRunner({
    db,
    outbox,
    jobs,
    clock,
    log: silentLog,
    handlers: { 'webhook.deliver': deliver },
  });
  const say = (subject: string) =>
    transact((work) => outbox.appendEvent(work, { enterpriseId, subject, type: 'call.ended', data: {} }));
  const create = async () =>
    (await endpoints.create(db, { enterpriseId, url: 'https://hooks.example.com/' })).endpoint.id;
  const keyOf = (endpointId: EndpointId) => ({ enterpriseId, endpointId });
  return { db, clock, enterpriseId, transact, endpoints, deliveries, answer, sent, runner, say, create, keyOf, woken };
}

/** Runs a lane with its clock moved past each pause until the head is settled for good. */
async function runToTheEnd(world: Awaited<ReturnType<typeof setup>>, lane: string): Promise<void> {
  for (let tries = 0; tries <= limits.deliveryPausesMs.length; tries += 1) {
    await world.runner.run(lane);
    world.clock.at += limits.deliveryPausesMs[tries] ?? 0;
  }
}

onEveryStore('endpoints', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('a secret is shown once, sealed at rest, and opened to sign', async () => {
    const { db, endpoints, enterpriseId } = await setup(database);
    const { endpoint, secret } = await endpoints.create(db, { enterpriseId, url: 'https://hooks.example.com/' });
    const row = await db.selectFrom('endpoint').selectAll().where('id', '=', endpoint.id).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret.slice(6));
    expect(await endpoints.readTarget(db, endpoint.id)).toMatchObject({ enabled: true, secrets: [secret] });
    expect(await endpoints.list(db, enterpriseId)).toEqual([endpoint]);
    expect(JSON.stringify(endpoint)).not.toContain('whsec_');
  });

  test('a secret that cannot be opened holds up its own endpoint and none that is asked for together with it', async () => {
    const { db, endpoints, create } = await setup(database);
    const [broken, whole] = [await create(), await create()];
    await db.updateTable('endpoint').set({ secret_sealed: '1.rubbish' }).where('id', '=', broken).execute();
    const [failed, target] = await Promise.allSettled([
      endpoints.readTarget(db, broken),
      endpoints.readTarget(db, whole),
    ]);
    expect(failed.status).toBe('rejected');
    expect(target).toMatchObject({ status: 'fulfilled', value: { enabled: true } });
  });

  test('after a rotation both secrets sign for 24 h, then the new one alone', async () => {
    const { db, clock, endpoints, enterpriseId, keyOf } = await setup(database);
    const { endpoint, secret } = await endpoints.create(db, { enterpriseId, url: 'https://hooks.example.com/' });
    const rotated = await endpoints.rotateSecret(db, keyOf(endpoint.id));
    expect(rotated?.endpoint.previousSecretUntil).toBe(start + 24 * hourMs);
    clock.at += 24 * hourMs - 1;
    expect((await endpoints.readTarget(db, endpoint.id))?.secrets).toEqual([rotated?.secret, secret]);
    clock.at += 1;
    expect((await endpoints.readTarget(db, endpoint.id))?.secrets).toEqual([rotated?.secret]);
  });

  test('another enterprise finds and changes nothing', async () => {
    const { db, endpoints, deliveries, transact, create, say } = await setup(database);
    const endpointId = await create();
    await say('call_1');
    const foreign = { enterpriseId: 'ent_other' as EnterpriseId, endpointId };
    expect(await endpoints.read(db, foreign)).toBeNull();
    expect(await endpoints.setEnabled(db, foreign, false)).toBeNull();
    expect(await endpoints.rotateSecret(db, foreign)).toBeNull();
    expect(await deliveries.list(db, foreign, { limit: 10 })).toEqual({ items: [], next: null });
    const { id } = await db
      .selectFrom('outbox')
      .select('id')
      .where('endpoint_id', '=', endpointId)
      .executeTakeFirstOrThrow();
    const replay = { enterpriseId: foreign.enterpriseId, deliveryId: id };
    expect(await transact((work) => deliveries.replay(work, replay))).toEqual({ kind: 'refused', reason: 'not-found' });
  });

  test('120 h of nothing but failures disable it, once, and the other endpoints are told', async () => {
    const { db, clock, endpoints, enterpriseId, transact, create, keyOf } = await setup(database);
    const [failing, other] = [await create(), await create()];
    const fail = () => transact((work) => endpoints.noteFailure(work, failing));
    await fail();
    clock.at += limits.deliveryDisableAfterMs - 1;
    await fail();
    expect(await endpoints.read(db, keyOf(failing))).toMatchObject({ enabled: true, failingSince: start });
    clock.at += 1;
    await fail();
    await fail();
    expect(await endpoints.read(db, keyOf(failing))).toMatchObject({
      enabled: false,
      disabledReason: 'nothing but failures',
    });
    const told = await db
      .selectFrom('outbox')
      .innerJoin('event', 'event.id', 'outbox.event_id')
      .select(['outbox.endpoint_id', 'event.type', 'event.subject'])
      .where('event.enterprise_id', '=', enterpriseId)
      .execute();
    expect(told).toEqual([{ endpoint_id: other, type: 'endpoint.disabled', subject: failing }]);
    expect(await endpoints.setEnabled(db, keyOf(failing), true)).toMatchObject({
      enabled: true,
      disabledReason: null,
      failingSince: null,
    });
  });

  test('one success among the failures starts the count again', async () => {
    const { db, clock, endpoints, transact, create, keyOf } = await setup(database);
    const id = await create();
    await transact((work) => endpoints.noteFailure(work, id));
    clock.at += limits.deliveryDisableAfterMs;
    await endpoints.noteSuccess(db, id);
    await transact((work) => endpoints.noteFailure(work, id));
    expect(await endpoints.read(db, keyOf(id))).toMatchObject({ enabled: true, failingSince: clock.at });
  });

  test('switching off again does not hide why it was disabled', async () => {
    const { db, endpoints, transact, create, keyOf } = await setup(database);
    const [gone, off] = [await create(), await create()];
    await transact((work) => endpoints.disable(work, gone, 'the endpoint answered 410 Gone'));
    expect((await endpoints.setEnabled(db, keyOf(gone), false))?.disabledReason).toBe('the endpoint answered 410 Gone');
    expect((await endpoints.setEnabled(db, keyOf(off), false))?.disabledReason).toBe('switched off');
  });

  test('deliveries are listed newest first, page by page, with their events', async () => {
    const { db, deliveries, create, say, keyOf } = await setup(database);
    const key = keyOf(await create());
    const events = [await say('call_paged'), await say('call_paged'), await say('call_2')];
    const first = await deliveries.list(db, key, { limit: 2 });
    expect(first.items.map(({ eventId }) => eventId)).toEqual([events[2], events[1]]);
    expect(first.items[1]).toMatchObject({
      state: 'pending',
      attempts: 0,
      type: 'call.ended',
      subject: 'call_paged',
      sequence: 2,
      dueAt: start,
      settledAt: null,
    });
    const second = await deliveries.list(db, key, { limit: 2, ...(first.next === null ? {} : { before: first.next }) });
    expect(second.items.map(({ eventId }) => eventId)).toEqual([events[0]]);
    expect(second.next).toBeNull();
  });

  test('a dead letter lets the next event through, and its replay goes out late with every try before it', async () => {
    const world = await setup(database);
    const { db, deliveries, transact, enterpriseId, answer, sent, runner, say, keyOf, woken } = world;
    const key = keyOf(await world.create());
    const lane = `hook:${key.endpointId}:call_1`;
    const dead = await say('call_1');
    answer.status = 500;
    await runToTheEnd(world, lane);
    expect(sent).toEqual(Array.from({ length: 10 }, () => dead));
    answer.status = 200;
    const next = await say('call_1');
    await runner.run(lane);
    expect(sent.at(-1)).toBe(next);

    const [delivered, letter] = (await deliveries.list(db, key, { limit: 10 })).items;
    expect(delivered).toMatchObject({ state: 'done', attempts: 1 });
    expect(letter).toMatchObject({ state: 'dead', attempts: 10, lastError: 'status 500', eventId: dead });
    const replay = (deliveryId = 0) => transact((work) => deliveries.replay(work, { enterpriseId, deliveryId }));
    expect(await replay(delivered?.id)).toEqual({ kind: 'refused', reason: 'not-dead' });
    expect(await replay(letter?.id)).toEqual({ kind: 'replayed' });
    expect(await replay(letter?.id)).toEqual({ kind: 'refused', reason: 'not-dead' });
    expect(woken.at(-1)).toBe(`${lane}:late`);

    answer.status = 500;
    await runner.run(`${lane}:late`);
    expect((await deliveries.list(db, key, { limit: 10 })).items[1]).toMatchObject({
      state: 'pending',
      attempts: 11,
      dueAt: world.clock.at + 5_000,
    });
    answer.status = 200;
    const live = await say('call_1');
    await runner.run(lane);
    expect(sent.at(-1)).toBe(live);
    await runToTheEnd(world, `${lane}:late`);
    expect(sent.at(-1)).toBe(dead);
    expect((await deliveries.list(db, key, { limit: 10 })).items[2]).toMatchObject({ state: 'done', lastError: null });
  });

  test('what waits for a disabled endpoint dies, and is replayed once it is enabled', async () => {
    const world = await setup(database);
    const { db, endpoints, deliveries, transact, enterpriseId, sent, runner, say, keyOf } = world;
    const key = keyOf(await world.create());
    const lane = `hook:${key.endpointId}:call_1`;
    const event = await say('call_1');
    await endpoints.setEnabled(db, key, false);
    await runner.run(lane);
    const [letter] = (await deliveries.list(db, key, { limit: 1 })).items;
    expect(letter).toMatchObject({ state: 'dead', lastError: 'endpoint disabled' });
    const replay = () => transact((work) => deliveries.replay(work, { enterpriseId, deliveryId: letter?.id ?? 0 }));
    expect(await replay()).toEqual({ kind: 'refused', reason: 'endpoint-disabled' });
    await endpoints.setEnabled(db, key, true);
    expect(await replay()).toEqual({ kind: 'replayed' });
    await runner.run(`${lane}:late`);
    expect(sent).toEqual([event]);
  });

  test('410 disables the endpoint in the record', async () => {
    const world = await setup(database);
    const key = world.keyOf(await world.create());
    await world.say('call_1');
    world.answer.status = 410;
    await world.runner.run(`hook:${key.endpointId}:call_1`);
    expect(await world.endpoints.read(world.db, key)).toMatchObject({
      enabled: false,
      disabledReason: 'the endpoint answered 410 Gone',
    });
  });
});
