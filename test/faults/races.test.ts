/**
 * Things that happen at the same instant: the record decides once, whoever asks and however many.
 */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/ports/clock.ts';
import type { LegId } from '../../src/ports/ids.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Claimed } from '../../src/records/outbox-claims.postgres.ts';
import { createLaneRunner } from '../../src/records/run-lane.ts';
import { attemptWebhook, type Webhook } from '../../src/simulate/far-end/send-webhook.ts';
import type { LegFact } from '../../src/telephony/leg-report.ts';
import { onEveryStore } from '../support/stores.ts';
import { account } from './busy-shop.ts';
import { phone, wireCore } from './wired-core.ts';

const ours = phone('+19715550100');
const caller = phone('+12065550123');
const numbers = [{ e164: ours, failover: null }];

function voiceWebhook(url: string, callSid: string): Webhook {
  const fields = { CallSid: callSid, AccountSid: account.accountSid, From: caller, To: ours, CallStatus: 'ringing' };
  return { kind: 'voice', subject: callSid, url: `${url}/carriers/twilio/voice`, method: 'POST', fields };
}

function deliver(url: string, webhook: Webhook) {
  const address = { publicUrl: url, gatewayUrl: url };
  const closing = new AbortController().signal;
  return attemptWebhook({ webhook, address, authToken: account.authToken, timeoutMs: 15_000, closing });
}

