/**
 * Redis dies under a gateway. Under the jobs it only ever held hints, and a process follows its own: for callers nothing
 * changes. What the lease book had answered is in the record by then.
 */
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { createOwnRedis, type OwnRedis } from '../support/own-redis.ts';
import { ownDatabase, startServerGateway } from './server-gateway.ts';

const ours = '+19715550100';
const agent = /^\+1212555017[12]$/;

/** A Redis of our own, with the durability the deployment page asks for; killed after the test. */
async function ownRedis(): Promise<OwnRedis> {
  const redis = await createOwnRedis(['--appendonly', 'yes']);
  onTestFinished(redis.kill);
  await redis.start();
  return redis;
}

const { postgres, redis: found } = inject('stores');
const absent = [postgres, found].find(({ kind }) => kind === 'absent');
const why = absent?.kind === 'absent' ? ` SKIPPED: ${absent.reason}` : '';

describe.skipIf(absent !== undefined)(`Redis dies${why}`, () => {
  test('nothing changes for callers: an agent is rung, takes the call, and the contact centre is told', async () => {
    const redis = await ownRedis();
    const databaseUrl = await ownDatabase();
    const { farEnd, centre, ask } = await startServerGateway({
      databaseUrl,
      redisUrl: redis.url,
      numbers: [{ number: ours }],
    });
    await redis.kill();
    const call = farEnd.placeCall({ to: ours, from: '+12065550123' });
    await call.waitFor('holding');
    const text = await farEnd.sendText({ from: '+12065550124', to: ours, body: 'is anybody there' });
    expect(text.acknowledged).toBe(true);
    const phone = await farEnd.waitForRing();
    expect(phone.to).toMatch(agent);
    phone.answer();
    await phone.press('1');
    await call.waitFor('bridged');
    call.hangUp();
    await phone.waitFor('ended');
    await centre.until('the end of the call', () => centre.heard.find(({ type }) => type === 'call.ended'), 15_000);
    const { items } = await ask('/v1/calls');
    expect(items).toMatchObject([{ carrierCallId: call.sid, verdict: { slug: 'answered' } }]);
    expect(farEnd.requests().filter(({ what, path }) => path === 'Calls' && what === 'create')).toHaveLength(1);
    const texted = () => centre.heard.find(({ type }) => type === 'message.received');
    expect((await centre.until('the text', texted, 15_000)).data).toMatchObject({ body: 'is anybody there' });
    await redis.start();
    const next = farEnd.placeCall({ to: ours, from: '+12065550125' });
    await next.waitFor('holding');
    await farEnd.waitForRing();
  }, 60_000);

  test('a call is credited to whoever was shown the number last, while pages keep their own', async () => {
    const redis = await ownRedis();
    const databaseUrl = await ownDatabase();
    const { farEnd, centre, ask, askAsPage } = await startServerGateway({
      databaseUrl,
      redisUrl: redis.url,
      numbers: [{ number: ours }],
    });
    const page = { url: 'https://shop.example/' };
    let shown = await askAsPage('/v1/visits', page);
    while (!shown.number.shared) shown = await askAsPage('/v1/visits', page);
    // The last numbers of a busy pool are for people, and ours was added last.
    const moved = { engagedSeconds: 1, pages: 1, human: true };
    expect(await askAsPage(`/v1/visits/${shown.visit.id}/beat`, moved)).toMatchObject({ number: { e164: ours } });
    await redis.kill();
    const call = farEnd.placeCall({ to: ours, from: '+12065550123' });
    await call.waitFor('holding');
    expect(await askAsPage('/v1/visits', page)).toMatchObject({ code: 'unavailable', retry: true });
    const { items } = await ask(`/v1/calls?carrierCallId=${call.sid}`);
    expect(items).toMatchObject([{ visitId: shown.visit.id }]);
    call.hangUp();
    await redis.start();
    const beat = () => askAsPage(`/v1/visits/${shown.visit.id}/beat`, { engagedSeconds: 3, pages: 1 });
    await expect.poll(beat, { timeout: 15_000 }).toMatchObject({ number: { e164: ours } });
    await centre.until('the end of the call', () => centre.heard.find(({ type }) => type === 'call.ended'), 15_000);
  }, 60_000);
});
