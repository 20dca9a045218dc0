/**
 * The record does not answer: a caller hears somebody all the same. The number's failover destination is dialled from
 * memory within Twilio's patience, nobody else is rung, and the call is recorded and told once the record is back.
 */
import { sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { createVonageFarEnd } from '../carriers/vonage/far-end/vonage-far-end.ts';
import { onEveryStore } from '../support/stores.ts';
import { startLoopbackProxy } from './loopback-proxy.ts';
import { ownDatabase, startServerGateway } from './server-gateway.ts';
import { phone, wireCore } from './wired-core.ts';

const ours = phone('+19715550100');
const bare = phone('+19715550101');
const failover = phone('+15035550188');
const caller = phone('+12065550123');
const numbers = [
  { e164: ours, failover },
  { e164: bare, failover: null },
];

/** Keeps every call out of reach, or the whole record where there is one session, until told otherwise. */
async function holdRecord(database: Database<Tables>): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = database.kysely.transaction().execute(async (tx) => {
    await sql`lock table call in access exclusive mode`.execute(tx);
    held.resolve();
    await released.promise;
  });
  await held.promise;
  return () => {
    released.resolve();
    return holding;
  };
}

/** The caller talks with the failover destination; both have hung up when this resolves. */
async function callFailover(farEnd: TwilioFarEnd): Promise<string> {
  const call = farEnd.placeCall({ to: ours, from: caller });
  const destination = await farEnd.waitForRing(failover);
  destination.answer();
  await call.waitFor('bridged');
  call.hangUp();
  return call.sid;
}

function expectNobodyElseRung(farEnd: TwilioFarEnd): void {
  expect(farEnd.calls().filter(({ to }) => to !== ours && to !== bare && to !== failover)).toEqual([]);
  expect(farEnd.requests()).toEqual([]);
}

onEveryStore('the record does not answer', (store) => {
  test('the caller is connected to the failover destination, and the call is recorded afterwards', async () => {
    const database = await store.open();
    const { core, farEnd, db } = await wireCore(database, numbers);
    const release = await holdRecord(database);
    const callSid = await callFailover(farEnd);
    await release();
    await farEnd.settled();
    await Promise.all([core.failovers.tellLater(), core.failovers.tellLater()]);
    const calls = await db.selectFrom('call').select(['id', 'carrier_call_id', 'document']).execute();
    expect(calls.map((call) => call.carrier_call_id)).toEqual([callSid]);
    expect(calls[0]?.document).toMatchObject({ state: 'ended', verdict: { slug: 'failover-unrecorded' }, legs: [] });
    const events = await db.selectFrom('event').select(['type', 'sequence']).orderBy('sequence').execute();
    expect(events.map(({ type }) => type)).toEqual(['call.received', 'call.attributed', 'call.ended']);
    // Learning comes again each hour; nothing is promised for the call itself.
    const promised = db
      .selectFrom('outbox')
      .select('kind')
      .where('kind', 'not in', ['webhook.deliver', 'attribution.learn']);
    expect(await promised.execute()).toEqual([]);
    expectNobodyElseRung(farEnd);
  });

  test('a number without failover answers 503, so that Twilio tries the fallback address', async () => {
    const database = await store.open();
    const { farEnd, db } = await wireCore(database, numbers);
    const release = await holdRecord(database);
    const call = farEnd.placeCall({ to: bare, from: caller });
    await call.waitFor('ended');
    await release();
    const [voice] = farEnd.deliveries().filter(({ kind }) => kind === 'voice');
    expect(voice?.answer).toMatchObject({ kind: 'answered', status: 503 });
    expect(voice?.answer.kind === 'answered' && JSON.parse(voice.answer.body)).toMatchObject({
      code: 'unavailable',
      retry: true,
    });
    expect(await db.selectFrom('call').select('id').execute()).toEqual([]);
    expectNobodyElseRung(farEnd);
  });
});

onEveryStore('the record stops answering in the middle of a call', (store) => {
  test('an agent who takes the call is kept on the line and has the caller once the record answers', async () => {
    const database = await store.open();
    const { core, farEnd, db } = await wireCore(database, numbers);
    const call = farEnd.placeCall({ to: ours, from: caller });
    await call.waitFor('holding');
    const { id } = await db.selectFrom('call').select('id').executeTakeFirstOrThrow();
    await core.lanes.run(`call:${id}`);
    const agent = await farEnd.waitForRing();
    agent.answer();
    await agent.waitToHear(/Press 1/);
    const release = await holdRecord(database);
    await agent.press('1');
    await agent.waitToHear(/One moment, please/);
    expect(call.moment()).toBe('holding');
    await release();
    await agent.waitFor('holding');
    await core.lanes.run(`call:${id}`);
    await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
    call.hangUp();
    await agent.waitFor('ended');
    await farEnd.settled();
    expect(farEnd.faults()).toEqual([]);
    const ended = await db.selectFrom('call').select('document').executeTakeFirstOrThrow();
    expect(ended.document).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
  });

  test('a caller who hangs up meanwhile is known to have done so afterwards', async () => {
    const database = await store.open();
    const { core, farEnd, db } = await wireCore(database, numbers);
    const call = farEnd.placeCall({ to: ours, from: caller });
    await call.waitFor('holding');
    const release = await holdRecord(database);
    call.hangUp();
    await farEnd.settled();
    const [status] = farEnd.deliveries().filter(({ kind }) => kind === 'call-status');
    expect(status?.answer).toMatchObject({ kind: 'answered', status: 503 });
    await release();
    await core.untold.tellLater();
    const ended = await db.selectFrom('call').select('document').executeTakeFirstOrThrow();
    expect(ended.document).toMatchObject({ state: 'ended', verdict: { slug: 'caller-gave-up' } });
  });
});