onEveryStore('races', (store) => {
  test('the same incoming call told several times at once is one call, and all get the same answer', async () => {
    const { url, db } = await wireCore(await store.open(), numbers);
    const webhook = voiceWebhook(url, `CA${'1'.repeat(32)}`);
    const answers = await Promise.all(Array.from({ length: 6 }, () => deliver(url, webhook)));
    const bodies = answers.map((answer) => (answer.kind === 'answered' ? answer.body : answer.failure));
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain('hold-music.wav');
    expect(await db.selectFrom('call').select('id').execute()).toHaveLength(1);
    expect(await db.selectFrom('offer').select('id').execute()).toHaveLength(1);
    const received = await db.selectFrom('event').select('id').where('type', '=', 'call.received').execute();
    expect(received).toHaveLength(1);
  });

  test('a call whose end is told before its beginning is over when it comes, and rings nobody', async () => {
    const { url, db } = await wireCore(await store.open(), numbers);
    const incoming = voiceWebhook(url, `CA${'2'.repeat(32)}`);
    const fields = { ...incoming.fields, CallStatus: 'completed', SequenceNumber: '0' };
    await deliver(url, { ...incoming, url: `${url}/carriers/twilio/status`, fields });
    const answer = await deliver(url, incoming);
    expect(answer.kind === 'answered' && answer.body).toContain('<Hangup/>');
    const [call] = await db.selectFrom('call').select(['state', 'document']).execute();
    expect(call).toMatchObject({ state: 'ended', document: { verdict: { slug: 'caller-gave-up' } } });
    expect(await db.selectFrom('agent').select('id').where('presence', '!=', 'ready').execute()).toEqual([]);
  });

  test('an end that is told while its beginning is being recorded ends the call', async () => {
    const { core, db } = await wireCore(await store.open(), numbers);
    const about = { carrier: 'twilio', carrierCallId: `CA${'3'.repeat(32)}`, dnis: ours };
    const taken = await core.callDesk.take({ ...about, ani: caller, attestation: null, raw: {} });
    // Whoever tells the end has looked for the call a moment before it was there.
    await core.callDesk.endedEarly({ ...about, raw: {} });
    const { state } = await db.selectFrom('call').select('state').executeTakeFirstOrThrow();
    expect([taken.kind, state]).toEqual(['taken', 'ended']);
  });

  test('an agent who accepts while the caller hangs up: one end, one verdict, the agent is free', async () => {
    const { core, db } = await wireCore(await store.open(), numbers);
    const verdicts: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const taken = await core.callDesk.take({
        carrier: 'twilio',
        carrierCallId: `CA${String(round).padStart(32, '0')}`,
        dnis: ours,
        ani: caller,
        attestation: null,
        raw: {},
      });
      if (taken.kind !== 'taken') throw new Error('the number is not ours');
      const { id: callId, legs } = taken.call;
      const legId = legs[0]?.id;
      if (legId === undefined) throw new Error('nobody was rung');
      const hear = (of: LegId | null, fact: LegFact) =>
        core.callDesk.hear({
          carrier: 'twilio',
          dedupKey: `${callId}:${fact.what}`,
          callId,
          legId: of,
          carrierCallId: null,
          fact,
          raw: {},
        });
      const accepted = () => hear(legId, { what: 'keys', digits: '1' });
      const gone = () => hear(null, { what: 'ended', reason: 'completed' });
      await Promise.all(round % 2 === 0 ? [accepted(), gone(), accepted()] : [gone(), accepted(), gone()]);
      const call = await core.calls.read(db, callId);
      expect(call?.state).toBe('ended');
      verdicts.push(call?.verdict?.slug ?? 'none');
      const told = await db.selectFrom('event').select('type').where('subject', '=', callId).execute();
      const types = told.map(({ type }) => type);
      expect(types.filter((type) => type === 'call.ended')).toHaveLength(1);
      expect(types.includes('call.answered')).toBe(call?.verdict?.slug === 'answered');
      const agents = await db.selectFrom('agent').select('presence').execute();
      expect(agents.map(({ presence }) => presence)).toEqual(['ready', 'ready']);
    }
    expect(verdicts.every((slug) => slug === 'answered' || slug === 'caller-gave-up')).toBe(true);
  });

  test('200 visits at once on 8 numbers: never two live leases on one number', async () => {
    const { core, db } = await wireCore(await store.open(), numbers);
    await db.updateTable('number').set({ carrier: 'twilio' }).execute();
    const row = await db.selectFrom('website').selectAll().executeTakeFirstOrThrow();
    const website = { id: row.id, enterpriseId: row.enterprise_id, poolId: row.pool_id };
    const arrivals = Array.from({ length: 200 }, (_, index) => ({ visitorId: `v${index}`, facts: {}, human: true }));
    const shown = await Promise.all(arrivals.map((arrival) => core.visitDesk.welcome(website, arrival)));
    const own = shown.filter(({ shared }) => !shared);
    expect(own).toHaveLength(7);
    expect(new Set(own.map(({ number }) => number)).size).toBe(7);
    expect(shown.every(({ number }) => number !== null)).toBe(true);
    await core.leaseBook.settle(website.poolId, null);
    const overlaps = await sql`
      select a.id from lease a join lease b on a.number_id = b.number_id and a.id < b.id
      where a.granted_at < b.expires_at and b.granted_at < a.expires_at`.execute(db);
    expect(overlaps.rows).toEqual([]);
    expect(await db.selectFrom('visit').select('id').execute()).toHaveLength(200);
  });

  test('50 texts at once from one customer: one conversation with all of them, told in one gapless order', async () => {
    const { db, farEnd } = await wireCore(await store.open(), numbers);
    farEnd.changeDelivery({ duplicates: 1 });
    const bodies = Array.from({ length: 50 }, (_, index) => `text ${index}`);
    const sent = await Promise.all(bodies.map((body) => farEnd.sendText({ from: caller, to: ours, body })));
    expect(sent.every(({ acknowledged }) => acknowledged)).toBe(true);
    const conversations = await db.selectFrom('conversation').select('id').execute();
    expect(conversations).toHaveLength(1);
    const messages = await db.selectFrom('message').select('body').execute();
    expect(messages.map(({ body }) => body).sort()).toEqual(bodies.sort());
    const events = await db.selectFrom('event').select(['type', 'sequence']).orderBy('sequence').execute();
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'conversation.attributed')).toHaveLength(1);
  });

  test('one lane run by five runners at once: each entry is performed once, in order', async () => {
    const { core, db } = await wireCore(await store.open(), numbers);
    const { id: enterpriseId } = await db.selectFrom('enterprise').select('id').executeTakeFirstOrThrow();
    const steps = Array.from({ length: 40 }, (_, step) => step);
    await core.transact(async (work) => {
      for (const step of steps)
        await core.outbox.addEffect(work, { enterpriseId, lane: 'race', kind: 'note', payload: { step } });
    });
    const performed: unknown[] = [];
    const note = async ({ payload }: Claimed) => {
      performed.push(payload.step);
      return { kind: 'done' as const };
    };
    const world = {
      db,
      outbox: core.outbox,
      jobs: { wake: async () => undefined },
      clock: systemClock,
      log: silentLog,
    };
    const runners = steps.slice(0, 5).map(() => createLaneRunner({ ...world, handlers: { note } }));
    await Promise.all(runners.map((runner) => runner.run('race')));
    expect(performed).toEqual(steps);
  });
});
