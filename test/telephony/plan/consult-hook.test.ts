/** The decision hook beside a call that comes in: what it is asked, whose plan then stands, and that no call waits in vain. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { AskAnswer } from '../../../src/records/post-event.http.ts';
import { routePlanSchema } from '../../../src/telephony/plan/route-plan.ts';
import { nextPhone, stageCore } from '../../support/stage-core.ts';
import { onEveryStore } from '../../support/stores.ts';

const url = 'https://centre.example/decide';
const elsewhere = '+15035550177';

function answered(status: number, body: unknown = null): AskAnswer {
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body);
  return { kind: 'answered', status, retryAfterMs: null, body: text as string | null };
}

afterEach(() => void vi.useRealTimers());

onEveryStore('the decision hook', (store) => {
  async function setup(answer: AskAnswer | (() => Promise<AskAnswer>) = answered(204)) {
    const asked: { url: string; headers: Readonly<Record<string, string>>; body: string; timeoutMs: number }[] = [];
    const hook = { answer };
    const core = await stageCore(await store.open(), {
      askHook: async (to, headers, body, timeoutMs) => {
        asked.push({ url: to, headers, body, timeoutMs });
        return typeof hook.answer === 'function' ? hook.answer() : hook.answer;
      },
    });
    const { db, enterpriseId } = core;
    await db.updateTable('number').set({ country: 'US' }).where('enterprise_id', '=', enterpriseId).execute();
    const write = async (wish: object = {}) => {
      const secret = await core.transact(({ tx }) =>
        core.decisionHooks.write(tx, enterpriseId, { url, enabled: true, timeoutMs: 1_000, ...wish }),
      );
      core.hookDesk.changed(enterpriseId);
      return secret;
    };
    const secret = await write();
    const ask = async (ani: E164 | null = nextPhone()) => {
      const taken = await core.takeCall(undefined, ani);
      if (taken.kind !== 'taken') throw new Error('the number is not ours');
      return taken.call;
    };
    const save = (parts: object) =>
      core.planDesk.save({ enterpriseId, scope: 'enterprise' }, routePlanSchema.parse(parts));
    const failures = async () => (await core.decisionHooks.read(db, enterpriseId))?.failures ?? [];
    return { ...core, hook, asked, write, secret, ask, save, failures };
  }

  test('is asked about a call, signed and thin, before the call is kept', async () => {
    const { ask, asked, secret, addVisit, save } = await setup();
    await addVisit();
    await save({ product: 'solar' });
    const call = await ask();
    expect(secret).toMatch(/^whsec_/);
    expect(asked).toHaveLength(1);
    const [{ url: to, headers, body, timeoutMs }] = asked as [(typeof asked)[0]];
    expect([to, timeoutMs]).toEqual([url, 1_000]);
    expect(Object.keys(headers).sort()).toEqual(['webhook-id', 'webhook-signature', 'webhook-timestamp']);
    expect(JSON.parse(body)).toEqual({
      type: 'call.decide',
      timestamp: '2026-05-04T10:00:00.000Z',
      data: {
        callId: call.id,
        from: call.ani,
        to: call.dnis,
        numberId: call.numberId,
        poolId: expect.stringMatching(/^pool_/),
        attestation: null,
        assurance: 'L0',
        attribution: { decision: 'nobody', visitId: null, probability: expect.any(Number), campaign: {} },
        plan: { scope: 'enterprise', subjectId: call.enterpriseId, version: 1 },
      },
    });
    expect(call.plan).toMatchObject({ source: 'enterprise', hook: { outcome: 'no-opinion', why: null } });
  });

  test('that answers a plan decides, and the contact centre is told so', async () => {
    const { ask, save, told } = await setup(answered(200, { handOver: { to: elsewhere }, product: 'vip' }));
    await save({ product: 'solar', greeting: 'Ours.' });
    const call = await ask();
    expect(call.state).toBe('failover');
    expect(call.plan).toMatchObject({
      source: 'hook',
      version: null,
      product: 'vip',
      greeting: 'Ours.',
      handOver: { to: elsewhere },
      hook: { outcome: 'planned', why: null },
    });
    const planned = (await told(call.id)).find(({ type }) => type === 'call.planned');
    expect(planned?.data).toMatchObject({ source: 'hook', handOver: elsewhere, hook: { outcome: 'planned' } });
  });

  test('that answers a hand-over has it, whatever our own hours and menu are', async () => {
    const { ask, save } = await setup(answered(200, { handOver: { to: elsewhere } }));
    const menu = { prompt: 'Press 1.', keys: { 1: { to: 'agents' } } };
    await save({ hours: { timeZone: 'UTC', weekly: {} }, menu, callbackAfterMs: 9_000, announcement: 'Welcome.' });
    expect((await ask()).plan).toMatchObject({
      source: 'hook',
      closed: null,
      menu: null,
      opening: ['Welcome.'],
      handOver: { to: elsewhere },
    });
  });

  test('cannot send a call back to the number it came to', async () => {
    const { callDesk, hook, db, enterpriseId } = await setup();
    const dnis = '+15035550131' as E164;
    await db.updateTable('number').set({ e164: dnis }).where('enterprise_id', '=', enterpriseId).execute();
    hook.answer = answered(200, { handOver: { to: dnis } });
    const about = { carrier: 'sandbox', carrierCallId: 'SC-circle', ani: null, attestation: null, raw: {} };
    expect(await callDesk.take({ ...about, dnis })).toMatchObject({
      call: { plan: { source: 'default', hook: { outcome: 'rubbish', why: expect.stringMatching(/circle/) } } },
    });
  });

  describe('whose answer does not stand', () => {
    let stage: Awaited<ReturnType<typeof setup>>;
    beforeAll(async () => {
      stage = await setup();
      await stage.save({ product: 'solar' });
    });

    test.each<[string, AskAnswer, string, RegExp]>([
      ['is silent', { kind: 'failed', reason: 'timeout' }, 'late', /in time/],
      ['refuses to connect', { kind: 'failed', reason: 'ECONNREFUSED' }, 'unreachable', /ECONNREFUSED/],
      ['is at a forbidden address', { kind: 'refused', reason: 'not a public one' }, 'unreachable', /public/],
      ['answers 500', answered(500, {}), 'status', /500/],
      ['answers a redirect', answered(302, {}), 'status', /302/],
      ['answers no JSON', answered(200, '<html>'), 'rubbish', /JSON/],
      ['answers a list', answered(200, []), 'rubbish', /JSON object/],
      ['answers too much', answered(200, null), 'rubbish', /too large/],
      ['answers a key nobody knows', answered(200, { evil: 1 }), 'rubbish', /evil/],
      ['answers a prototype', answered(200, '{"__proto__":{"record":true}}'), 'rubbish', /./],
      ['answers a value out of bounds', answered(200, { waitMs: 1e9 }), 'rubbish', /^waitMs/],
      ['answers a far country', answered(200, { failover: '+442079460123' }), 'rubbish', /^failover: GB/],
      ['answers an island', answered(200, { handOver: { to: `+1876${'5550123'}` } }), 'rubbish', /^handOver\.to: JM/],
      ['answers pay-per-call', answered(200, { handOver: { to: `+1900${'5550123'}` } }), 'rubbish', /premium/],
      [
        'answers a hand-over and a menu',
        answered(200, { handOver: { to: elsewhere }, menu: { prompt: 'P', keys: { 1: { to: 'agents' } } } }),
        'rubbish',
        /^menu/,
      ],
      ['answers a strange SIP host', answered(200, { handOver: { to: 'sip:a@evil.example' } }), 'rubbish', /evil/],
      ['answers what the carrier cannot do', answered(200, { record: true }), 'rubbish', /^record: sandbox lacks/],
    ])('because it %s: our own plan does, and the note says why', async (_what, answer, outcome, why) => {
      const { ask, failures, hook, hookDesk, enterpriseId } = stage;
      hook.answer = answer;
      hookDesk.changed(enterpriseId);
      const call = await ask();
      expect(call.plan).toMatchObject({ source: 'enterprise', product: 'solar', handOver: null, record: false });
      expect(call.plan.hook).toMatchObject({ outcome, why: expect.stringMatching(why) });
      const kept = { callId: call.id, outcome, why: expect.stringMatching(why) };
      await expect.poll(async () => (await failures())[0]).toMatchObject(kept);
    });
  });

  test('keeps the latest failures only, newest first', async () => {
    const { ask, failures, hook, clock } = await setup();
    for (let count = 0; count < limits.hookFailuresKept + 3; count += 1) {
      clock.at += 1_000;
      hook.answer = answered(200, `rubbish ${count}`);
      await ask();
      await expect.poll(async () => (await failures())[0]?.at).toBe(new Date(clock.at).toISOString());
    }
    expect(await failures()).toHaveLength(limits.hookFailuresKept);
  });

  test('that is switched off, or not there, is not asked', async () => {
    const { ask, asked, write } = await setup();
    await write({ enabled: false });
    expect((await ask()).plan).toMatchObject({ source: 'default', hook: null });
    expect(asked).toEqual([]);
  });

  test('is asked once about a call that the carrier announces twice', async () => {
    const { callDesk, numbers, asked } = await setup();
    const [number] = numbers;
    const about = { carrier: 'sandbox', carrierCallId: 'SC-twice', ani: nextPhone(), attestation: null, raw: {} };
    const incoming = { ...about, dnis: number?.e164 as E164 };
    const first = await callDesk.take(incoming);
    expect(await callDesk.take(incoming)).toEqual(first);
    expect(asked).toHaveLength(1);
  });

  test('holds no transaction open while it thinks', async () => {
    const during: unknown[] = [];
    const stage = await setup(async () => {
      // The embedded database has one session: this would wait for ever for a transaction around the question.
      during.push(await stage.transact(({ tx }) => tx.selectFrom('call').select('id').execute()));
      return answered(204);
    });
    await stage.ask();
    expect(during).toEqual([[]]);
  });

  test('is not asked when what came before has taken the time', async () => {
    const { callDesk, numbers, asked, clock, hookDesk, ids } = await setup();
    const incoming = {
      carrier: 'sandbox',
      carrierCallId: 'SC-late',
      dnis: numbers[0]?.e164 as E164,
      ani: null,
      attestation: null,
      raw: {},
    };
    const consulted = await hookDesk.consult(incoming, ids.make('call'), clock.at - limits.hookBudgetMs);
    expect(consulted).toMatchObject({ plan: null, note: { outcome: 'late', why: 'no time was left to ask' } });
    const partly = await hookDesk.consult(incoming, ids.make('call'), clock.at - limits.hookBudgetMs + 400);
    expect(partly).toMatchObject({ note: { outcome: 'no-opinion' } });
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([400]);
    expect(await callDesk.take(incoming)).toMatchObject({ kind: 'taken' });
  });

  test('that fails again and again is left alone, and tried again after a pause', async () => {
    const from = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: from });
    const { ask, asked, hook, hookDesk, enterpriseId } = await setup({ kind: 'failed', reason: 'ECONNREFUSED' });
    const outcomes = async (count: number) => {
      const seen = [];
      for (let at = 0; at < count; at += 1) seen.push((await ask()).plan.hook?.outcome);
      return new Set(seen);
    };
    expect(await outcomes(limits.hookFailuresMax)).toEqual(new Set(['unreachable']));
    expect(hookDesk.circuitOf(enterpriseId)).toBe('open');
    expect(await outcomes(3)).toEqual(new Set(['circuit-open']));
    expect(asked).toHaveLength(limits.hookFailuresMax);

    vi.setSystemTime(from + limits.hookPauseMs);
    expect(await outcomes(1)).toEqual(new Set(['unreachable']));
    expect(await outcomes(1)).toEqual(new Set(['circuit-open']));

    vi.setSystemTime(from + 3 * limits.hookPauseMs);
    hook.answer = answered(200, { product: 'back' });
    expect(await outcomes(2)).toEqual(new Set(['planned']));
    expect(hookDesk.circuitOf(enterpriseId)).toBe('closed');
  });

  test('while one call tries it again, the others do not wait for how that went', async () => {
    const from = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: from });
    const { ask, hook } = await setup({ kind: 'failed', reason: 'timeout' });
    for (let at = 0; at < limits.hookFailuresMax; at += 1) await ask();
    vi.setSystemTime(from + limits.hookPauseMs);
    const { promise, resolve } = Promise.withResolvers<AskAnswer>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    hook.answer = () => {
      begin();
      return promise;
    };
    const trying = ask();
    await began;
    expect((await ask()).plan.hook?.outcome).toBe('circuit-open');
    resolve(answered(204));
    expect((await trying).plan.hook?.outcome).toBe('no-opinion');
  });

  test('whose answers are no good is asked all the same: it costs callers nothing', async () => {
    const { ask, asked } = await setup(answered(200, { evil: 1 }));
    for (let at = 0; at <= limits.hookFailuresMax; at += 1) await ask();
    expect(asked).toHaveLength(limits.hookFailuresMax + 1);
  });

  test('that was mended is asked at once', async () => {
    const { ask, asked, hook, write } = await setup({ kind: 'failed', reason: 'timeout' });
    for (let at = 0; at < limits.hookFailuresMax; at += 1) await ask();
    hook.answer = answered(204);
    expect(await write({ url: 'https://centre.example/mended' })).toBeNull();
    expect((await ask()).plan.hook?.outcome).toBe('no-opinion');
    expect(asked.at(-1)?.url).toBe('https://centre.example/mended');
  });

  test('signs with the old secret beside the new one for a day', async () => {
    const { ask, asked, decisionHooks, hookDesk, db, enterpriseId, clock } = await setup();
    await decisionHooks.rotateSecret(db, enterpriseId);
    hookDesk.changed(enterpriseId);
    await ask();
    clock.at += limits.endpointSecretKeptMs;
    await ask();
    const signatures = asked.map(({ headers }) => headers['webhook-signature']?.split(' ').length);
    expect(signatures).toEqual([2, 1]);
  });
});
