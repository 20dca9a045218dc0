/**
 * The database server is killed in the middle of many calls. Who calls then, or has just called, hears the failover
 * destination within three seconds by the clock; who talks goes on talking, who waits goes on waiting, and what they do
 * meanwhile is known once the server is back. 24 calls in the suite, as many as LINEKEEPER_STOPPED_CALLS says otherwise.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FarEndCall } from '../../src/simulate/far-end/far-end-phone.ts';
import { createOwnPostgres, findPostgresPrograms } from '../support/own-postgres.ts';
import { startServerGateway } from './server-gateway.ts';

const calls = Number(process.env.LINEKEEPER_STOPPED_CALLS ?? 24);
const numbers = ['+19715550100', '+19715550101'];
const failover = '+15035550188';
const withinMs = 3_000;

const programs = await findPostgresPrograms();
const why = programs === null ? ' SKIPPED: no PostgreSQL programs' : '';

type Staged = Awaited<ReturnType<typeof startServerGateway>>;

async function openStage(bin: string) {
  const postgres = await createOwnPostgres(bin);
  onTestFinished(() => postgres.kill());
  await postgres.start();
  const staged = await startServerGateway({
    databaseUrl: postgres.url,
    numbers: numbers.map((number) => ({ number, failover })),
  });
  const agents = Math.floor(calls / 4);
  for (let index = 0; index < agents; index += 1) {
    const phone = `+1646555${String(100 + (index % 100)).padStart(4, '0')}`;
    await staged.ask('/v1/agents', { name: `Agent ${index}`, phone, presence: 'ready' });
  }
  staged.farEnd.onRing((phone) => {
    phone.answer();
    if (phone.to !== failover) void phone.press('1').catch(() => undefined);
  });
  let placed = 0;
  const place = (): FarEndCall => {
    placed += 1;
    const from = `+1206555${String(100 + (placed % 100)).padStart(4, '0')}`;
    return staged.farEnd.placeCall({ to: numbers[placed % 2] ?? '', from });
  };
  // The demo brings two agents of its own.
  return { postgres, ...staged, agents: agents + 2, place };
}

/** Until somebody speaks with the caller: an agent, the failover destination, or the greeting and hold music. */
async function timed(call: FarEndCall): Promise<{ readonly moment: string; readonly ms: number }> {
  const beganAt = performance.now();
  const moment = await call.waitFor(['bridged', 'holding'], 15_000);
  return { moment, ms: performance.now() - beganAt };
}

async function everybodyEnds({ centre, ask }: Pick<Staged, 'centre' | 'ask'>, count: number) {
  const ended = () => new Set(centre.heard.filter(({ type }) => type === 'call.ended').map(({ subject }) => subject));
  await centre.until(`${count} calls to end`, () => (ended().size >= count ? true : undefined), 60_000);
  const told = centre.heard.filter(({ type }) => type === 'call.ended');
  expect(told.length).toBe(count);
  const { items } = await ask('/v1/agents');
  return { verdicts: told.map(({ data }) => (data.verdict as { slug: string }).slug), agents: items };
}

/** A few at a time: these are to be taken by the record. */
async function fill(
  { place }: Pick<Awaited<ReturnType<typeof openStage>>, 'place'>,
  count: number,
): Promise<FarEndCall[]> {
  const placed: FarEndCall[] = [];
  while (placed.length < count) {
    const some = Array.from({ length: Math.min(8, count - placed.length) }, place);
    await Promise.all(some.map((call) => call.waitFor(['holding', 'bridged'], 30_000)));
    placed.push(...some);
  }
  return placed;
}

/** As the record knows them, once every agent has somebody. */
async function talkingWithAgents(
  { farEnd, ask, agents }: Awaited<ReturnType<typeof openStage>>,
  placed: readonly FarEndCall[],
): Promise<readonly FarEndCall[]> {
  const wanted = Math.min(agents, placed.length);
  const bridged = () => placed.filter((call) => call.moment() === 'bridged').length;
  await farEnd.until('agents to take the first calls', () => (bridged() >= wanted ? true : undefined), 60_000);
  const { items } = await ask('/v1/calls?limit=200');
  const known = new Set(
    items
      .filter(({ state }: { state: string }) => state === 'bridged')
      .map(({ carrierCallId }: { carrierCallId: string }) => carrierCallId),
  );
  return placed.filter(({ sid }) => known.has(sid));
}

describe.skipIf(programs === null)(`the database server is killed under calls${why}`, () => {
  test('callers reach the failover destination within 3 s; calls under way go on and end rightly', async () => {
    const stage = await openStage(programs ?? '');
    const { farEnd, postgres, place } = stage;
    const before = await fill(stage, Math.floor(calls / 2));
    const talked = await talkingWithAgents(stage, before);

    const inFlight = Array.from({ length: Math.floor(calls / 4) }, place).map(timed);
    const killed = postgres.kill();
    const duringAtOnce = Array.from({ length: Math.floor(calls / 8) }, place).map(timed);
    await killed;
    const during = Array.from({ length: calls - before.length - inFlight.length - duringAtOnce.length }, place).map(
      timed,
    );
    const heard = await Promise.all([...inFlight, ...duringAtOnce, ...during]);
    const slowest = Math.max(...heard.map(({ ms }) => ms));
    const sentOn = heard.filter(({ moment }) => moment === 'bridged').length;
    process.stdout.write(
      `database killed: ${calls} calls, ${talked.length} talking, ${heard.length} came in; ${sentOn} heard the failover ` +
        `destination, ${heard.length - sentOn} were taken just before; the slowest heard somebody after ${Math.round(slowest)} ms\n`,
    );
    expect(talked.length).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(withinMs);
    expect((await Promise.all(during)).every(({ moment }) => moment === 'bridged')).toBe(true);
    expect(talked.every((call) => call.moment() === 'bridged')).toBe(true);

    // Some hang up while nobody can write it down.
    for (const call of talked.slice(0, Math.ceil(talked.length / 2))) call.hangUp();
    await farEnd.settled();
    await postgres.start();
    for (const call of farEnd.calls()) if (call.direction === 'inbound' && call.moment() !== 'ended') call.hangUp();
    const { verdicts, agents } = await everybodyEnds(stage, calls);
    const count = (slug: string) => verdicts.filter((verdict) => verdict === slug).length;
    expect(count('answered')).toBeGreaterThanOrEqual(talked.length);
    expect(count('failover-unrecorded')).toBeGreaterThanOrEqual(sentOn);
    await expect
      .poll(async () => (await stage.ask('/v1/agents')).items.map(({ presence }: { presence: string }) => presence), {
        timeout: 15_000,
      })
      .toEqual(agents.map(() => 'ready'));
  }, 180_000);
});