onEveryStore('the record stops answering in the middle of a call of Vonage’s', (store) => {
  async function setup() {
    const database = await store.open();
    const vonage = await createVonageFarEnd({ musicMs: 300 });
    const { core, db, url } = await wireCore(database, numbers, vonage);
    vonage.pointAt(url, url);
    const caller = vonage.placeCall({ to: ours, from: '+12065550123', method: 'POST' });
    await vonage.until('the caller to wait', () => (caller.moment === 'waiting' ? true : undefined));
    const { id } = await db.selectFrom('call').select('id').executeTakeFirstOrThrow();
    return { database, vonage, core, db, caller, id };
  }
  const heard = (leg: { heard: readonly string[] }, pattern: RegExp) =>
    leg.heard.filter((words) => pattern.test(words));

  test('who waits hears music on, and an agent who takes the call is kept on the line until the record answers', async () => {
    const { database, vonage, core, db, caller, id } = await setup();
    await core.lanes.run(`call:${id}`);
    const agent = await vonage.until('a phone to ring', () =>
      vonage.legs().find(({ status, direction }) => status === 'ringing' && direction === 'outbound'),
    );
    vonage.answer(agent);
    await vonage.until('the agent to be asked', () => (agent.moment === 'keys' ? true : undefined));
    const release = await holdRecord(database);
    await vonage.input(agent, 'keys', '1');
    await vonage.until('the agent to be kept', () => heard(agent, /One moment, please/)[0]);
    const rounds = heard(caller, /music/).length;
    await vonage.until('the caller to hear music on', () =>
      heard(caller, /music/).length > rounds ? true : undefined,
    );
    expect(caller.heard).not.toContain('silence');
    await release();
    await vonage.input(agent, 'keys', '');
    await vonage.until('the two to talk', () =>
      agent.moment === 'talking' && caller.moment === 'talking' ? true : undefined,
    );
    vonage.enter(caller, 'completed');
    await vonage.settled();
    const ended = await db.selectFrom('call').select('document').executeTakeFirstOrThrow();
    expect(ended.document).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
  }, 30_000);

  test('a caller who hangs up meanwhile is known to have done so afterwards', async () => {
    const { database, vonage, core, db, caller } = await setup();
    const release = await holdRecord(database);
    vonage.enter(caller, 'completed');
    await vonage.settled();
    expect(
      vonage
        .deliveries()
        .filter(({ kind }) => kind === 'event')
        .at(-1)?.answer.status,
    ).toBe(503);
    await release();
    await core.untold.tellLater();
    const ended = await db.selectFrom('call').select('document').executeTakeFirstOrThrow();
    expect(ended.document).toMatchObject({ state: 'ended', verdict: { slug: 'caller-gave-up' } });
  }, 30_000);
});

const { postgres } = inject('stores');
const why = postgres.kind === 'absent' ? ` SKIPPED: ${postgres.reason}` : '';

describe.skipIf(postgres.kind === 'absent')(`the way to the database server is lost${why}`, () => {
  test('callers go to the failover destination; the call is told without another one coming in', async () => {
    const databaseUrl = new URL(await ownDatabase());
    const socketFolder = databaseUrl.searchParams.get('host');
    const port = Number(databaseUrl.port || 5432);
    const target =
      socketFolder === null ? { host: databaseUrl.hostname, port } : { path: `${socketFolder}/.s.PGSQL.${port}` };
    const wire = await startLoopbackProxy(target);
    onTestFinished(() => wire.close());
    databaseUrl.searchParams.delete('host');
    databaseUrl.host = `127.0.0.1:${wire.port}`;
    const { farEnd, centre, ask } = await startServerGateway({
      databaseUrl: databaseUrl.href,
      numbers: [{ number: ours, failover }],
    });
    wire.swallow();
    const callSid = await callFailover(farEnd);
    wire.heal();
    const ended = await centre.until(
      'the end of the call',
      () => centre.heard.find(({ type }) => type === 'call.ended'),
      15_000,
    );
    const { items } = await ask('/v1/calls');
    expect(items).toMatchObject([
      { id: ended.subject, carrierCallId: callSid, verdict: { slug: 'failover-unrecorded' } },
    ]);
    expect(centre.heard.map(({ type }) => type)).toEqual(['call.received', 'call.attributed', 'call.ended']);
    expectNobodyElseRung(farEnd);
  }, 40_000);
});
